"""Jobs at their three doors: pages, API and back office; what each role sees and may do there."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import make_librarian, make_user
from library.jobs import errors, services
from library.jobs.models import Job, JobState
from tests.html import assert_valid
from tests.library.jobs.made import AT, changed, make_job, make_running

pytestmark = pytest.mark.django_db
LIST = reverse("admin:jobs_job_changelist")
NOWHERE = "0191f000-0000-7000-8000-000000000000"


def entered(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def asker():
    return make_user()


@pytest.fixture
def people(asker):
    """A browser of everybody who may come."""
    return {
        "visitor": Client(),
        "asker": entered(asker),
        "stranger": entered(make_user()),
        "librarian": entered(make_librarian()),
        "administrator": entered(make_user(Role.ADMINISTRATOR)),
    }


# -- the API


def api(job: Job, more: str = "") -> str:
    return f"/api/v1/jobs/{job.pk}/{more}"


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("visitor", 401, "not_authenticated"),
        ("asker", 200, None),
        ("stranger", 403, "not_allowed"),
        ("librarian", 200, None),
        ("administrator", 200, None),
    ],
)
def test_who_stops_a_job_by_the_api(people, asker, who, status, code):
    job = make_job(requested_by=asker)
    answer = people[who].post(api(job, "cancel/"))
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert Job.objects.get(pk=job.pk).state == ("cancelled" if status == 200 else "queued")


def test_a_running_job_is_told_as_running_until_it_comes_to_a_checkpoint(people, asker):
    job = make_running(requested_by=asker, done=2, total=8, message="صفحة ٢")
    assert people["asker"].post(api(job, "cancel/")).json()["state"] == "running"
    body = people["asker"].get(api(job)).json()
    assert body == {
        "id": str(job.pk),
        "kind": "test",
        "state": "running",
        "done": 2,
        "total": 8,
        "message": "صفحة ٢",
        "error": "",
    }


def test_why_a_job_failed_is_told(people):
    job = make_job(state=JobState.FAILED, error="The file is encrypted.", ended_at=AT)
    assert people["stranger"].get(api(job)).json()["error"] == "The file is encrypted."
    ended = people["librarian"].post(api(job, "cancel/"))
    assert (ended.status_code, ended.json()) == (
        409,
        {"code": "job_already_ended", "detail": "This job has already ended."},
    )


@pytest.mark.parametrize("name", [NOWHERE, "1", "%00", "../jobs", "nothing-of-the-kind"])
def test_what_is_no_job_is_not_found_in_the_shape_of_the_api(people, name):
    for address, method in ((f"/api/v1/jobs/{name}/", "get"), (f"/api/v1/jobs/{name}/cancel/", "post")):
        answer = getattr(people["librarian"], method)(address)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_writes_a_job_by_the_api(people, method):
    job = make_job()
    answer = getattr(people["administrator"], method)(api(job))
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


# -- pages


def page(job: Job, more: str = "") -> str:
    return f"/jobs/{job.pk}/{more}"


@pytest.mark.parametrize("more", ["", "cancel/"])
def test_a_visitor_is_led_to_the_sign_in_and_back(people, more):
    job = make_job()
    answer = people["visitor"].get(page(job, more))
    assert answer["Location"] == f"{reverse('accounts:sign-in')}?next={page(job, more)}"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "Waiting for its turn …"),
        ({"attempt": 1}, "Waiting to try again …"),
        ({"state": JobState.DONE, "ended_at": AT}, "Done."),
        ({"state": JobState.CANCELLED, "ended_at": AT}, "This was stopped."),
        ({"state": JobState.FAILED, "ended_at": AT, "error": "<b>bold</b> & broken"}, "&lt;b&gt;bold&lt;/b&gt; &amp; "),
    ],
)
def test_the_page_says_how_it_stands(people, values, sentence):
    shown = people["stranger"].get(page(make_job(**values)))
    assert shown.status_code == 200
    assert sentence in shown.text
    assert_valid(shown.content)


def test_the_page_of_a_running_job_says_how_far_it_is(people):
    job = make_running(done=1, total=3, message="עמוד 1")
    shown = people["asker"].get(page(job))
    assert "עמוד 1 · 33 %" in shown.text
    assert 'value="33"' in shown.text
    changed(job, cancel_requested=True)
    assert "Stopping …" in people["asker"].get(page(job)).text


@pytest.mark.parametrize(
    ("who", "is_offered"), [("asker", True), ("stranger", False), ("librarian", True), ("administrator", True)]
)
def test_the_button_that_stops_it_is_shown_to_whoever_may_press_it(people, asker, who, is_offered):
    job = make_job(requested_by=asker)
    assert (reverse("jobs:cancel", args=[job.pk]) in people[who].get(page(job)).text) is is_offered
    answer = people[who].post(page(job, "cancel/"))
    (message,) = get_messages(answer.wsgi_request)
    assert answer["Location"] == page(job)
    assert message.level_tag == ("success" if is_offered else "error")
    assert (Job.objects.get(pk=job.pk).state == "cancelled") is is_offered


@pytest.mark.parametrize(
    ("wanted", "is_ours"),
    [
        ("/books/3/", True),
        ("//evil.example/", False),
        ("https://evil.example/", False),
        ("javascript:alert(1)", False),
        ("pages:home", False),
        ("", False),
    ],
)
def test_after_stopping_it_leads_back_to_a_page_of_ours_alone(people, asker, wanted, is_ours):
    job = make_job(requested_by=asker)
    answer = people["asker"].post(page(job, "cancel/"), {"next": wanted})
    assert answer["Location"] == (wanted if is_ours else page(job))


def test_a_link_stops_nothing(people, asker):
    job = make_job(requested_by=asker)
    assert people["asker"].get(page(job, "cancel/")).status_code == 405
    assert people["asker"].post(page(job)).status_code == 405
    assert Job.objects.get(pk=job.pk).state == "queued"


@pytest.mark.parametrize(("method", "more"), [("get", ""), ("post", "cancel/")])
def test_a_job_that_there_is_not_has_no_page(people, method, more):
    assert getattr(people["librarian"], method)(f"/jobs/{NOWHERE}/{more}").status_code == 404


# -- the back office


def stop(client: Client, *jobs: Job):
    return client.post(LIST, {"action": "stop", "_selected_action": [str(job.pk) for job in jobs]}, follow=True)


def test_readers_do_not_see_the_list(people):
    assert people["stranger"].get(LIST, follow=True).status_code == 403
    assert people["librarian"].get(LIST).status_code == 200


def test_chosen_jobs_are_stopped_and_those_that_have_ended_left_alone(people):
    waiting, running = make_job(), make_running()
    done, other = make_job(state=JobState.DONE, ended_at=AT), make_job()
    shown = stop(people["librarian"], waiting, running, done)
    assert shown.status_code == 200
    assert [Job.objects.get(pk=job.pk).state for job in (waiting, running, done, other)] == [
        "cancelled",
        "running",
        "done",
        "queued",
    ]
    assert Job.objects.get(pk=running.pk).cancel_requested


def test_a_job_that_ends_while_it_is_being_stopped_is_told(people, monkeypatch):
    def too_late(**given: object) -> None:
        raise errors.JobAlreadyEnded

    monkeypatch.setattr(services, "cancel", too_late)
    shown = stop(people["librarian"], make_job())
    assert [str(one) for one in shown.context["messages"]] == ["test queued: This job has already ended."]


def test_who_may_only_look_is_offered_no_way_to_stop_one():
    looker = make_user(Role.LIBRARIAN)
    looker.groups.clear()
    looker.user_permissions.add(Permission.objects.get(codename="view_job"))
    client, job = entered(type(looker).objects.get(pk=looker.pk)), make_job()
    assert 'value="stop"' not in client.get(LIST).text
    stop(client, job)
    assert Job.objects.get(pk=job.pk).state == "queued"


def test_nobody_makes_changes_or_deletes_a_job_by_hand(people):
    job = make_job()
    one = reverse("admin:jobs_job_change", args=[job.pk])
    assert people["administrator"].get(one).status_code == 200
    assert people["administrator"].post(one, {"kind": "other"}).status_code == 403
    assert people["administrator"].get(reverse("admin:jobs_job_add")).status_code == 403
    assert people["administrator"].post(reverse("admin:jobs_job_delete", args=[job.pk])).status_code == 403


def test_the_list_asks_as_much_for_many_jobs_as_for_two(people):
    counts = []
    for more in (2, 12):
        for _ in range(more):
            make_job(requested_by=make_user())
        people["librarian"].get(LIST)
        with CaptureQueriesContext(connection) as queries:
            shown = people["librarian"].get(LIST)
        counts.append(len(queries))
    assert shown.context["cl"].result_count == 14
    assert counts[0] == counts[1]


@pytest.mark.parametrize("query", [{"state": "failed"}, {"kind": "summary"}])
def test_the_list_is_narrowed_by_state_and_kind(people, query):
    wanted = make_job(kind="summary", state=JobState.FAILED, ended_at=AT)
    make_job()
    assert list(people["librarian"].get(LIST, query).context["cl"].result_list) == [wanted]
