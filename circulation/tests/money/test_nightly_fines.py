"""The fines of the whole library: twice, late, killed half-way, with a bad row, and moved only by somebody's word."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.tests.factories import make_librarian, make_patron
from catalog.tests.factories import make_branch, make_copy
from circulation import services
from circulation.models import CalendarException, Charge, LendingSettings
from circulation.money import fines, moved, nightly
from circulation.tasks import set_fines
from circulation.tests.factories import make_loan
from circulation.tests.money.common import DAY, DUE, after, balances, lines_of, rule, sum_of
from library.activity.models import Activity
from library.jobs.models import NightlyReport

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _library_time(settings):
    settings.TIME_ZONE = "UTC"
    rule(fine_amount=sum_of("0.50"), fine_cap=4)
    yield
    balances()


def late(**values):
    return make_loan(**{"due_at": DUE, "checked_out_at": DUE - 14 * DAY} | values)


def all_lines():
    rows = Charge.objects.order_by("loan_id", "at").values_list("loan_id", "amount", "is_running", "due_at")
    return list(rows)


def test_twice_late_and_in_batches_of_any_size_give_the_same_lines():
    LendingSettings.objects.update(max_total_fines=5)
    readers = [make_patron() for _n in range(7)]
    for n, reader in enumerate([*readers, *readers[:4]]):
        late(patron=reader, due_at=DUE - n * DAY)
    daily = []
    for batch in (1, 3, 500):
        Charge.objects.all()._raw_delete("default")
        for days in range(1, 5) if batch == 1 else (4, 4):
            nightly.set_all(at=after(days), batch=batch)
        daily.append(all_lines())
    assert daily[0] == daily[1] == daily[2]
    assert len(daily[0]) == 11


def test_report_tells_how_many_lines_were_written():
    for _n in range(3):
        late()
    late(due_at=after(9))
    first, again = nightly.set_all(at=after(1)), nightly.set_all(at=after(1))
    assert (first.done, again.done, first.task) == (3, 0, "set_fines")


@pytest.mark.parametrize("place", [0, 3, 6], ids=["at the start", "in the middle", "at the end"])
def test_one_bad_reader_stops_nobody_else(monkeypatch, place):
    readers = sorted((make_patron() for _n in range(7)), key=lambda patron: patron.pk)
    for reader in readers:
        late(patron=reader)
    bad, figure = readers[place].pk, fines.Reckoner.figure

    def failing(self, row):
        if row.patron == bad:
            raise ValueError("Ada Lovelace")
        return figure(self, row)

    monkeypatch.setattr(fines.Reckoner, "figure", failing)
    told = nightly.set_all(at=after(1), batch=4)
    assert (told.done, told.failed) == (6, 1)
    assert (told.faults[0]["row"], told.faults[0]["error"]) == (str(bad), "ValueError")
    assert "Lovelace" not in str(told.faults)
    assert Charge.objects.count() == 6
    monkeypatch.undo()
    assert nightly.set_all(at=after(1)).done == 1


def test_killed_half_way_the_next_run_does_the_rest(monkeypatch):
    for _n in range(6):
        late()
    set_some, calls = nightly.set_some, iter(range(9))

    def dies(*given):
        if next(calls) == 1:
            raise KeyboardInterrupt
        return set_some(*given)

    monkeypatch.setattr(nightly, "set_some", dies)
    with pytest.raises(KeyboardInterrupt):
        nightly.set_all(at=after(2), batch=2)
    assert Charge.objects.count() == 2
    monkeypatch.undo()
    nightly.set_all(at=after(2), batch=2)
    assert [line.amount for line in Charge.objects.all()] == [1] * 6


def test_worker_takes_the_time_at_each_run(monkeypatch):
    """One worker over three midnights: a time that was kept would let fines stand still."""
    loan = late()
    for days in (1, 2, 3):
        monkeypatch.setattr("django.utils.timezone.now", lambda days=days: after(days))
        set_fines()
        assert Charge.objects.get(loan=loan).amount == sum_of("0.50") * days
    assert NightlyReport.objects.count() == 3


def test_statements_do_not_grow_with_readers(django_assert_max_num_queries):
    branch = make_branch()
    for _n in range(12):
        late(copy=make_copy(branch=branch))
    nightly.set_all(at=after(1))
    with django_assert_max_num_queries(18):
        nightly.set_all(at=after(2))


def test_lines_that_stand_never_move():
    loan = late()
    nightly.set_all(at=after(1))
    services.check_in(copy=loan.copy, by=make_librarian(), at=after(1))
    rule(fine_amount=sum_of("9"))
    nightly.set_all(at=after(9))
    assert lines_of(loan.patron) == [("fine", "0.50", "0.50")]


def test_edit_of_the_past_moves_lines_only_after_a_preview():
    rule(fine_skips_closed_days=True)
    staff, loan, other = make_librarian(), late(), late()
    closed = {"name": "Closed", "first_day": date(2026, 3, 3), "last_day": date(2026, 3, 5)}
    closure = CalendarException.objects.create(branch=loan.branch, **closed)
    nightly.set_all(at=after(5))
    assert (lines_of(loan.patron)[0][1], lines_of(other.patron)[0][1]) == ("1.00", "2.50")
    assert moved.preview(at=after(5)).count == 0
    closure.delete()
    nightly.set_all(at=after(5))
    assert lines_of(loan.patron)[0][1] == "1.00"
    seen = moved.preview(at=after(5))
    (only,) = seen.shown
    assert (seen.count, only.line.loan, only.units_before, only.units_after, only.to) == (1, loan, 2, 5, sum_of("2.50"))
    assert moved.move(by=staff, at=after(5)) == 1
    assert lines_of(loan.patron)[0][1] == "2.50"
    assert moved.preview(at=after(6)).count == 0
    nightly.set_all(at=after(6))
    assert lines_of(loan.patron)[0][1] == "3.00"
    assert Activity.objects.get(verb="fines.moved").data == {"lines": 1}
