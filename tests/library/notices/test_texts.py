"""Letters written by staff: flat words, nothing that can be called, and a preview by what sends them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import make_librarian, make_user
from circulation.notices import kinds as loan_notices
from library.activity.models import Activity
from library.core.errors import InvalidInput
from library.notices import kinds, outbox, texts
from library.notices import services as notices
from library.notices.letters import filling, mails
from library.notices.letters import text as letters
from library.notices.models import LetterText
from library.profile.models import LibraryProfile
from tests.library.notices.conftest import MONDAY

pytestmark = pytest.mark.django_db
LIST = reverse("admin:notices_lettertext_changelist")
WRITE = reverse("admin:notices_lettertext_write", args=["due_soon", "en"])
SUBJECT, BODY = (
    "{{ library }}: {{ title }}",
    "Dear {{ name }},\n\ncome soon:\n\n{{ items }}\n\nAlso:\n{{ others }}\n\nYours",
)


@pytest.fixture(autouse=True)
def _real_kinds(_kinds: None) -> None:
    """Those of loans, true whatever the loans say."""
    loan_notices.register()
    for code in ("due_soon", "overdue_1"):
        kind = kinds.get(code)
        given: dict[str, Any] = {
            name: getattr(kind, name) for name in ("group", "gathers", "weight", "says", "variables", "name")
        }
        kinds.register(code, app="circulation", **given)


@pytest.fixture
def administrator():
    return make_user(Role.ADMINISTRATOR)


@pytest.fixture
def office(client, administrator):
    client.force_login(administrator)
    return client


def kind(code="due_soon"):
    return kinds.get(code)


def written(by, subject=SUBJECT, body=BODY, code="due_soon"):
    return texts.save(kind=kind(code), language="en", subject=subject, body=body, by=by)


def told(user, title="Cat's & Dog's", code="due_soon"):
    words: dict[str, Any] = {"loan": "7", "barcode": "B-7", "branch": "Central", "due": MONDAY, "is_hourly": False}
    return notices.queue(user=user, kind=code, at=MONDAY, title=title, **words)


def sent(user, **values):
    told(user, **values)
    assert outbox.send_due(at=MONDAY + timedelta(hours=1)) == 1
    return mail.outbox[-1]


def html_of(letter):
    (html,) = [
        part.get_payload(decode=True).decode()
        for part in letter.message().walk()
        if part.get_content_subtype() == "html"
    ]
    return html


def test_a_letter_is_sent_as_staff_wrote_it(ada, administrator):
    written(administrator)
    letter = sent(ada)
    assert letter.subject == "Lyceum: Cat's & Dog's · Lyceum"
    assert letter.body == "Dear Ada,\n\ncome soon:\n\n– “Cat's & Dog's” is due on 16 November 2026.\n\nYours\n"
    assert "<p>Dear Ada,</p>" in html_of(letter)
    assert "<li>“Cat&#x27;s &amp; Dog&#x27;s” is due on 16 November 2026.</li>" in html_of(letter)


def test_a_title_with_a_line_break_or_with_words_of_its_own_stays_a_title(ada, administrator):
    written(administrator)
    letter = sent(ada, title="One\nBcc: eve@example.org\n{{ library_address }} {% now 'Y' %}")
    assert letter.subject == "Lyceum: One Bcc: eve@example.org {{ library_address }} {% now 'Y' %} · Lyceum"
    assert "Bcc" not in letter.message()


def test_markup_in_a_title_is_no_markup_in_the_letter(ada, administrator):
    written(administrator)
    assert "<script>" not in html_of(sent(ada, title="<script>alert(1)</script>"))


def test_nothing_hangs_on_a_word_that_could_be_called(administrator):
    for hostile in (
        "{{ name.delete }}",
        "{{ user }}",
        "{{ name|safe }}",
        "{% load static %}",
        "{{ name() }}",
        "{{ NAME }}",
        "{{name",
        "{{}}",
        "{# x #}",
        "{{ name }} {{ __class__ }}",
    ):
        with pytest.raises(InvalidInput) as refused:
            written(administrator, body=f"Dear {hostile}")
        assert set(refused.value.fields) == {"body"}, hostile
    assert not LetterText.objects.exists()


@pytest.mark.parametrize(
    ("subject", "body", "field", "told"),
    [
        ("", BODY, "subject", "Something must stand here"),
        (SUBJECT, " \n ", "body", "Something must stand here"),
        ("One\nTwo", BODY, "subject", "one line"),
        ("x" * 151, BODY, "subject", "At most 150"),
        (SUBJECT, "x" * 5001, "body", "At most 5000"),
        (SUBJECT, "Dear {{ nane }}", "body", "no word “nane”"),
        (SUBJECT, "a\x00b", "body", "cannot be printed"),
        ("{{ returned }}", BODY, "subject", "no word “returned”"),
    ],
)
def test_what_cannot_be_sent_is_refused_on_saving(administrator, subject, body, field, told):
    with pytest.raises(InvalidInput) as refused:
        written(administrator, subject, body)
    assert told in refused.value.fields[field][0]


@pytest.mark.parametrize(
    ("text", "words", "filled"),
    [
        ("Dear {{ name }},\n\nHello.", {"name": ""}, "Hello."),
        ("Dear {{ name }},\nHello.", {"name": " "}, "Hello."),
        ("Also:\n{{ others }}\n\nYours", {"others": ""}, "Yours"),
        ("A {{ a }} and {{ b }}", {"a": "", "b": "2"}, "A  and 2"),
        ("{{a}}{{ a }}", {"a": "{{ b }}", "b": "no"}, "{{ b }}{{ b }}"),
        ("One\r\n\r\nTwo", {}, "One\n\nTwo"),
    ],
)
def test_what_is_empty_takes_its_line_or_paragraph_with_it(text, words, filled):
    assert filling.fill(text, words) == filled


def test_every_shipped_letter_could_be_saved_as_it_is(administrator):
    for one in texts.editable():
        subject, body = letters.shipped(one, "en")
        texts.save(kind=one, language="en", subject=subject, body=body, by=administrator)
        shown = texts.shown(kind=one, subject=subject, body=body, language="en", without_name=True)
        assert "Dear ," not in shown.text
        assert "{{" not in shown.subject + shown.text
    assert LetterText.objects.count() == len(texts.editable()) >= 7


def test_the_letter_that_comes_with_the_library_and_the_same_saved_are_one(ada, administrator):
    first = sent(ada)
    subject, body = letters.shipped(kind(), "en")
    written(administrator, subject, body)
    second = sent(ada)
    assert (first.subject, first.body) == (second.subject, second.body)


def test_giving_it_up_brings_the_shipped_letter_back(ada, administrator):
    written(administrator, "Mine", "Mine")
    assert texts.give_up(kind=kind(), language="en", by=administrator)
    assert not texts.give_up(kind=kind(), language="en", by=administrator)
    assert sent(ada).subject.startswith("Your loans are due soon")
    verbs = Activity.objects.filter(actor=administrator).order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["letter.written", "letter.given_up"]


def test_a_letter_about_an_account_is_not_for_staff_to_write():
    assert texts.kind_of("password_changed") is texts.kind_of("unheard_of") is None
    assert texts.kind_of("due_soon") is not None


# The admin


def test_the_list_shows_every_letter_that_can_be_written(office, administrator):
    written(administrator)
    page = office.get(LIST).content.decode()
    assert page.count("as it comes") == len(texts.editable()) - 1
    assert "written here" in page


def test_the_page_begins_with_the_text_in_force_and_shows_the_letter(office):
    page = office.get(WRITE).content.decode()
    assert "Your loans are due soon" in page
    assert "{{ items }}" in page
    assert "– “The cell” is due on 3 December 2026." in page
    assert "Dear Ada," in page


def test_the_preview_is_what_is_sent(office, ada, administrator):
    form: dict[str, Any] = {"subject": SUBJECT, "body": BODY}
    page = office.post(WRITE, {**form, "preview": "1"}).content.decode()
    assert not LetterText.objects.exists()
    assert "Lyceum: The cell · Lyceum" in page
    assert office.post(WRITE, {**form, "save": "1"}).status_code == 302
    shown = texts.shown(kind=kind(), language="en", **form)
    words = sent(ada, title="The cell")
    assert words.subject == shown.subject
    assert words.body.replace("16 November", "3 December").strip() == shown.text


@pytest.mark.parametrize("button", ["save", "preview"])
def test_the_page_tells_what_is_wrong_and_keeps_what_was_typed(office, button):
    answer = office.post(WRITE, {"subject": "Hello {{ nane }}", "body": "<b>Mine</b>", button: "1"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "There is no word “nane” in this letter." in page
    assert "&lt;b&gt;Mine&lt;/b&gt;" in page
    assert not LetterText.objects.exists()


def test_the_page_goes_back_to_the_shipped_letter(office, administrator):
    written(administrator)
    assert office.post(WRITE, {"give_up": "1"}).status_code == 302
    assert not LetterText.objects.exists()


def test_who_may_not_write_letters_sees_and_changes_nothing(client):
    for user, status in ((make_librarian(), 403), (make_user(), 302)):
        client.force_login(user)
        assert client.get(LIST).status_code == client.get(WRITE).status_code == status
        assert client.post(WRITE, {"subject": "x", "body": "x", "save": "1"}).status_code == status
    assert not LetterText.objects.exists()


@pytest.mark.parametrize("where", ["password_changed/en", "unheard_of/en", "due_soon/tlh"])
def test_a_letter_that_there_is_not_has_no_page(office, where):
    assert office.get(f"{LIST}{where}/").status_code == 404


# HTML


def test_a_text_becomes_paragraphs_lists_and_links():
    html = mails.html_of("Dear Ada,\nsee:\n– One & two\n– https://library.example.org/?a=1&b=2\n\n<b>Yours</b>")
    assert html == (
        "<p>Dear Ada,<br>\nsee:</p>\n"
        '<ul><li>One &amp; two</li><li><a href="https://library.example.org/?a=1&amp;b=2">'
        "https://library.example.org/?a=1&amp;b=2</a></li></ul>\n"
        "<p>&lt;b&gt;Yours&lt;/b&gt;</p>"
    )


def test_a_letter_shows_the_library_and_its_logo(settings):
    settings.PUBLIC_URL = "https://library.example.org"
    library = LibraryProfile(name="Books & more", address="1 Mill Lane\nAmble", logo="library/" + "a" * 32 + ".png")
    html = mails.as_html("Hello", "Text", library, language="en")
    assert f'<img src="https://library.example.org/library/logo/{"a" * 32}.png" alt="Books &amp; more"' in html
    assert "1 Mill Lane<br>Amble" in html
