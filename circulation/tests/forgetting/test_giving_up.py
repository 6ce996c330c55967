"""Who gives up the history of their loans is forgotten at once, as far as the library's time is over; for good."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import errors
from accounts.models import Patron
from accounts.people.nobody import NOBODY
from accounts.services import preferences
from accounts.tests.factories import make_patron
from circulation import forgetting
from circulation.models import LendingSettings, Loan
from circulation.tests.factories import make_loan
from library.notices import bell
from library.notices import services as notices
from library.notices.models import Notice

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _settings():
    LendingSettings.objects.update_or_create(pk=1, defaults={"anonymise_after_days": 30})


def keeps(patron, *, keeps_history=True, **given):
    preferences.choose(user=Patron.objects.get(pk=patron.pk).user, keeps_history=keeps_history, **given)


def brought_back(patron, days_ago):
    back = NOW - days_ago * DAY
    return make_loan(patron=patron, checked_out_at=back - 7 * DAY, returned_at=back, checked_in_at=back)


def loans_of(patron):
    return Loan.objects.filter(patron=patron).count()


@pytest.fixture
def reader():
    """Who kept the history of a long time, while the library forgot that of everybody else."""
    patron = make_patron()
    keeps(patron)
    for days_ago in (400, 200, 3):
        brought_back(patron, days_ago)
    brought_back(make_patron(), 200)
    forgetting.forget_past(at=NOW)
    assert (loans_of(patron), loans_of(NOBODY)) == (3, 1)
    return patron


def test_what_was_kept_beyond_the_librarys_time_goes_at_once_and_the_rest_in_its_time(reader):
    keeps(reader, keeps_history=False, is_warned=True)
    assert (loans_of(reader), loans_of(NOBODY)) == (1, 3)
    forgetting.forget_past(at=NOW + 100 * DAY)
    assert (loans_of(reader), loans_of(NOBODY)) == (0, 4)


def test_without_the_warning_nothing_goes(reader):
    with pytest.raises(errors.HistoryWouldGo):
        keeps(reader, keeps_history=False)
    assert loans_of(reader) == 3


def test_choosing_to_keep_it_again_brings_nothing_back(reader):
    keeps(reader, keeps_history=False, is_warned=True)
    keeps(reader)
    assert loans_of(reader) == 1
    forgetting.forget_past(at=NOW + 100 * DAY)
    assert loans_of(reader) == 1


def test_what_was_told_of_these_loans_goes_with_them(reader):
    loan = Loan.objects.filter(patron=reader).order_by("returned_at")[0]
    words: dict[str, Any] = {
        "loan": str(loan.pk),
        "title": "The cell",
        "barcode": "B",
        "branch": "North",
        "due": NOW,
        "is_hourly": False,
    }
    notices.queue(user=reader.user, kind="due_soon", dedupe=f"loan:{loan.pk}:2026-01-01:due_soon", **words)
    keeps(reader, keeps_history=False, is_warned=True)
    assert not Notice.objects.filter(user=reader.user).exists()
    assert bell.since(reader.user, 0) == []


def test_where_the_library_forgets_nothing_giving_it_up_forgets_nothing_yet(reader):
    LendingSettings.objects.update(anonymise_after_days=None)
    keeps(reader, keeps_history=False, is_warned=True)
    assert loans_of(reader) == 3
