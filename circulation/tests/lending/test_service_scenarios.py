"""What the verbs do to the rows, clause by clause; the id of each scenario begins with its clause in the words of the
library's circulation rules. What the rules alone decide stands in test_scenarios.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import make_librarian, make_patron
from catalog.models import CopyStatus, ItemType
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation import errors, services
from circulation.models import Hold, HoldState, LendingSettings, Loan, LoanRule, Override
from circulation.tests.blocks import put
from circulation.tests.factories import MONDAY, make_hold, make_loan, queue_up
from library.activity.models import Activity
from library.core.errors import InvalidInput, LibraryError, NotAllowed, NotFound

pytestmark = pytest.mark.django_db
SCENARIOS: list[Any] = []
DAY = timedelta(days=1)
SEEN = "seen by staff"


def clause(words: str) -> Callable[[Callable[[User], None]], Callable[[User], None]]:
    """A row of the table: what follows shows the clause."""

    def row(shows: Callable[[User], None]) -> Callable[[User], None]:
        SCENARIOS.append(pytest.param(shows, id=words))
        return shows

    return row


@pytest.fixture(autouse=True)
def _library_time(settings):
    settings.TIME_ZONE = "UTC"


@pytest.fixture
def staff() -> User:
    return make_librarian()


def refused(call: Callable[..., Any], **values: Any) -> list[str]:
    """The codes of all reasons for which the call is refused."""
    with pytest.raises(LibraryError) as refusal:
        call(**values)
    return [reason.code for reason in refusal.value.reasons] or [refusal.value.error_code]


def now(row: Any) -> Any:
    """The row as the database has it."""
    return type(row).objects.get(pk=row.pk)


def ends(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T23:59:59.999999").replace(tzinfo=UTC)


def rule(**values: Any) -> None:
    """Change the row for everyone."""
    LoanRule.objects.filter(branch=None, tier=None, item_type=None).update(**values)


# --- Rule values


@clause("The branch is the copy's home branch")
def _home_branch_decides(staff):
    home, desk = make_branch(), make_branch()
    LoanRule.objects.create(branch=home, loan_period=2)
    LoanRule.objects.create(branch=desk, loan_period=5)
    loan = services.check_out(copy=make_copy(branch=home), patron=make_patron(), by=staff, branch=desk, at=MONDAY)
    assert (loan.due_at, loan.branch) == (ends("2026-03-04"), desk)


@clause("Each parameter is looked up on its own")
def _each_on_its_own(staff):
    branch = make_branch()
    LoanRule.objects.create(branch=branch, max_loans=1)
    patron = make_patron()
    loan = services.check_out(copy=make_copy(branch=branch), patron=patron, by=staff, at=MONDAY)
    assert loan.due_at == ends("2026-03-16")
    assert refused(services.check_out, copy=make_copy(branch=branch), patron=patron, by=staff, at=MONDAY) == [
        "loan_limit_reached"
    ]


@clause("The shipped row for everyone: 14 days, 3 loans, 2 renewals")
def _as_shipped(staff):
    patron = make_patron()
    loans = [services.check_out(copy=make_copy(), patron=patron, by=staff, at=MONDAY) for _ in range(3)]
    assert {loan.due_at for loan in loans} == {ends("2026-03-16")}
    assert refused(services.check_out, copy=make_copy(), patron=patron, by=staff, at=MONDAY) == ["loan_limit_reached"]
    for due in ("2026-03-30", "2026-04-13"):
        assert services.renew(loan=loans[0], by=staff, at=MONDAY).due_at == ends(due)
    assert refused(services.renew, loan=loans[0], by=staff, at=MONDAY) == ["renewal_limit_reached"]


@clause("If `loan_period` is found nowhere: refused `no_rule_defined`")
def _no_rule(staff):
    LoanRule.objects.all().delete()
    assert refused(services.check_out, copy=make_copy(), patron=make_patron(), by=staff) == ["no_rule_defined"]


@clause("absence is not permission: nor by override")
def _no_rule_by_override(staff):
    LoanRule.objects.all().delete()
    assert refused(
        services.check_out, copy=make_copy(), patron=make_patron(), by=staff, override=["no_rule_defined"], comment="x"
    ) == ["no_rule_defined"]


@clause('"Explain" shows, per parameter, the value and the row it came from')
def _explained(staff):
    dvd = ItemType.objects.create(code="dvd", name="DVD")
    row = LoanRule.objects.create(item_type=dvd, loan_period=7)
    loan = services.check_out(copy=make_copy(item_type=dvd), patron=make_patron(), by=staff, at=MONDAY)
    kept = now(loan).explanation["values"]
    assert (kept["loan_period"]["value"], kept["loan_period"]["row"]) == (7, row.pk)
    assert kept["max_loans"]["value"] == 3
    assert "DVD" in kept["loan_period"]["label"]


# --- Check-out


@clause("All reasons are collected, in this order")
def _all_in_order(staff):
    patron = make_patron()
    put(patron, "address_unconfirmed")
    put(patron, "patron_restricted")
    for _ in range(3):
        make_loan(patron=patron, due_at=MONDAY + 90 * DAY)
    copy = make_copy(not_for_loan=True, status=CopyStatus.DAMAGED)
    assert refused(services.check_out, copy=copy, patron=patron, by=staff, at=MONDAY) == [
        "patron_restricted",
        "address_unconfirmed",
        "copy_not_for_loan",
        "copy_damaged",
        "loan_limit_reached",
    ]


@clause("*overridable* yields to staff with the permission and a comment")
def _override(staff):
    patron = make_patron()
    copy = make_copy(not_for_loan=True, status=CopyStatus.IN_REPAIR)
    loan = services.check_out(
        copy=copy,
        patron=patron,
        by=staff,
        override=["copy_not_for_loan", "copy_in_repair"],
        comment=f" {SEEN} ",
        at=MONDAY,
    )
    kept = Override.objects.get(loan=loan)
    assert (kept.verb, kept.comment, kept.by, kept.at, kept.due_at) == ("check_out", SEEN, staff, MONDAY, None)
    assert [reason["code"] for reason in kept.reasons] == ["copy_not_for_loan", "copy_in_repair"]
    assert now(copy).status == CopyStatus.ON_LOAN
    assert Activity.objects.filter(verb="loan.overridden", subject=patron.user, data__comment=SEEN).exists()


@clause("*overridable* yields: every one of them must be set aside")
def _override_in_part(staff):
    copy = make_copy(not_for_loan=True, status=CopyStatus.IN_REPAIR)
    assert refused(
        services.check_out, copy=copy, patron=make_patron(), by=staff, override=["copy_not_for_loan"], comment=SEEN
    ) == ["copy_not_for_loan", "copy_in_repair"]
    assert not Override.objects.exists()


@clause("*Impossible* stays")
def _impossible(staff):
    loan = make_loan(due_at=MONDAY + 300 * DAY)
    cases: list[tuple[str, dict[str, Any]]] = [
        ("already_lent_to_patron", {"copy": loan.copy, "patron": loan.patron}),
        ("copy_withdrawn", {"copy": make_copy(status="withdrawn"), "patron": make_patron()}),
    ]
    for code, values in cases:
        values |= {"by": staff, "override": [code], "comment": SEEN, "at": MONDAY}
        assert refused(services.check_out, **values) == [code]


@clause("*alert* only informs (a success carries its alerts too)")
def _alert(staff):
    loan = services.check_out(copy=make_copy(status="missing"), patron=make_patron(), by=staff)
    assert [alert.code for alert in loan.alerts] == ["copy_was_missing"]


@clause("Override with an empty comment")
def _empty_comment(staff):
    copy, patron = make_copy(not_for_loan=True), make_patron()
    for comment in ("", " \n "):
        with pytest.raises(errors.CommentRequired) as refusal:
            services.check_out(copy=copy, patron=patron, by=staff, override=["copy_not_for_loan"], comment=comment)
        assert (refusal.value.error_code, list(refusal.value.fields)) == ("comment_required", ["comment"])
    assert not Loan.objects.exists()


@clause("Override … without permission (403)")
def _without_permission(staff):
    copy, patron = make_copy(not_for_loan=True), make_patron()
    with pytest.raises(NotAllowed) as refusal:
        services.check_out(copy=copy, patron=patron, by=make_patron().user, override=["copy_not_for_loan"], comment="x")
    assert refusal.value.status == 403
    assert now(copy).status == CopyStatus.AVAILABLE


@clause("Override … with a due date not in the future (`due_date_not_in_future`)")
def _due_not_in_future(staff):
    for due_at in (MONDAY, MONDAY - DAY):
        with pytest.raises(errors.DueDateNotInFuture) as refusal:
            services.check_out(copy=make_copy(), patron=make_patron(), by=staff, comment=SEEN, due_at=due_at, at=MONDAY)
        assert (refusal.value.error_code, list(refusal.value.fields)) == ("due_date_not_in_future", ["due_at"])


@clause("Override … with a due date: it counts in place of the rules'")
def _due_by_hand(staff):
    due_at = MONDAY + 3 * DAY
    loan = services.check_out(copy=make_copy(), patron=make_patron(), by=staff, comment=SEEN, due_at=due_at, at=MONDAY)
    assert (now(loan).due_at, Override.objects.get().due_at, Override.objects.get().reasons) == (due_at, due_at, [])
    assert now(loan).explanation["steps"][-1]["code"] == "set_by_hand"


@clause("Override … with a due date needs a comment and the permission too")
def _due_by_hand_needs_more(staff):
    values: dict[str, Any] = {"copy": make_copy(), "patron": make_patron(), "due_at": MONDAY + DAY, "at": MONDAY}
    with pytest.raises(errors.CommentRequired):
        services.check_out(by=staff, **values)
    with pytest.raises(NotAllowed):
        services.check_out(by=make_patron().user, comment=SEEN, **values)


@clause("Barcodes and card numbers are compared without surrounding space and case")
def _space_and_case(staff):
    copy, patron = make_copy(barcode="C-ab7"), make_patron(card_number="L-Xy")
    assert services.check_out(copy=" c-AB7\t", patron="\nl-xY ", by=staff).copy == copy
    assert services.check_in(copy="C-AB7 ", by=staff).copy == copy
    assert services.check_out(copy="c-ab7", patron="L-XY", by=staff).patron == patron


@clause("unknown barcode, unknown card (each stops all else)")
def _unknown(staff):
    assert refused(services.check_out, copy="?", patron="?", by=staff) == ["copy_unknown", "patron_unknown"]
    assert refused(services.check_out, copy=make_copy(status="withdrawn"), patron="?", by=staff) == ["patron_unknown"]
    assert refused(services.check_in, copy="?", by=staff) == ["copy_unknown"]


@clause("card reported lost (mend the card first)")
def _card_lost(staff):
    patron = make_patron()
    put(patron, "card_lost")
    values = {"copy": make_copy(), "patron": patron, "by": staff}
    assert refused(services.check_out, **values) == ["card_lost"]
    assert refused(services.check_out, override=["card_lost"], comment=SEEN, **values) == ["card_lost"]


@clause("copy marked lost or missing that turns up (found, then lent)")
def _found_then_lent(staff):
    for status in ("lost", "missing"):
        copy = make_copy(status=status)
        loan = services.check_out(copy=copy, patron=make_patron(), by=staff)
        assert (now(copy).status, [alert.code for alert in loan.alerts]) == ("on_loan", [f"copy_was_{status}"])


@clause("lent to another (on override: first returned, then lent; never two open loans)")
def _first_returned_then_lent(staff):
    old, patron = make_loan(checked_out_at=MONDAY), make_patron()
    at = MONDAY + DAY
    assert refused(services.check_out, copy=old.copy, patron=patron, by=staff, at=at) == ["already_lent_to_another"]
    new = services.check_out(
        copy=old.copy, patron=patron, by=staff, override=["already_lent_to_another"], comment=SEEN, at=at
    )
    old = now(old)
    assert (old.returned_at, old.checked_in_at, old.returned_by) == (at, at, staff)
    assert list(Loan.objects.open().filter(copy=old.copy)) == [new]
    verbs = Activity.objects.filter(subject__in=[old.patron.user, patron.user]).order_by("at", "id")
    assert [row.verb for row in verbs if row.verb.startswith("loan.")] == [
        "loan.closed",
        "loan.opened",
        "loan.overridden",
    ]


@clause("on the hold shelf or in transit for another · requested by another")
def _kept_for_another(staff):
    for state, code in [
        (HoldState.READY, "copy_held_for_another"),
        (HoldState.IN_TRANSIT, "copy_held_for_another"),
        (HoldState.REQUESTED, "copy_requested_by_another"),
    ]:
        hold = make_hold(state=state)
        assert refused(services.check_out, copy=hold.copy, patron=make_patron(), by=staff) == [code]


@clause("in transit for nobody (arrived, then lent)")
def _in_transit_for_nobody(staff):
    copy = make_copy(status="in_transit")
    loan = services.check_out(copy=copy, patron=make_patron(), by=staff)
    assert (now(copy).status, [alert.code for alert in loan.alerts]) == ("on_loan", ["copy_in_transit"])


@clause("overdue loans (`overdue_policy`: block → overridable, confirm → alert, ignore → nothing)")
def _overdue(staff):
    late = make_loan(checked_out_at=MONDAY - 30 * DAY, due_at=MONDAY - DAY)
    values = {"patron": late.patron, "by": staff, "at": MONDAY}
    assert refused(services.check_out, copy=make_copy(), **values) == ["has_overdue_loans"]
    assert services.check_out(copy=make_copy(), override=["has_overdue_loans"], comment=SEEN, **values)


@clause("another copy of the same book already out (`one_copy_per_book`)")
def _same_book(staff):
    book = make_book()
    out = make_loan(copy=make_copy(book=book), due_at=MONDAY + 300 * DAY)
    values = {"patron": out.patron, "by": staff, "at": MONDAY}
    assert refused(services.check_out, copy=make_copy(book=book), **values) == ["same_book_already_lent"]


@clause("age below the book's mark")
def _too_young(staff):
    patron = make_patron()
    patron.birth_date = (MONDAY - 10 * 365 * DAY).date()
    patron.save()
    copy = make_copy(book=make_book(minimum_age=16))
    assert refused(services.check_out, copy=copy, patron=patron, by=staff, at=MONDAY) == ["too_young"]


@clause("A loan marked *claimed returned* does not count towards limits")
def _claimed(staff):
    patron = make_patron()
    loans = [make_loan(patron=patron, due_at=MONDAY + 90 * DAY) for _ in range(3)]
    services.claim_returned(loan=loans[0], by=staff, at=MONDAY)
    assert services.check_out(copy=make_copy(), patron=patron, by=staff, at=MONDAY)
    services.withdraw_claim(loan=loans[0], by=staff, at=MONDAY)
    assert refused(services.check_out, copy=make_copy(), patron=patron, by=staff, at=MONDAY) == ["loan_limit_reached"]


@clause("Patrons at self check-out get no overrides")
def _self_no_overrides(staff):
    rule(self_check_out=True)
    patron = make_patron()
    assert services.check_out(copy=make_copy(), patron=patron, by=patron.user)
    with pytest.raises(NotAllowed):
        services.check_out(
            copy=make_copy(not_for_loan=True),
            patron=patron,
            by=patron.user,
            override=["copy_not_for_loan"],
            comment="please",
        )


@clause("Patrons at self check-out … confirm no alerts that staff should see")
def _self_no_alerts(staff):
    rule(self_check_out=True)
    patron, copy = make_patron(), make_copy(status="missing")
    assert refused(services.check_out, copy=copy, patron=patron, by=patron.user) == ["ask_at_the_desk"]
    assert now(copy).status == CopyStatus.MISSING


@clause("`self_check_out`: where no rule allows it, the reader is refused; a librarian's own card at the desk is not")
def _self_not_allowed(staff):
    patron = make_patron()
    assert refused(services.check_out, copy=make_copy(), patron=patron, by=patron.user) == [
        "self_check_out_not_allowed"
    ]
    assert services.check_out(copy=make_copy(), patron=staff.patron, by=staff)


@clause("A hold of this patron on the book is fulfilled by any copy of it")
def _any_copy_fulfils(staff):
    book = make_book()
    hold, other = make_hold(book=book), make_copy(book=book)
    services.check_out(copy=other, patron=hold.patron, by=staff, at=MONDAY + DAY)
    assert (now(hold).state, now(hold).copy, now(hold).ended_at) == (HoldState.FULFILLED, other, MONDAY + DAY)


@clause("the copy that was bound to it is freed")
def _bound_copy_is_freed(staff):
    book = make_book()
    hold, other = make_hold(book=book, state=HoldState.READY), make_copy(book=book)
    services.check_out(copy=other, patron=hold.patron, by=staff)
    assert now(hold.copy).status == CopyStatus.AVAILABLE


@clause("the copy that was bound to it … serves the next hold")
def _bound_copy_serves_the_next(staff):
    book = make_book()
    hold, other = make_hold(book=book), make_copy(book=book)
    second = queue(book, branch=hold.pickup_branch, placed_at=MONDAY + 2 * DAY)
    first = queue(book, branch=hold.pickup_branch, placed_at=MONDAY + DAY)
    services.check_out(copy=other, patron=hold.patron, by=staff)
    assert (now(first).state, now(first).copy, now(second).state) == (HoldState.REQUESTED, hold.copy, HoldState.QUEUED)
    assert now(hold.copy).status == CopyStatus.REQUESTED


@clause("the copy that was bound to it … is freed: from another branch's hold shelf it has to come home first")
def _bound_copy_comes_home(staff):
    book = make_book()
    hold = make_hold(book=book, state=HoldState.READY, branch=make_branch())
    services.check_out(copy=make_copy(book=book), patron=hold.patron, by=staff)
    assert now(hold.copy).status == CopyStatus.IN_TRANSIT
    assert services.check_in(copy=hold.copy, by=staff).action == "shelve"


queue = queue_up


def lend_by_override(hold: Any, staff: User) -> None:
    code = "copy_requested_by_another" if hold.state == HoldState.REQUESTED else "copy_held_for_another"
    services.check_out(copy=hold.copy, patron=make_patron(), by=staff, override=[code], comment=SEEN)


@clause("A requested copy lent to another by override: that hold is bound to another free copy")
def _bound_to_another(staff):
    book = make_book()
    hold, elsewhere = make_hold(book=book), make_copy(book=book)
    at_pickup = make_copy(book=book, branch=hold.pickup_branch)
    lend_by_override(hold, staff)
    assert (now(hold).state, now(hold).copy) == (HoldState.REQUESTED, at_pickup)  # the pickup branch first
    assert (now(at_pickup).status, now(elsewhere).status) == (CopyStatus.REQUESTED, CopyStatus.AVAILABLE)
    assert now(hold.copy).status == CopyStatus.ON_LOAN


@clause("A requested copy lent to another by override: … bound to another free copy of any branch")
def _bound_to_another_elsewhere(staff):
    book = make_book()
    hold, elsewhere = make_hold(book=book, state=HoldState.READY), make_copy(book=book)
    make_copy(book=book, not_for_loan=True)
    lend_by_override(hold, staff)
    assert (now(hold).state, now(hold).copy, now(hold).ready_at) == (HoldState.REQUESTED, elsewhere, None)


@clause("A requested copy lent to another by override: … else queued at position 1")
def _queued_first(staff):
    book = make_book()
    hold = make_hold(book=book, placed_at=MONDAY)
    later = queue(book, branch=hold.pickup_branch, placed_at=MONDAY + DAY)
    lend_by_override(hold, staff)
    assert (now(hold).state, now(hold).copy) == (HoldState.QUEUED, None)
    back = services.check_in(copy=hold.copy, by=staff)
    assert (back.hold, now(hold).state, now(later).state) == (hold, HoldState.READY, HoldState.QUEUED)


# --- Renewal


@clause("another's loan (404)")
def _anothers_loan(staff):
    loan = make_loan()
    with pytest.raises(NotFound):
        services.renew(loan=loan, by=make_patron().user, at=MONDAY)
    assert services.renew(loan=loan, by=loan.patron.user, at=MONDAY + DAY).renewals == 1


@clause("`loan_lost` `loan_claimed_returned` (impossible)")
def _lost_or_claimed(staff):
    for verb, code in [(services.declare_lost, "loan_lost"), (services.claim_returned, "loan_claimed_returned")]:
        loan = make_loan(due_at=MONDAY + DAY)
        verb(loan=loan, by=staff, at=MONDAY)
        assert refused(services.renew, loan=loan, by=staff, at=MONDAY, override=[code], comment=SEEN) == [code]


@clause("What is not called impossible is overridable by staff")
def _renewal_overridden(staff):
    rule(renewals_allowed=0)
    loan = make_loan(due_at=ends("2026-03-16"))
    assert refused(services.renew, loan=loan, by=staff, at=MONDAY) == ["renewal_limit_reached"]
    renewed = services.renew(loan=loan, by=staff, at=MONDAY, override=["renewal_limit_reached"], comment=SEEN)
    assert (renewed.due_at, renewed.renewals, renewed.renewed_at) == (ends("2026-03-30"), 1, MONDAY)
    assert (Override.objects.get().verb, Override.objects.get().loan) == ("renew", loan)


@clause("overridable by staff: not by the reader")
def _reader_overrides_nothing(staff):
    loan = make_loan()
    with pytest.raises(NotAllowed):
        services.renew(loan=loan, by=loan.patron.user, override=["renewal_limit_reached"], comment="please")


@clause("A hold on this very copy always blocks, override or not (`copy_held_for_another`)")
def _hold_on_this_copy(staff):
    loan = make_loan(due_at=MONDAY + DAY)
    Hold.objects.create(
        book=loan.copy.book,
        copy=loan.copy,
        patron=make_patron(),
        pickup_branch=loan.branch,
        state=HoldState.REQUESTED,
        placed_at=MONDAY,
    )
    for more in ({}, {"override": ["copy_held_for_another"], "comment": SEEN}):
        assert refused(services.renew, loan=loan, by=staff, at=MONDAY, **more) == ["copy_held_for_another"]


@clause("*Queued* holds on the book … block (`others_wait_for_book`)")
def _others_wait(staff):
    loan = make_loan(due_at=MONDAY + DAY)
    queue(loan.copy.book)
    values = {"loan": loan, "by": staff, "at": MONDAY}
    assert refused(services.renew, **values) == ["others_wait_for_book"]
    assert services.renew(override=["others_wait_for_book"], comment=SEEN, **values)


@clause("a hold that has its own copy (*requested*, *ready*, *in transit*) blocks no other copy")
def _own_copy_blocks_no_other(staff):
    book = make_book()
    for state in (HoldState.REQUESTED, HoldState.READY, HoldState.IN_TRANSIT):
        make_hold(book=book, state=state)
    loan = make_loan(copy=make_copy(book=book), due_at=ends("2026-03-16"))
    assert services.renew(loan=loan, by=staff, at=MONDAY).due_at == ends("2026-03-30")


@clause("Suspended and future holds do not count")
def _suspended(staff):
    loan = make_loan(due_at=ends("2026-03-16"))
    queue(loan.copy.book, state=HoldState.SUSPENDED)
    assert services.renew(loan=loan, by=staff, at=MONDAY).renewals == 1


@clause("New due date from the old due date or from today")
def _from_where(staff):
    loan = make_loan(due_at=ends("2026-03-09"))
    assert services.renew(loan=loan, by=staff, at=MONDAY).due_at == ends("2026-03-23")
    rule(renew_from="today")
    assert services.renew(loan=loan, by=staff, at=MONDAY + 10 * DAY).due_at == ends("2026-03-26")


@clause("`loan_period` + `loan_unit` (days | hours): a renewal takes the unit that holds now")
def _unit_at_renewal(staff):
    loan = make_loan(due_at=MONDAY + timedelta(hours=3), is_hourly=True)
    services.renew(loan=loan, by=staff, at=MONDAY)
    assert (now(loan).is_hourly, now(loan).due_at) == (False, ends("2026-03-16"))
    rule(loan_unit="hours", loan_period=4)
    lent = services.check_out(copy=make_copy(), patron=make_patron(), by=staff, at=MONDAY)
    assert (now(lent).is_hourly, now(lent).due_at) == (True, MONDAY + timedelta(hours=4))


@clause("an overdue loan always from today")
def _overdue_from_today(staff):
    loan = make_loan(checked_out_at=MONDAY - 30 * DAY, due_at=ends("2026-02-20"))
    assert services.renew(loan=loan, by=staff, at=MONDAY).due_at == ends("2026-03-16")


@clause("if the date would not move forward: nothing is charged")
def _would_not_move(staff):
    rule(renew_from="today")
    loan = make_loan(due_at=ends("2026-03-16"))
    assert refused(services.renew, loan=loan, by=staff, at=MONDAY) == ["due_date_would_not_move"]
    assert (now(loan).renewals, loan.renewal_history.count()) == (0, 0)


@clause("`due_date_would_not_move` (impossible): a due date by hand moves it, or not")
def _moved_by_hand(staff):
    rule(renew_from="today")
    loan = make_loan(due_at=ends("2026-03-16"))
    values = {"loan": loan, "by": staff, "at": MONDAY, "comment": SEEN}
    assert refused(services.renew, due_at=MONDAY + DAY, **values) == ["due_date_would_not_move"]
    assert services.renew(due_at=ends("2026-03-20"), **values).due_at == ends("2026-03-20")


@clause("Every reason is collected, as at check-out, in this order")
def _renewal_reasons_in_order(staff):
    rule(renewals_allowed=0, no_renewal_before=2)
    late = make_loan(checked_out_at=MONDAY - 30 * DAY, due_at=MONDAY - DAY)
    loan = make_loan(patron=late.patron, due_at=ends("2026-03-16"))
    put(late.patron, "patron_restricted")
    queue(loan.copy.book)
    assert refused(services.renew, loan=loan, by=staff, at=MONDAY) == [
        "renewal_limit_reached",
        "patron_restricted",
        "has_overdue_loans",
        "others_wait_for_book",
        "too_soon_to_renew",
    ]


@clause('"Renew all" renews what it can and reports the rest with reasons')
def _renew_all(staff):
    patron = make_patron()
    first, second, third = (make_loan(patron=patron, due_at=ends(f"2026-03-1{n}")) for n in (4, 5, 6))
    queue(second.copy.book)
    services.declare_lost(loan=third, by=staff, at=MONDAY)
    make_loan()
    result = services.renew_all(patron=patron, by=patron.user, at=MONDAY)
    assert result.renewed == [first]
    assert [(loan, [reason.code for reason in reasons]) for loan, reasons in result.refused] == [
        (second, ["others_wait_for_book"]),
        (third, ["loan_lost"]),
    ]
    assert (now(first).renewals, now(second).renewals) == (1, 0)


@clause('"Renew all": another\'s loans are not there (404)')
def _renew_all_of_another(staff):
    loan = make_loan()
    with pytest.raises(NotFound):
        services.renew_all(patron=loan.patron, by=make_patron().user)


# --- Check-in, where these rules and the design speak of it


@clause("At check-in the copy goes to: a hold already bound to it")
def _bound_first(staff):
    book = make_book()
    early = queue(book, placed_at=MONDAY - DAY)
    hold = make_hold(book=book)
    result = services.check_in(copy=hold.copy, by=staff)
    assert (result.hold, result.action, now(early).state) == (hold, "hold_shelf", HoldState.QUEUED)


@clause("At check-in the copy goes to: … else the first in the queue")
def _first_in_queue(staff):
    loan = make_loan()
    hold = queue(loan.copy.book, branch=loan.copy.branch)
    result = services.check_in(copy=loan.copy, by=staff)
    assert (result.hold, result.action, now(loan.copy).status) == (hold, "hold_shelf", "on_shelf_for_hold")


@clause("At check-in … the first in the queue whose type and branch fit: a reading-room copy serves nobody")
def _not_for_loan_serves_nobody(staff):
    loan = make_loan(copy=make_copy(not_for_loan=True))
    hold = queue(loan.copy.book)
    assert (services.check_in(copy=loan.copy, by=staff).action, now(hold).state) == ("shelve", HoldState.QUEUED)


@clause("*in transit* when it is to be fetched at another branch")
def _travels_to_its_reader(staff):
    loan, pickup = make_loan(), make_branch()
    hold = queue(loan.copy.book, branch=pickup)
    result = services.check_in(copy=loan.copy, branch=loan.copy.branch, by=staff, at=MONDAY)
    assert (result.action, result.branch, result.hold) == ("transit", pickup, hold)
    assert (now(hold).state, now(hold).ready_at, now(loan.copy).status) == ("in_transit", None, "in_transit")
    again = services.check_in(copy=loan.copy, branch=loan.copy.branch, by=staff)
    assert (again.nothing_changed, again.action) == (True, "transit")
    arrived = services.check_in(copy=loan.copy, branch=pickup, by=staff, at=MONDAY + DAY)
    assert (arrived.action, now(hold).state, now(hold).ready_at) == ("hold_shelf", "ready", MONDAY + DAY)
    assert now(loan.copy).status == "on_shelf_for_hold"


@clause("Check in … transit between branches: home")
def _travels_home(staff):
    loan, desk = make_loan(), make_branch()
    result = services.check_in(copy=loan.copy, branch=desk, by=staff)
    assert (result.action, result.branch, now(loan.copy).status) == ("transit", loan.copy.branch, "in_transit")
    again = services.check_in(copy=loan.copy, branch=desk, by=staff)
    assert (again.action, again.nothing_changed, again.loan) == ("transit", True, None)
    home = services.check_in(copy=loan.copy, branch=loan.copy.branch, by=staff)
    assert (home.action, home.nothing_changed, now(loan.copy).status) == ("shelve", False, "available")


@clause("Check in … book-drop dates")
def _book_drop(staff):
    loan = make_loan(checked_out_at=MONDAY, due_at=MONDAY + 5 * DAY)
    result = services.check_in(copy=loan.copy, by=staff, returned_at=MONDAY + 4 * DAY, at=MONDAY + 7 * DAY)
    assert result.loan == loan
    assert (now(loan).returned_at, now(loan).checked_in_at) == (MONDAY + 4 * DAY, MONDAY + 7 * DAY)


@clause("Check in … book-drop dates: neither before it was lent nor in the future")
def _book_drop_refused(staff):
    loan = make_loan(checked_out_at=MONDAY)
    for returned_at, code in [(MONDAY - DAY, "return_before_check_out"), (MONDAY + 2 * DAY, "return_in_future")]:
        with pytest.raises(InvalidInput) as refusal:
            services.check_in(copy=loan.copy, by=staff, returned_at=returned_at, at=MONDAY + DAY)
        assert (refusal.value.error_code, list(refusal.value.fields)) == (code, ["returned_at"])
    assert now(loan).returned_at is None


@clause("Damage that forbids lending is the copy status *damaged*")
def _damaged(staff):
    loan = make_loan()
    result = services.check_in(copy=loan.copy, by=staff, is_damaged=True)
    assert (result.action, now(loan.copy).status) == ("repair", "damaged")
    assert now(loan).returned_at is not None
    again = services.check_in(copy=loan.copy, by=staff, is_damaged=True)
    assert (again.action, again.nothing_changed) == ("repair", True)


@clause("Damage that forbids lending …: a withdrawn copy stays withdrawn")
def _damaged_and_withdrawn(staff):
    copy = make_copy(status=CopyStatus.WITHDRAWN)
    with pytest.raises(errors.NotOnLoan):
        services.check_in(copy=copy, by=staff, is_damaged=True)
    assert now(copy).status == "withdrawn"


@clause("Damage …: who waited for this copy waits for another")
def _damaged_on_the_hold_shelf(staff):
    book = make_book()
    hold, other = make_hold(book=book, state=HoldState.READY), make_copy(book=book)
    services.check_in(copy=hold.copy, by=staff, is_damaged=True)
    assert (now(hold).state, now(hold).copy, now(hold.copy).status) == ("requested", other, "damaged")


@clause("Lost: … found: the loan is closed")
def _lost_and_found(staff):
    loan = make_loan()
    services.declare_lost(loan=loan, by=staff)
    assert (now(loan.copy).status, now(loan).returned_at) == ("lost", None)
    result = services.check_in(copy=loan.copy, by=staff)
    assert ([alert.code for alert in result.alerts], result.loan, result.action) == (["copy_was_lost"], loan, "shelve")
    assert (now(loan.copy).status, now(loan).returned_at is None) == ("available", False)


@clause("A requested copy that turns up at the desk goes to its reader")
def _turns_up(staff):
    hold = make_hold()
    loan = services.check_out(copy=hold.copy, patron=hold.patron, by=staff)
    assert (loan.patron, now(hold).state) == (hold.patron, HoldState.FULFILLED)


@clause("a repeated scan changes nothing and says so")
def _repeated_scan(staff):
    copy, patron = make_copy(), make_patron()
    services.check_out(copy=copy, patron=patron, by=staff)
    before = list(Activity.objects.values_list("pk", flat=True))
    assert refused(services.check_out, copy=copy, patron=patron, by=staff) == ["already_lent_to_patron"]
    services.check_in(copy=copy, by=staff)
    rows = Activity.objects.exclude(pk__in=before).count()
    again = services.check_in(copy=copy, by=staff)
    assert (again.nothing_changed, [alert.code for alert in again.alerts]) == (True, ["not_on_loan"])
    assert Activity.objects.exclude(pk__in=before).count() == rows
    loan = Loan.objects.get()
    services_again = [services.claim_returned, services.withdraw_claim, services.declare_lost, services.renew]
    assert [refused(verb, loan=loan, by=staff) for verb in services_again] == [["already_returned"]] * 4


@pytest.mark.parametrize("shows", SCENARIOS)
def test_clause(shows, staff):
    shows(staff)


def test_settings_of_the_library_decide_about_overdue_loans(staff):
    LendingSettings.objects.update_or_create(pk=1, defaults={"overdue_policy": "confirm"})
    late = make_loan(checked_out_at=MONDAY - 30 * DAY, due_at=MONDAY - DAY)
    loan = services.check_out(copy=make_copy(), patron=late.patron, by=staff, at=MONDAY)
    assert [alert.code for alert in loan.alerts] == ["has_overdue_loans"]
