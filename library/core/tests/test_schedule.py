import os
import subprocess
import sys

import pytest
from django.conf import settings

from library.core.background import schedule
from library.core.background.wake import application
from library.core.config.model import ROOT

# What runs by itself, and how often: what would be missed is missed here first.
EVERY = {
    "anchor_highlights": 300,
    "check_book_vectors": 30,
    "check_indexes": 30,
    "fold_library_terms": 30,
    "fold_term_changes": 30,
    "forget_ended_sessions": 3600,
    "check_covers": 300,
    "forget_nightly_reports": 3600,
    "forget_past_loans": 86400,
    "renew_loans": 3600,
    "set_fines": 3600,
    "check_online_payments": 600,
    "send_notices": 20,
    "send_waiting_codes": 5,
    "sweep_jobs": 20,
    "sweep_kept_answers": 600,
    "sweep_limits": 600,
    "sweep_pending_uploads": 600,
    "tell_due_dates": 900,
    "tell_locked_out": 20,
    "tend_holds": 3600,
}
SLOW = {
    "book_cover",
    "index",
    "summary",
    "book_vectors",
    "forget_past_loans",
    "renew_loans",
    "tell_due_dates",
    "tend_holds",
    "set_fines",
    "check_online_payments",
}


@pytest.fixture(autouse=True)
def _declared_alone():
    """What a test declares is forgotten with it."""
    yield
    schedule._declared.pop("one_name", None)
    application().tasks.pop("one_name", None)


def our_tasks():
    """What the workers know, without what Celery brings."""
    schedule.declared_tasks()
    return {name: task for name, task in application().tasks.items() if not name.startswith("celery.")}


def test_every_task_that_workers_know_is_declared_with_a_queue_that_a_worker_serves():
    declared = schedule.declared_tasks()
    assert set(declared) == set(our_tasks())
    assert {task.queue for task in declared.values()} == set(schedule.QUEUES)


def test_every_scheduled_name_is_a_task_that_workers_know():
    planned = schedule.beat_schedule()
    assert {entry["task"] for entry in planned.values()} <= set(our_tasks())
    assert {name: entry["schedule"] for name, entry in planned.items()} == EVERY


def test_a_message_that_nobody_took_expires_before_the_next():
    for entry in schedule.beat_schedule().values():
        assert entry["options"] == {"expires": entry["schedule"]}


def test_whoever_sends_by_name_reaches_the_queue_of_the_task():
    assert {name for name in our_tasks() if schedule.route(name, (), {}) == {"queue": "slow"}} == SLOW
    assert schedule.route("nobody_declared_this") == {"queue": settings.CELERY_TASK_DEFAULT_QUEUE}


def test_a_task_is_called_as_staff_call_it():
    assert [schedule.called(name) for name in ("renew_loans", "sweep_jobs", "gone_by_now")] == [
        "Automatic renewal",
        "sweep jobs",
        "gone by now",
    ]


def test_the_application_asks_the_apps():
    router = application().amqp.router
    assert router.route({}, "index")["queue"].name == "slow"
    assert router.route({}, "send_code")["queue"].name == "quick"


def test_the_settings_list_no_task():
    assert not hasattr(settings, "CELERY_BEAT_SCHEDULE")
    assert not hasattr(settings, "CELERY_TASK_ROUTES")


def test_what_starts_beat_gives_it_the_schedule():
    """In a process of its own, as a worker or beat starts: nothing has been imported that declares anything."""
    code = (
        "from library.celery import app\n"
        "app.loader.init_worker()\n"
        "app.finalize()\n"
        "print(*sorted(app.conf.beat_schedule))\n"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "library.settings")}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=ROOT, check=True)
    assert ran.stdout.split() == sorted(EVERY)


def test_two_functions_never_have_one_name():
    @schedule.task("one_name")
    def first(): ...

    with pytest.raises(ValueError, match=r"first and .*second are both called 'one_name'"):

        @schedule.task("one_name")
        def second(): ...


@pytest.mark.parametrize(("values", "told"), [({"queue": "later"}, "queue 'later'"), ({"every": 0}, "no interval")])
def test_what_cannot_be_is_refused_where_it_is_declared(values, told):
    with pytest.raises(ValueError, match=told):
        schedule.task("broken", **values)(lambda: None)
    assert "broken" not in schedule._declared


def test_a_task_stays_a_function_that_can_be_called():
    called = []

    @schedule.task("one_name")
    def first(word):
        called.append(word)

    first("now")
    assert called == ["now"]
