"""The bell: numbered without gaps, read once, by pages and from a number on."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.tests.factories import make_librarian, make_user
from library.live import nudges
from library.notices import bell, kinds, live_bell
from library.notices.models import Bell, BellRow
from tests.library.notices.conftest import queued

pytestmark = pytest.mark.django_db
PAGE, READ = reverse("notices:notices"), reverse("notices:mark-read")


@pytest.fixture
def api(ada):
    client = APIClient()
    client.force_authenticate(ada)
    return client


def test_each_person_has_numbers_of_their_own(ada):
    other = make_user()
    for title in ("One", "Two"):
        queued(ada, title)
    queued(other, "Three")
    assert [(row.number, row.text) for row in bell.since(ada, 0)] == [(1, "“One”"), (2, "“Two”")]
    assert [row.number for row in bell.since(ada, 1)] == [2]
    assert bell.since(ada, 2) == []
    assert [row.text for row in bell.since(other, 0)] == ["“Three”"]
    assert (bell.state_of(ada).newest, bell.state_of(ada).unread) == (2, 2)


def test_a_kind_without_a_sentence_does_not_ring(ada):
    kinds.register("due_soon", app="circulation")
    queued(ada)
    assert bell.state_of(ada).newest == 0


def test_sockets_are_nudged_after_the_commit_by_what_is_new_and_what_was_read(
    ada, monkeypatch, django_capture_on_commit_callbacks
):
    heard: list[str] = []
    monkeypatch.setattr(nudges._sender, "put", heard.extend)
    with django_capture_on_commit_callbacks(execute=True):
        queued(ada)
        assert heard == []
    assert heard == [f"bell:{ada.pk}"]
    with django_capture_on_commit_callbacks(execute=True):
        bell.mark_read(user=ada, up_to=1)
        bell.mark_read(user=ada, up_to=1)
    assert heard == [f"bell:{ada.pk}"] * 2


def test_a_socket_is_told_how_far_the_bell_has_counted_unless_it_knows(ada):
    assert [(entry.id, entry.body) for entry in live_bell.since(ada, after="")] == [("0.0", {"newest": 0, "unread": 0})]
    queued(ada)
    (entry,) = live_bell.since(ada, after="0.0")
    assert (entry.id, entry.body, entry.is_last) == ("1.1", {"newest": 1, "unread": 1}, False)
    assert live_bell.since(ada, after="1.1") == []
    assert live_bell.since(make_user(), after="0.0") == []
    assert live_bell.topic(ada) != live_bell.topic(make_user())


def test_a_cause_that_is_rolled_back_does_not_ring(ada):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        queued(ada)
        _ = 1 / 0
    assert (bell.state_of(ada).newest, bell.since(ada, 0)) == (0, [])


def test_reading_is_counted_once(ada):
    for title in ("One", "Two", "Three"):
        queued(ada, title)
    assert bell.mark_read(user=ada, numbers=[2]).unread == 2
    assert bell.mark_read(user=ada, numbers=[2, 99]).unread == 2
    assert bell.mark_read(user=ada, up_to=2).unread == 1
    assert bell.mark_read(user=ada, up_to=3).unread == 0
    assert bell.mark_read(user=make_user(), up_to=3).unread == 0
    assert [row.is_read for row in bell.since(ada, 0)] == [True] * 3


def test_what_is_taken_back_is_not_counted_any_more(ada):
    for title in ("One", "Two", "Three"):
        queued(ada, title)
    bell.mark_read(user=ada, numbers=[1])
    assert bell.take_back(causes=["due_soon:One", "due_soon:Two"]) == 2
    assert (bell.state_of(ada).unread, bell.state_of(ada).newest) == (1, 3)


def test_a_row_that_cannot_be_said_keeps_the_others_in_sight(ada):
    queued(ada, "One")
    queued(ada, "Two")
    BellRow.objects.filter(number=1).update(context={})
    assert [row.text for row in bell.since(ada, 0)] == ["“Two”"]
    BellRow.objects.filter(number=1).update(kind="unheard_of")
    assert [row.text for row in bell.since(ada, 0)] == ["“Two”"]


def test_no_more_than_some_rows_at_once(ada):
    for number in range(bell.AT_ONCE + 1):
        queued(ada, f"Of {number}")
    assert len(bell.since(ada, 0)) == bell.AT_ONCE
    assert len(bell.since(ada, bell.AT_ONCE)) == 1


@pytest.mark.parametrize(
    ("model", "values"),
    [(Bell, {"unread": 5}), (BellRow, {"number": 0}), (BellRow, {"number": 2})],
)
def test_the_database_refuses_what_cannot_be(ada, model, values):
    queued(ada, "One")
    queued(ada, "Two")
    rows = model.objects.filter(number=1) if model is BellRow else model.objects.all()
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**values)


@pytest.mark.django_db(transaction=True)
def test_numbers_are_dense_and_in_the_order_of_commits():
    """While one transaction has rung and is open, the next number waits for it."""
    ada, rung, second = make_user(), threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            queued(ada, "One")
            rung.set()
            assert not second.wait(0.5), "the second rang before the first was kept"
        connection.close()

    def quick():
        rung.wait(10)
        queued(ada, "Two")
        second.set()
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        for running in [pool.submit(slow), pool.submit(quick)]:
            running.result()
    assert [(row.number, row.text) for row in bell.since(ada, 0)] == [(1, "“One”"), (2, "“Two”")]


# The page


def test_the_page_shows_what_is_new_and_marks_it(ada, client):
    client.force_login(ada)
    assert "Nothing yet" in client.get(PAGE).content.decode()
    queued(ada, "<b>One</b>")
    page = client.get(PAGE).content.decode()
    assert "“&lt;b&gt;One&lt;/b&gt;”" in page
    assert "data-bell-count>1</span>" in page.replace("\n", "").replace("      ", "")
    answer = client.post(READ, {"number": "1", "next": "/loans/"})
    assert (answer.status_code, answer.url) == (302, "/loans/")
    assert "data-bell-count" not in client.get(PAGE).content.decode()


def test_all_up_to_a_number_are_marked_and_nobody_is_led_elsewhere(ada, client):
    for title in ("One", "Two", "Three"):
        queued(ada, title)
    client.force_login(ada)
    answer = client.post(READ, {"up_to": "2", "next": "https://evil.example/"})
    assert answer.url == PAGE
    assert bell.state_of(ada).unread == 1


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 40, "²", "1.5"])
def test_what_is_no_number_marks_nothing(ada, client, number):
    queued(ada)
    client.force_login(ada)
    assert client.post(READ, {"number": number}).status_code == 302
    assert bell.state_of(ada).unread == 1


def test_nobody_reads_or_marks_the_rows_of_another(ada, client):
    queued(ada, "Private")
    client.force_login(make_librarian())
    assert "Private" not in client.get(PAGE).content.decode()
    client.post(READ, {"up_to": "9"})
    assert bell.state_of(ada).unread == 1
    client.logout()
    assert client.get(PAGE).status_code == client.post(READ).status_code == 302


def test_the_page_asks_as_often_for_many_rows_as_for_one(ada, client, django_assert_num_queries):
    client.force_login(ada)
    queued(ada, "One")
    client.get(PAGE)
    with django_assert_num_queries(4):  # session and user, the count of rows, the rows, the bell
        client.get(PAGE)
    for number in range(30):
        queued(ada, f"Of {number}")
    with django_assert_num_queries(4):
        page = client.get(PAGE).content.decode()
    assert page.count("<li>") == 20
    assert "?page=2" in page


def test_the_count_at_the_head_of_other_pages_costs_no_query(ada, client, django_assert_num_queries):
    client.force_login(ada)
    queued(ada)
    client.get(reverse("accounts:sessions"))
    with django_assert_num_queries(3):  # session and user with it, browsers, apps
        assert "data-bell-count" in client.get(reverse("accounts:sessions")).content.decode()


# The API


def test_the_api_lists_by_pages_and_from_a_number_on(ada, api):
    for number in range(1, 26):
        queued(ada, f"Of {number}")
    first = api.get("/api/v1/notices/").json()
    assert (first["count"], len(first["results"])) == (25, 20)
    assert first["results"][0] == {
        "number": 25,
        "kind": "due_soon",
        "text": "“Of 25”",
        "url": "/loans/Of 25/",
        "at": first["results"][0]["at"],
        "is_read": False,
    }
    later = api.get("/api/v1/notices/?after=23").json()
    assert [row["number"] for row in later["results"]] == [24, 25]


def test_the_api_counts_and_marks(ada, api):
    for title in ("One", "Two", "Three"):
        queued(ada, title)
    assert api.get("/api/v1/notices/state/").json() == {"newest": 3, "unread": 3}
    assert api.post("/api/v1/notices/read/", {"numbers": [2]}).json() == {"newest": 3, "unread": 2}
    assert [row["number"] for row in api.get("/api/v1/notices/?unread=true").json()["results"]] == [3, 1]
    assert api.post("/api/v1/notices/read/", {"up_to": 3}).json() == {"newest": 3, "unread": 0}


@pytest.mark.parametrize(
    "body", [{}, {"up_to": 1, "numbers": [1]}, {"up_to": -1}, {"numbers": ["x"]}, {"numbers": [2**63]}]
)
def test_the_api_refuses_what_marks_nothing_or_two_things(api, body):
    answer = api.post("/api/v1/notices/read/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=99999999999999999999"])
def test_the_api_refuses_what_is_no_number(api, query):
    assert api.get(f"/api/v1/notices/?{query}").status_code == 400


def test_the_api_is_for_who_is_signed_in():
    for path in ("notices/", "notices/state/"):
        assert APIClient().get(f"/api/v1/{path}").status_code == 401
    assert APIClient().post("/api/v1/notices/read/", {}).status_code == 401
