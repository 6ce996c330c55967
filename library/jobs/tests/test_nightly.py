"""Work that runs by itself: every row has its turn, none stops the others, and staff read what became of it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _

from library.core.database.ids import uuid7
from library.core.errors import LibraryError
from library.core.privacy.registry import Person
from library.jobs import nightly, privacy
from library.jobs.errors import AlreadyUnderWay, TurnLost
from library.jobs.models import Job, JobState, NightlyReport, RunState
from library.jobs.nightly import runs, walks
from library.jobs.tasks import forget_nightly_reports

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 3, 16, 2, 30, tzinfo=UTC)
TASK = "count_sheep"


class CardRefused(LibraryError):
    code = "card_refused"
    message = _("The card {card} of {name} is refused.")


def rows(count, **values):
    """Rows that a task may work on; any table would do."""
    given = {"kind": "sheep", "subject_label": "a.b", **values}
    made = Job.objects.bulk_create([Job(subject_id=uuid7(), **given) for _number in range(count)])
    return [job.pk for job in made]


def waiting():
    return Job.objects.filter(kind="sheep", state=JobState.QUEUED)


def end(pk):
    Job.objects.filter(pk=pk).update(state=JobState.DONE, ended_at=NIGHT)
    return True


def counted(report):
    report.refresh_from_db()
    return report.state, report.done, report.skipped, report.failed


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 8, 9])
def test_rows_that_the_work_itself_takes_out_move_no_other_out_of_sight(count):
    rows(count)
    report = nightly.walk(TASK, waiting(), end, at=NIGHT, batch=4)
    assert counted(report) == (RunState.DONE, count, 0, 0)
    assert not waiting().exists()


def test_batches_without_a_hit_do_not_end_the_run():
    pks = rows(20)
    report = nightly.walk(TASK, waiting(), lambda pk: pk == pks[-1] and end(pk), at=NIGHT, batch=4)
    assert counted(report) == (RunState.DONE, 1, 19, 0)
    assert waiting().count() == 19


def test_rows_are_walked_in_the_order_that_is_asked_for_and_equal_ones_by_key():
    pks = rows(9)
    for number, pk in enumerate(pks):
        Job.objects.filter(pk=pk).update(attempt=(number * 5) % 3)
    seen: list[object] = []
    nightly.walk(TASK, waiting(), seen.append, at=NIGHT, by="attempt", batch=2)
    assert seen == list(waiting().order_by("attempt", "pk").values_list("pk", flat=True))


def test_keys_may_come_as_values_and_with_repetitions():
    pks = rows(3)
    seen: list[object] = []
    nightly.walk(TASK, waiting().values_list("pk", flat=True), seen.append, at=NIGHT, batch=2)
    assert seen == sorted(pks)


@pytest.mark.parametrize("place", [0, 500, 999])
@pytest.mark.parametrize("fault", [RuntimeError("Ada Lovelace"), CardRefused(card="C-1", name="Ada")])
def test_one_bad_row_among_a_thousand_stops_nothing(place, fault, caplog):
    pks = rows(1000)

    def work(pk):
        end(pk)  # what a row wrote before it failed is undone with it
        if pk == pks[place]:
            raise fault
        return True

    report = nightly.walk(TASK, waiting(), work, at=NIGHT)
    assert counted(report) == (RunState.DONE, 999, 0, 1)
    assert list(waiting().values_list("pk", flat=True)) == [pks[place]]
    (line,) = report.faults
    assert (line["row"], line["error"]) == (str(pks[place]), type(fault).__name__)
    assert "Ada" not in str(line)
    assert "C-1" not in str(line)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_row_that_breaks_the_database_statement_leaves_the_next_a_sound_transaction():
    first, second = rows(2)

    def work(pk):
        if pk == first:
            Job.objects.filter(pk=pk).update(ended_at=NIGHT)
        return end(pk)

    report = nightly.walk(TASK, waiting(), work, at=NIGHT)
    assert counted(report) == (RunState.DONE, 1, 0, 1)
    assert report.faults == [
        {
            "row": str(first),
            "error": "IntegrityError",
            "sentence": "The database refused it (job_ended_at_exactly_when_ended).",
        }
    ]
    assert list(waiting()) == [Job.objects.get(pk=first)]
    assert Job.objects.get(pk=second).state == JobState.DONE


def test_sentence_of_a_refusal_is_told_without_what_filled_it():
    pks = rows(1)

    def work(pk):
        raise CardRefused(card="C-1", name="Ada")

    report = nightly.walk(TASK, waiting(), work, at=NIGHT)
    assert report.faults == [{"row": str(pks[0]), "error": "CardRefused", "sentence": "The card … of … is refused."}]


def test_so_many_faults_are_told_and_the_rest_is_counted(monkeypatch, caplog):
    monkeypatch.setattr(runs, "FAULTS_KEPT", 3)
    rows(5)

    def work(pk):
        raise RuntimeError

    report = nightly.walk(TASK, waiting(), work, at=NIGHT, batch=2)
    assert (report.failed, len(report.faults), len(caplog.records)) == (5, 3, 3)


def test_row_that_lost_to_another_transaction_is_tried_again():
    rows(1)
    tried = []

    def work(pk):
        tried.append(pk)
        if len(tried) < 3:
            fault = OperationalError()
            fault.__cause__ = type("Deadlock", (Exception,), {"sqlstate": "40P01"})()
            raise fault
        return True

    assert counted(nightly.walk(TASK, waiting(), work, at=NIGHT)) == (RunState.DONE, 1, 0, 0)
    assert len(tried) == 3


def test_report_is_written_with_every_batch():
    rows(5)
    seen = []

    def work(pk):
        seen.append(NightlyReport.objects.values_list("state", "done", "ended_at").get())
        return True

    nightly.walk(TASK, waiting(), work, at=NIGHT, batch=2)
    assert seen == [("running", done, None) for done in (0, 0, 2, 2, 4)]


def test_report_tells_when_and_how_long_by_the_clock_that_was_given():
    report = nightly.walk(TASK, waiting(), end, at=NIGHT)
    assert report.started_at == NIGHT
    assert report.ended_at is not None
    assert NIGHT < report.ended_at < NIGHT + timedelta(seconds=30)
    assert report.lasted == report.ended_at - NIGHT
    assert str(report) == "count_sheep 16 Mar 2026, 03:30"


def test_work_by_statements_counts_for_itself():
    with nightly.report(TASK, NIGHT) as run:
        run.done, run.skipped = 7, 2
        run.fault("12", RuntimeError("Ada"))
        assert run.failed == 1
        assert run.at == NIGHT
    assert counted(run.row) == (RunState.DONE, 7, 2, 1)
    assert run.row.faults[0]["row"] == "12"


def test_run_that_breaks_says_so_and_the_next_one_has_the_turn():
    with pytest.raises(ZeroDivisionError), nightly.report(TASK, NIGHT) as run:
        run.done = 3
        raise ZeroDivisionError
    assert counted(run.row) == (RunState.FAILED, 3, 0, 1)
    assert run.row.faults[0] | {"sentence": ""} == {"row": "", "error": "ZeroDivisionError", "sentence": ""}
    assert counted(nightly.walk(TASK, waiting(), end, at=NIGHT))[0] == RunState.DONE


def test_worker_that_is_told_to_end_says_so():
    with pytest.raises(SystemExit), nightly.report(TASK, NIGHT) as run:
        run.done = 3
        raise SystemExit
    assert counted(run.row) == (RunState.INTERRUPTED, 3, 0, 0)


def test_report_of_a_killed_run_is_closed_by_the_next_with_its_last_word():
    killed = NightlyReport.objects.create(task=TASK, started_at=NIGHT, moved_at=NIGHT + timedelta(minutes=3), done=400)
    other = NightlyReport.objects.create(task="count_wolves", started_at=NIGHT, moved_at=NIGHT)
    nightly.walk(TASK, waiting(), end, at=NIGHT + timedelta(days=1))
    assert counted(killed) == (RunState.INTERRUPTED, 400, 0, 0)
    assert killed.lasted == timedelta(minutes=3)
    assert counted(other)[0] == RunState.RUNNING


def test_connection_that_was_replaced_has_no_turn_any_more(monkeypatch):
    """Its lock went with it: another worker may be at work, so the run ends instead of going on without."""
    rows(3)
    real, ended = runs._session, 0

    def work(pk):
        nonlocal ended
        ended += 1
        return end(pk)

    monkeypatch.setattr(runs, "_session", lambda: real() if ended < 2 else -1)
    with pytest.raises(TurnLost):
        nightly.walk(TASK, waiting(), work, at=NIGHT)
    assert ended == 2
    assert counted(NightlyReport.objects.get()) == (RunState.FAILED, 2, 0, 1)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"task": ""}, "nightly_report_has_task"),
        ({"state": RunState.DONE}, "nightly_report_ended_unless_running"),
        ({"ended_at": NIGHT}, "nightly_report_ended_unless_running"),
        ({"moved_at": NIGHT - timedelta(seconds=1)}, "nightly_report_ends_after_start"),
        ({"state": RunState.DONE, "ended_at": NIGHT - timedelta(seconds=1)}, "nightly_report_ends_after_start"),
    ],
)
def test_database_refuses_a_report_that_cannot_be(values, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        NightlyReport.objects.create(**{"task": TASK, "started_at": NIGHT, "moved_at": NIGHT, **values})


def test_database_refuses_a_second_running_report_of_one_task():
    for task in (TASK, "count_wolves"):
        NightlyReport.objects.create(task=task, started_at=NIGHT, moved_at=NIGHT)
    with pytest.raises(IntegrityError, match="nightly_report_one_running_per_task"), transaction.atomic():
        NightlyReport.objects.create(task=TASK, started_at=NIGHT, moved_at=NIGHT)


def test_old_reports_go():
    def at(days):
        moment = datetime.now(UTC) - timedelta(days=days)
        return NightlyReport.objects.create(
            task=TASK, state=RunState.DONE, started_at=moment, moved_at=moment, ended_at=moment
        )

    young, _old = at(89), at(91)
    forget_nightly_reports()
    assert list(NightlyReport.objects.all()) == [young]


def test_line_about_a_row_is_given_out_and_forgotten_while_the_count_stays():
    mine, others = uuid7(), uuid7()
    with nightly.report(TASK, NIGHT) as run:
        for row in (others, mine, others):
            run.fault(row, RuntimeError())
    person = Person(mine)
    (line,) = privacy.exported(person)["faults_of_runs"]
    assert (line["task"], line["row"]) == (TASK, str(mine))
    privacy.erase(person)
    run.row.refresh_from_db()
    assert ([line["row"] for line in run.row.faults], run.row.failed) == ([str(others)] * 2, 3)
    assert privacy.exported(person)["faults_of_runs"] == []
    privacy.forget_rows([others])
    run.row.refresh_from_db()
    assert (run.row.faults, run.row.failed) == ([], 3)


def test_turn_is_seen_by_whoever_looks_at_the_report():
    def seen():
        return NightlyReport.objects.with_turn().values_list("has_turn", flat=True).get()

    with nightly.report(TASK, NIGHT):
        assert seen() is True
    assert seen() is False


def test_walk_needs_as_many_statements_as_rows_and_batches(django_assert_num_queries):
    rows(4)
    turn, report, each = 2, 2, 3  # and one more of each batch; a row: savepoint, statement, release
    with django_assert_num_queries(turn + report + 1 + 4 * each + 2 * 2 + 1):
        nightly.walk(TASK, waiting(), end, at=NIGHT, batch=2)


@pytest.mark.django_db(transaction=True)
def test_second_run_at_the_same_time_says_so_and_leaves():
    from concurrent.futures import ThreadPoolExecutor

    def second():
        try:
            with pytest.raises(AlreadyUnderWay) as refusal, nightly.report(TASK, NIGHT):
                raise AssertionError("both have the turn")
            left = nightly.walk(TASK, waiting(), end, at=NIGHT)
            other = nightly.walk("count_wolves", waiting(), end, at=NIGHT)
            return refusal.value.report.state, left.state, left.done, other.state
        finally:
            connection.close()

    rows(2)
    with nightly.report(TASK, NIGHT) as run, ThreadPoolExecutor(1) as pool:
        assert pool.submit(second).result(30) == (RunState.LEFT, RunState.LEFT, 0, RunState.DONE)
    assert counted(run.row)[0] == RunState.DONE
    assert walks.BATCH == 200
