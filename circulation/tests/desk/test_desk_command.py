from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.tests.factories import make_patron
from catalog.models import CopyStatus
from catalog.tests.factories import make_branch, make_copy
from circulation.models import LoanRule, Override
from circulation.tests.factories import make_loan

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(librarian):
    """Runs the command as the librarian; gives what it wrote."""

    def run(*words, user=librarian):
        out = StringIO()
        call_command("desk", "--as", user.email, *words, stdout=out)
        return out.getvalue()

    return run


def test_copy_is_lent_renewed_and_taken_back(desk):
    copy, reader = make_copy(), make_patron()
    LoanRule.objects.update(renew_from="today", no_renewal_before=None, renewal_period=30)
    assert desk("check-out", copy.barcode, reader.card_number).startswith(f"Lent: {copy.book.title}, due ")
    assert desk("renew", copy.barcode.lower()).startswith(f"Renewed: {copy.book.title}, due ")
    assert f"Returned: {copy.book.title}. shelve: {copy.branch}." in desk("check-in", copy.barcode)
    assert "Nothing changed" in desk("check-in", copy.barcode)
    assert reader.loans.get().returned_at is not None


def test_refusal_gives_every_reason_and_fails(desk):
    copy, reader = make_copy(not_for_loan=True, status="damaged"), make_patron()
    with pytest.raises(CommandError) as refused:
        desk("check-out", copy.barcode, reader.card_number)
    assert "[copy_not_for_loan, overridable]" in str(refused.value)
    assert "[copy_damaged, overridable]" in str(refused.value)
    assert refused.value.returncode == 1
    assert not reader.loans.exists()


def test_override_names_each_reason_and_says_why(desk, librarian):
    copy, reader = make_copy(not_for_loan=True), make_patron()
    words = ["check-out", copy.barcode, reader.card_number, "--override", "copy_not_for_loan"]
    with pytest.raises(CommandError, match="why"):
        desk(*words)
    day = timezone.localdate() + timedelta(days=3)
    desk(*words, "--comment", "For a weekend.", "--due", day.isoformat())
    override = Override.objects.get()
    assert (override.by, override.comment) == (librarian, "For a weekend.")
    loan = reader.loans.get()
    assert timezone.localtime(loan.due_at).strftime("%Y-%m-%d %H:%M") == f"{day} 23:59"


def test_book_drop_damage_and_branch(desk):
    now = timezone.now()
    north = make_branch(code="north", name="North")
    loan = make_loan(checked_out_at=now - timedelta(days=9), due_at=now - timedelta(days=2))
    day = timezone.localdate() - timedelta(days=3)
    assert "transit: " in desk("check-in", loan.copy.barcode, "--returned", str(day), "--branch", north.code)
    loan.refresh_from_db()
    assert timezone.localtime(loan.returned_at).date() == day
    broken = make_loan()
    assert "repair: " in desk("check-in", broken.copy.barcode, "--damaged")
    broken.copy.refresh_from_db()
    assert broken.copy.status == CopyStatus.DAMAGED


def test_all_loans_of_a_reader_are_renewed_and_the_rest_is_told(desk):
    reader, now = make_patron(), timezone.now()
    LoanRule.objects.update(renewals_allowed=1)
    make_loan(patron=reader, checked_out_at=now, renewals=1, renewed_at=now)
    fine = make_loan(patron=reader, checked_out_at=now - timedelta(days=9))
    with pytest.raises(CommandError, match="1 of 2 were not renewed"):
        desk("renew-all", reader.card_number)
    fine.refresh_from_db()
    assert fine.renewals == 1


def test_explain_names_the_rows_to_staff_only(desk):
    copy, reader = make_copy(not_for_loan=True), make_patron()
    told = desk("explain", copy.barcode, reader.card_number)
    assert told.startswith("Would be refused.")
    assert "[copy_not_for_loan, overridable]" in told
    assert "any branch · any tier · any item type" in told
    own = desk("explain", make_copy().barcode, reader.card_number, user=reader.user)
    assert "any branch" not in own


def test_reader_may_not_do_what_staff_do(desk):
    loan, reader = make_loan(), make_patron()
    for words in (
        ["check-out", loan.copy.barcode, loan.patron.card_number],
        ["check-in", loan.copy.barcode],
        ["renew-all", loan.patron.card_number],
        ["explain", loan.copy.barcode, loan.patron.card_number],
    ):
        with pytest.raises(CommandError, match="You may not do this"):
            desk(*words, user=reader.user)
    with pytest.raises(CommandError, match="no open loan"):
        desk("renew", loan.copy.barcode, user=reader.user)


@pytest.mark.parametrize(
    "words",
    [
        ["check-in", "C-1", "--returned", "yesterday"],
        ["check-in", "C-1", "--branch", "nowhere"],
        ["check-out", "C-1"],
        ["lend"],
        [],
    ],
)
def test_words_that_cannot_be_are_told(desk, words):
    with pytest.raises(CommandError):
        desk(*words)


def test_unknown_user_is_told(librarian):
    with pytest.raises(CommandError, match="no active user nobody"):
        call_command("desk", "--as", "nobody", "check-in", "C-1")
