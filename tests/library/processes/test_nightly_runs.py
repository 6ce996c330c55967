"""A nightly run that is killed, in a process of its own; and what staff see of runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import Tier
from accounts.tests.factories import make_librarian, make_user
from circulation import services
from circulation.models import LoanRenewal, LoanRule
from circulation.services import renewals
from circulation.tests.factories import make_loan
from library.core.config.model import ROOT
from library.jobs import nightly
from library.jobs.models import NightlyReport, RunState
from tests.stack import eventually

NIGHT = datetime(2026, 3, 16, 2, 30, tzinfo=UTC)
LOANS = 12
# Renews as the task does, two loans to a batch, and stands still in the middle of the fifth.
RUN = """
import django, sys, time
from django.conf import settings
django.setup()
from datetime import datetime
from django.db import connections
connections.settings["default"]["NAME"] = sys.argv[1]
from circulation.services import renewals
from library.jobs.nightly import walks
walks.BATCH, go_on, seen = 2, renewals._go_on, []
def stands_still(*given, **named):
    seen.append(go_on(*given, **named))
    if len(seen) == 5:
        print("half-way", flush=True)
        time.sleep(60)
    return seen[-1]
renewals._go_on = stands_still
renewals.renew_automatically(at=datetime.fromisoformat(sys.argv[2]))
"""


@pytest.mark.django_db(transaction=True)
def test_run_killed_half_way_is_shown_as_interrupted_and_the_next_one_does_the_rest(client):
    Tier.objects.get_or_create(code="reader", defaults={"name": "Reader"})
    LoanRule.objects.get_or_create(branch=None, tier=None, item_type=None)
    LoanRule.objects.update(loan_period=14, renewals_allowed=2, auto_renew=True)
    due = datetime(2026, 3, 16, 12, tzinfo=UTC)  # on this day wherever the library stands
    for _number in range(LOANS):
        make_loan(due_at=due)
    killed = subprocess.Popen(
        [sys.executable, "-c", RUN, connection.settings_dict["NAME"], NIGHT.isoformat()],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    )
    assert killed.stdout is not None
    try:
        assert killed.stdout.readline() == "half-way\n"
        left = nightly.walk(renewals.TASK, LoanRule.objects.none(), lambda pk: True, at=NIGHT)
        assert left.state == RunState.LEFT
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        killed.stdout.close()
    turns = NightlyReport.objects.with_turn().values_list("has_turn", flat=True)
    eventually(lambda: not any(turns.all()), seconds=20)
    report = NightlyReport.objects.exclude(pk=left.pk).get()
    assert (report.state, report.done) == (RunState.RUNNING, 4)
    client.force_login(make_librarian())
    page = client.get(reverse("admin:jobs_nightlyreport_changelist")).content.decode()
    assert "interrupted" in page
    assert LoanRenewal.objects.count() == 4  # the fifth was half done, so it was not done

    assert services.renew_automatically(at=NIGHT) == LOANS - 4
    assert services.renew_automatically(at=NIGHT) == 0
    assert sorted(LoanRenewal.objects.values_list("loan__renewals", flat=True)) == [1] * LOANS
    report.refresh_from_db()
    assert report.state == RunState.INTERRUPTED


@pytest.mark.django_db
def test_staff_read_what_was_done_and_which_rows_failed(client, django_assert_max_num_queries):
    def work(pk):
        raise RuntimeError("Ada Lovelace")

    staff = make_librarian()
    report = nightly.walk("renew_loans", type(staff).objects.filter(pk=staff.pk), work, at=NIGHT)
    for task in ("count_sheep", "count_wolves", "count_stars"):
        nightly.walk(task, LoanRule.objects.none(), work, at=NIGHT)
    client.force_login(staff)
    with django_assert_max_num_queries(12):
        page = client.get(reverse("admin:jobs_nightlyreport_changelist")).content.decode()
    assert "Automatic renewal" in page
    assert "count sheep" in page
    page = client.get(reverse("admin:jobs_nightlyreport_change", args=[report.pk])).content.decode()
    assert f"{staff.pk} RuntimeError: Something unforeseen went wrong." in page
    assert "Lovelace" not in page
    assert 'name="_save"' not in page


@pytest.mark.django_db
def test_readers_do_not(client):
    client.force_login(make_user())
    assert client.get(reverse("admin:jobs_nightlyreport_changelist")).status_code in {302, 403}
