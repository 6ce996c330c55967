"""What each reader chose: letters at once, in one a day or none; the bell; the history of loans."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from rest_framework.test import APIClient

from accounts import errors
from accounts.models import Patron
from accounts.services import preferences as choices
from accounts.signals import history_given_up
from accounts.tests.factories import make_user
from library.activity.models import Activity
from library.core.errors import InvalidInput
from library.notices import bell, kinds, outbox, preferences
from library.notices import services as notices
from library.notices.models import NoticePreference, NoticeState
from library.notices.preferences import Wish
from tests.library.notices.conftest import MONDAY, TRUE, queued, state_of

pytestmark = pytest.mark.django_db
PAGE, API = reverse("accounts:preferences"), "/api/v1/me/preferences/"
NEXT_DIGEST = datetime(2026, 11, 17, 6, 0, tzinfo=UTC)  # seven o'clock in Berlin


@pytest.fixture
def api(ada):
    client = APIClient()
    client.force_authenticate(ada)
    return client


def choose(user, **wishes):
    preferences.choose(user=user, wishes={code: Wish(*wish) for code, wish in wishes.items()})


def test_who_has_said_nothing_gets_what_everybody_gets(ada, django_assert_num_queries):
    with django_assert_num_queries(1):
        wishes = preferences.wishes_of(ada)
    assert wishes["due"] == Wish("at_once", bell=True)
    assert wishes["receipts"] == Wish("never", bell=False)


def test_who_wants_no_letter_is_told_by_the_bell_alone_and_not_later_either(ada):
    choose(ada, due=("never", True))
    row = queued(ada)
    assert outbox.send_due(at=MONDAY + timedelta(days=1)) == 0
    assert state_of(row) == NoticeState.UNWANTED
    assert [said.text for said in bell.since(ada, 0)] == ["“The cell”"]
    choose(ada, due=("at_once", True))
    assert queued(ada) == row
    assert outbox.send_due(at=MONDAY + timedelta(days=1)) == 0


def test_who_wants_no_bell_gets_the_letter_alone(ada):
    choose(ada, due=("at_once", False))
    queued(ada)
    assert outbox.send_due(at=MONDAY + timedelta(hours=1)) == 1
    assert bell.state_of(ada).newest == 0


def test_one_letter_a_day_holds_what_happened_and_still_holds(ada):
    choose(ada, due=("digest", True), holds=("digest", True))
    kinds.register("password_changed", app="accounts", group="holds", says=lambda words: "A hold.")
    rows = [queued(ada, "One"), queued(ada, "Gone"), notices.queue(user=ada, kind="password_changed", at=MONDAY)]
    TRUE.add("Gone")
    assert {row.due_at for row in rows} == {NEXT_DIGEST}
    assert outbox.send_due(at=NEXT_DIGEST - timedelta(minutes=1)) == 0
    assert outbox.send_due(at=NEXT_DIGEST) == 1
    (letter,) = mail.outbox
    assert letter.subject == "Your library today · Lyceum"
    assert "– “One”\n– A hold." in letter.body
    assert "Gone" not in letter.body
    assert [state_of(row) for row in rows] == ["sent", "overtaken", "sent"]


@pytest.mark.parametrize(
    ("now", "digest"),
    [
        (datetime(2026, 11, 16, 5, 59, tzinfo=UTC), datetime(2026, 11, 16, 6, 0, tzinfo=UTC)),
        (datetime(2026, 11, 16, 6, 0, tzinfo=UTC), NEXT_DIGEST),
        (datetime(2026, 3, 28, 12, 0, tzinfo=UTC), datetime(2026, 3, 29, 5, 0, tzinfo=UTC)),  # the clocks go forward
        (datetime(2026, 10, 24, 12, 0, tzinfo=UTC), datetime(2026, 10, 25, 6, 0, tzinfo=UTC)),  # and back
    ],
)
def test_the_letter_of_the_day_goes_out_at_seven_by_the_librarys_clock(now, digest):
    assert notices.next_digest(now) == digest


def test_what_cannot_be_done_without_is_sent_whatever_was_kept(ada):
    NoticePreference.objects.create(user=ada, group="overdue", letters="never", bell=False)
    queued(ada, kind="overdue_1")
    assert outbox.send_due(at=MONDAY + timedelta(hours=1)) == 1


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        ({"overdue": ("never", True)}, "overdue"),
        ({"account": ("digest", True)}, "account"),
        ({"due": ("hourly", True)}, "due"),
        ({"weather": ("never", True)}, "weather"),
    ],
)
def test_what_cannot_be_chosen_is_refused_as_a_whole(ada, wishes, field):
    with pytest.raises(InvalidInput) as refused:
        choose(ada, holds=("never", True), **wishes)
    assert set(refused.value.fields) == {field}
    assert not NoticePreference.objects.exists()


def test_what_everybody_gets_is_not_kept(ada):
    choose(ada, due=("never", True))
    choose(ada, due=("at_once", True))
    assert not NoticePreference.objects.exists()
    assert Activity.objects.filter(verb="notices.chosen", actor=ada).count() == 2


@pytest.mark.parametrize("values", [{"letters": "hourly"}, {"group": "holds"}])
def test_the_database_refuses_a_wish_that_cannot_be(ada, values):
    choose(ada, due=("never", True), holds=("never", True))
    with pytest.raises(IntegrityError), transaction.atomic():
        NoticePreference.objects.filter(group="due").update(**values)


# Receipts and history: what other parts of the library read from the card


@pytest.mark.parametrize(
    ("wish", "wants"), [(("at_once", False), True), (("never", True), True), (("never", False), False)]
)
def test_the_card_says_whether_receipts_are_wanted(ada, wish, wants):
    choices.choose(user=ada, wishes={"receipts": Wish("digest", bell=True)})
    choices.choose(user=ada, wishes={"receipts": Wish(*wish)})
    assert Patron.objects.get(pk=ada.pk).wants_receipts is wants


@pytest.fixture
def given_up():
    heard = []

    def listen(sender, patron, **kwargs):
        heard.append(patron.pk)

    history_given_up.connect(listen)
    yield heard
    history_given_up.disconnect(listen)


def test_giving_up_the_history_wants_a_warning_and_tells_who_forgets(ada, given_up):
    assert choices.choose(user=ada, keeps_history=True).keeps_history
    with pytest.raises(errors.HistoryWouldGo):
        choices.choose(user=ada, keeps_history=False)
    assert Patron.objects.get(pk=ada.pk).keeps_history
    assert given_up == []
    assert not choices.choose(user=ada, keeps_history=False, is_warned=True).keeps_history
    assert given_up == [ada.pk]
    choices.choose(user=ada, keeps_history=False)  # it is so already
    assert given_up == [ada.pk]


def test_a_refused_choice_changes_nothing_else(ada):
    choices.choose(user=ada, keeps_history=True)
    with pytest.raises(errors.HistoryWouldGo):
        choices.choose(user=ada, wishes={"due": Wish("never", bell=True)}, keeps_history=False)
    assert not NoticePreference.objects.exists()


# The page


def test_the_page_saves_all_of_it(ada, client):
    client.force_login(ada)
    assert "How I am told" in client.get(PAGE).content.decode()
    form = {"due.letters": "digest", "due.bell": "on", "holds.letters": "never", "receipts.letters": "at_once"}
    answer = client.post(PAGE, {"money.letters": "at_once", "keeps_history": "on", **form})
    assert (answer.status_code, answer.url) == (302, PAGE)
    wishes = preferences.wishes_of(ada)
    assert wishes["due"] == Wish("digest", bell=True)
    assert wishes["holds"] == Wish("never", bell=False)
    assert wishes["overdue"] == Wish("at_once", bell=False)
    assert Patron.objects.get(pk=ada.pk).keeps_history


def test_the_page_warns_before_it_forgets(ada, client, given_up):
    choices.choose(user=ada, keeps_history=True)
    client.force_login(ada)
    answer = client.post(PAGE, {"due.letters": "never"})
    assert answer.status_code == 422
    assert "will be forgotten, for good" in answer.content.decode()
    assert given_up == []
    assert client.post(PAGE, {"due.letters": "never", "is_warned": "on"}).status_code == 302
    assert given_up == [ada.pk]


def test_the_page_says_what_cannot_be_chosen(ada, client):
    client.force_login(ada)
    assert client.post(PAGE, {"due.letters": "hourly"}).status_code == 422
    assert client.post(PAGE, {"language": "tlh"}).status_code == 422
    assert not NoticePreference.objects.exists()


def test_the_page_is_for_who_is_signed_in(client):
    assert client.get(PAGE).status_code == client.post(PAGE).status_code == 302


# The API


def test_the_api_shows_and_changes_what_it_is_given(ada, api):
    shown = api.get(API).json()
    assert shown["keeps_history"] is False
    assert {"group": "due", "letters": "at_once", "bell": True} in shown["notices"]
    changed = api.patch(API, {"notices": [{"group": "due", "letters": "never", "bell": False}]}).json()
    assert {"group": "due", "letters": "never", "bell": False} in changed["notices"]
    assert api.patch(API, {"keeps_history": True}).json()["keeps_history"] is True
    assert {"group": "due", "letters": "never", "bell": False} in api.get(API).json()["notices"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"notices": [{"group": "overdue", "letters": "never", "bell": True}]}, 400, "invalid"),
        ({"notices": [{"group": "weather", "letters": "never", "bell": True}]}, 400, "invalid"),
        ({"language": "tlh"}, 400, "invalid"),
        ({"keeps_history": False}, 409, "history_would_go"),
    ],
)
def test_the_api_says_what_cannot_be_chosen(ada, api, body, status, code):
    choices.choose(user=ada, keeps_history=True)
    answer = api.patch(API, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_api_is_for_who_is_signed_in():
    assert APIClient().get(API).status_code == APIClient().patch(API, {}).status_code == 401


def test_a_letter_is_in_the_language_that_its_reader_chose(ada, settings, monkeypatch):
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    choices.choose(user=ada, language="de")
    ada.refresh_from_db()
    queued(ada)
    outbox.send_due(at=MONDAY + timedelta(hours=1))
    assert '<html lang="de">' in mail.outbox[0].message().as_string()


def test_somebody_else_chooses_nothing_for_me(ada):
    choose(make_user(), due=("never", False))
    assert preferences.wishes_of(ada)["due"] == Wish("at_once", bell=True)
