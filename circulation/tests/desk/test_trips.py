"""How often a scan asks the database: counted, as the desk's page and the API do it, with everything that they bring.

BEGIN, COMMIT and savepoints are not counted. Rules and calendars are remembered from the first scan on.
"""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.sessions import tokens
from accounts.tests.factories import make_patron
from catalog.tests.factories import make_branch, make_copy
from circulation.models import HoldState, Loan, LoanRule
from circulation.tests.factories import make_hold, make_loan

pytestmark = pytest.mark.django_db
DESK = reverse("circulation:desk")
SCAN, API_CHECK_OUT, API_CHECK_IN = 16, 9, 9
AUTHENTICATION = 1
SERVED = 8  # the hold is locked and written, ranks close, and its letter is queued
OF_A_TRANSACTION = re.compile(r"(BEGIN|COMMIT|SAVEPOINT|RELEASE|ROLLBACK)\b")


def statements(work):
    """What ``work`` asked the database, and what it gave."""
    with CaptureQueriesContext(connection) as captured:
        given = work()
    return [row["sql"] for row in captured if not OF_A_TRANSACTION.match(row["sql"])], given


@pytest.fixture
def branch():
    return make_branch()


@pytest.fixture
def scan(client, librarian, branch):
    """Scan at a desk that says where it stands; gives the statements of the scan and of the page that shows it."""
    client.force_login(librarian)
    client.post(reverse("circulation:desk-branch"), {"branch": branch.code})
    client.get(DESK)

    def scanned(text, *, reader=None, mode=""):
        query = {"reader": str(reader.pk)} if reader else {}
        address = client.get(DESK, query | ({"mode": mode} if mode else {})).wsgi_request.get_full_path()
        sent = {"scan": text, "once": str(uuid4())}
        asked, page = statements(lambda: client.post(address, sent, follow=True))
        assert [status for _address, status in page.redirect_chain] == [302]
        return asked, page.content.decode()

    return scanned


@pytest.fixture
def reader(branch):
    """A reader with loans and holds, all of branches whose calendars are known by now."""
    LoanRule.objects.update(max_loans=-1)
    patron = make_patron()
    for _n in range(3):
        make_loan(patron=patron, copy=make_copy(branch=branch), branch=branch, checked_out_at=timezone.now())
        make_hold(patron=patron, state=HoldState.QUEUED, copy=make_copy(branch=branch))
    return patron


def test_lending_and_taking_back_at_the_desk(scan, reader, branch):
    for _warms_up in range(2):
        copy = make_copy(branch=branch)
        lent, page = scan(copy.barcode, reader=reader)
    assert "<b>Lent</b>" in page
    assert Loan.objects.open().filter(patron=reader, copy=copy).exists()
    assert len(lent) <= SCAN, lent
    taken, page = scan(copy.barcode, reader=reader, mode="return")
    assert "<b>Returned</b>" in page
    assert not Loan.objects.open().filter(copy=copy).exists()
    assert len(taken) <= SCAN, taken


def test_taking_back_what_others_wait_for(scan, branch):
    """The first in line is served, the queue closes ranks, the reader is told: for ten who wait as for two."""
    asked = {}
    for waiting in (2, 2, 10):  # the first warms up
        loan = make_loan(copy=make_copy(branch=branch), checked_out_at=timezone.now())
        for _n in range(waiting):
            make_hold(state=HoldState.QUEUED, copy=make_copy(book=loan.copy.book, branch=branch, status="on_loan"))
        asked[waiting], page = scan(loan.copy.barcode)
        assert "<b>Hold shelf</b>" in page
    assert len(asked[10]) == len(asked[2]), asked
    assert len(asked[2]) <= SCAN + SERVED, asked[2]


def test_opening_a_reader_refusing_and_taking_back_without_a_reader(scan, reader, branch):
    copy = make_copy(branch=branch, not_for_loan=True)
    for _warms_up in range(2):
        opened, page = scan(reader.card_number)
    assert "<b>Reader</b>" in page
    refused, page = scan(copy.barcode, reader=reader)
    assert "<b>Not lent</b>" in page
    taken, page = scan(make_loan(copy=make_copy(branch=branch)).copy.barcode)
    assert "<b>Returned</b>" in page
    assert max(map(len, (opened, refused, taken))) <= SCAN


def test_scan_reads_no_row_twice_before_its_lock_or_after(scan, reader, branch):
    """The reader's row for whoever is open, for the lock and under it; the copy's alike; no row of a session."""
    for _warms_up in range(2):
        copy = make_copy(branch=branch)
        asked, _page = scan(copy.barcode, reader=reader)
    written = [statement for statement in asked if statement.lstrip().startswith(("INSERT", "UPDATE", "DELETE"))]
    assert not [statement for statement in written if "accounts_session" in statement]
    assert len([statement for statement in asked if "FOR NO KEY UPDATE OF patron" in statement]) == 1
    assert len([statement for statement in asked if "FOR NO KEY UPDATE OF book, copy" in statement]) == 1
    assert len([statement for statement in asked if "circulation_calendarversion" in statement]) == 2  # lent, shown


@pytest.fixture
def api(librarian):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(User.objects.get(pk=librarian.pk)).access}")
    return client


@pytest.mark.parametrize("with_key", [True, False])
def test_lending_and_taking_back_by_the_api(api, branch, with_key):
    reader = make_patron()
    LoanRule.objects.update(max_loans=-1)

    def send(address, body):
        headers = {"Idempotency-Key": str(uuid4())} if with_key else {}
        return statements(lambda: api.post(f"/api/v1/{address}/", body, format="json", headers=headers))

    for _warms_up in range(2):
        copy = make_copy(branch=branch)
        lent, answer = send("loans", {"copy": copy.barcode, "patron": reader.card_number})
        assert answer.status_code == 201, answer.content
        taken, answer = send("check-ins", {"copy": copy.barcode})
        assert answer.status_code == 200, answer.content
    kept = 0 if with_key else 2  # statements that keep the answer
    assert len(lent) <= API_CHECK_OUT + AUTHENTICATION - kept, lent
    assert len(taken) <= API_CHECK_IN + AUTHENTICATION - kept, taken
    assert "accounts_tokenfamily" in lent[0]
    assert not [statement for statement in lent[1:] if "auth_permission" in statement]
