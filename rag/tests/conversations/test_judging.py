"""Was this right? Staff see the worst and make rows of the evaluation set of them, and never learn who asked."""

from __future__ import annotations

import json

import html5lib
import pytest
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import make_librarian, make_user
from library.core.privacy import registry
from library.core.privacy.registry import Person
from rag.conversations import errors, judging, services
from rag.conversations.models import Conversation, Exchange, JudgedQuestion
from rag.evaluation import golden
from rag.tests.conversations.said import KRILL, QUESTION
from rag.tests.factories import give_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def exchange(conversation) -> Exchange:
    return services.ask(conversation=conversation, question=QUESTION, by=conversation.owner)


@pytest.fixture
def wrong(exchange) -> Exchange:
    give_file(exchange.conversation.document.book, b"text")
    return judging.judge(exchange=exchange, was_right=False, why=" Too \n short ", by=exchange.conversation.owner)


def judged_by_another(exchange: Exchange, question: str = QUESTION, *, was_right: bool = False) -> Exchange:
    user, document = make_user(), exchange.conversation.document
    assert document is not None
    conversation = services.begin(document=document, question=question, by=user)
    made = services.ask(conversation=conversation, question=question, by=user)
    return judging.judge(exchange=made, was_right=was_right, by=user)


def test_what_is_said_is_kept_and_can_be_said_again(exchange, wrong):
    assert (wrong.was_right, wrong.why) == (False, "Too short")
    again = judging.judge(exchange=exchange, was_right=True, by=exchange.conversation.owner)
    assert (again.was_right, again.why) == (True, "")


def test_only_who_asked_judges_and_only_an_answer(exchange):
    with pytest.raises(errors.ConversationNotFound):
        judging.judge(exchange=exchange, was_right=True, by=make_librarian())
    waiting = services.ask_a_worker(
        conversation=exchange.conversation, question=QUESTION, by=exchange.conversation.owner
    )
    with pytest.raises(errors.NothingToJudge):
        judging.judge(exchange=waiting, was_right=False, by=exchange.conversation.owner)


def test_the_worst_come_first(wrong):
    judged_by_another(wrong)
    once = judged_by_another(wrong, "Bread rises because of what gas?")
    judged_by_another(wrong, "Humpback males sing what songs?", was_right=True)
    found = list(judging.worst())
    assert [getattr(one, "times", 0) for one in found] == [2, 2, 1]
    assert found[-1] == once


def test_a_row_is_of_the_golden_form_and_names_nobody(wrong, tmp_path):
    made = judging.make_golden(exchange=wrong, quote=f"  {KRILL[:24]}")
    assert (made.kind, made.quote, made.book) == ("plain", KRILL[:24], "x")
    assert judging.make_golden(exchange=wrong) == made, "once"
    other = judged_by_another(wrong, "Who won the football cup?")
    assert judging.make_golden(exchange=other).kind == "unanswerable"
    (tmp_path / "judged.jsonl").write_text("".join(judging.golden_lines()))
    questions = golden.read(tmp_path)
    assert [(one.kind, one.half, one.question) for one in questions] == [
        ("plain", "tuning", QUESTION),
        ("unanswerable", "tuning", "Who won the football cup?"),
    ]
    owner = wrong.conversation.owner
    for secret in (str(owner.pk), owner.email, owner.full_name):
        assert secret not in "".join(judging.golden_lines())
    assert not judging.worst().exists(), "what is dealt with is not shown again"


def test_a_question_without_a_word_of_the_page_is_paraphrased(wrong):
    Exchange.objects.update(searched="Which food keeps giants alive?")
    wrong.refresh_from_db()
    assert judging.make_golden(exchange=wrong, quote=KRILL).kind == "paraphrased"


@pytest.mark.parametrize("quote", ["Words that stand nowhere.", "", "  "])
def test_a_quote_must_stand_in_the_book(wrong, quote):
    with pytest.raises(errors.QuoteNotThere):
        judging.make_golden(exchange=wrong, quote=quote)
    assert not JudgedQuestion.objects.exists()


def test_rows_outlive_their_reader_and_all_else_goes(wrong):
    judging.make_golden(exchange=wrong)
    owner = wrong.conversation.owner
    person = Person(owner.pk, owner.email)
    held = registry.export(person)["conversations"]
    assert held["conversations"][0]["title"] == QUESTION
    assert (held["questions"][0]["question"], held["questions"][0]["why"]) == (QUESTION, "Too short")
    registry.erase(person)
    assert not Conversation.objects.exists()
    assert not Exchange.objects.exists()
    assert JudgedQuestion.objects.count() == 1


# -- in the admin -----------------------------------------------------------------------------------------------------


def look(wrong: Exchange) -> str:
    return reverse("admin:conversations_exchange_look", args=[wrong.pk])


def test_staff_see_what_was_found_wrong_and_not_who(client, wrong):
    client.force_login(make_librarian())
    for address in (reverse("admin:conversations_exchange_changelist"), look(wrong)):
        page = client.get(address).content.decode()
        html5lib.HTMLParser().parse(page)
        assert "Too short" in page
        assert QUESTION in page
        for secret in (wrong.conversation.owner.email, wrong.conversation.owner.full_name, str(wrong.conversation_id)):
            assert secret not in page
    assert client.get(reverse("admin:conversations_exchange_change", args=[wrong.pk])).url == look(wrong)


def test_one_click_makes_a_row(client, wrong):
    client.force_login(make_librarian())
    assert client.post(look(wrong), {"unanswerable": "The book does not say it"}).status_code == 302
    assert JudgedQuestion.objects.get().kind == "unanswerable"
    assert client.get(look(wrong)).status_code == 404
    lines = client.get(reverse("admin:conversations_judgedquestion_lines"))
    assert json.loads(lines.content)["question"] == QUESTION
    assert "As JSON lines" in client.get(reverse("admin:conversations_judgedquestion_changelist")).content.decode()


def test_a_quote_that_is_wrong_is_told_and_kept_in_the_form(client, wrong):
    client.force_login(make_librarian())
    refused = client.post(look(wrong), {"quote": "No such <b>words</b>", "answerable": "x"})
    assert refused.status_code == 422
    assert "stand on no page" in refused.content.decode()
    assert "No such &lt;b&gt;words" in refused.content.decode()
    assert client.post(look(wrong), {"quote": KRILL, "answerable": "x"}).status_code == 302
    assert JudgedQuestion.objects.get().quote == KRILL


def test_readers_see_none_of_it(client, wrong):
    client.force_login(make_user(Role.PATRON))
    for address in (look(wrong), reverse("admin:conversations_judgedquestion_lines")):
        assert client.get(address).status_code in {302, 403}
        assert client.post(address).status_code in {302, 403, 405}
    assert not JudgedQuestion.objects.exists()
