"""The rules of check-out and renewal, clause by clause: literals in, reasons and dates out. No database.

The id of each row begins with the clause that it shows, in the words of the library's circulation rules; what comes
after the dash is the case. Due dates have a table of their own in test_due_scenarios.py.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from circulation import rules
from circulation.rules import (
    BlockState,
    CheckOutState,
    CopyState,
    LibrarySettings,
    LoanState,
    OpenLoan,
    PatronState,
    RenewalState,
)
from circulation.rules.matrix import RuleRow, resolve
from circulation.rules.opening_hours import Calendar, Hours, SpecialDays
from circulation.tests.blocks import CARD_LOST, DEBT, RESTRICTED, UNCONFIRMED, restricted
from circulation.tests.calendars import clock
from library.core.errors import Level

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CENTRAL, NORTH = 1, 2
STUDENT, TEACHER = 10, 20
DVD, MAP = 100, 200
SHIPPED = RuleRow(id=1, label="everyone", loan_period=14, max_loans=3, renewals_allowed=2)
I, O, A = Level.IMPOSSIBLE, Level.OVERRIDABLE, Level.ALERT  # noqa: E741 (a column of the tables)


def at(text):
    return clock(text, ZoneInfo("UTC"))


def loan(barcode="D-1", **values):
    """An open loan of the patron, of another book."""
    return OpenLoan(
        **{
            "id": barcode,
            "barcode": barcode,
            "branch": CENTRAL,
            "item_type": None,
            "book": 50,
            "due_at": at("2026-03-20 23:59"),
        }
        | values
    )


def loans(count, **values):
    return [loan(f"D-{values.get('branch', CENTRAL)}-{values.get('item_type')}-{n}", **values) for n in range(count)]


def week(*open_weekdays):
    return {weekday: (Hours(time(9), time(18)),) for weekday in open_weekdays}


# --- Rule values: each row gives the rows, a branch, a tier, an item type, and what is found there.

VALUES = [
    (
        "A rule row is (branch or any) × (tier or any) × (item type or any) - all three fit",
        [RuleRow(branch=CENTRAL, tier=STUDENT, item_type=DVD, loan_period=1)],
        (CENTRAL, STUDENT, DVD),
        {"loan_period": 1},
    ),
    (
        "A rule row is (branch or any) - another branch",
        [RuleRow(branch=NORTH, loan_period=1), SHIPPED],
        (CENTRAL, STUDENT, DVD),
        {"loan_period": 14},
    ),
    (
        "A rule row is … × (tier or any) - another tier",
        [RuleRow(tier=TEACHER, loan_period=1), SHIPPED],
        (CENTRAL, STUDENT, DVD),
        {"loan_period": 14},
    ),
    (
        "A rule row is … × (item type or any) - another item type",
        [RuleRow(item_type=MAP, loan_period=1), SHIPPED],
        (CENTRAL, STUDENT, DVD),
        {"loan_period": 14},
    ),
    (
        "A rule row is … × (item type or any) - an ordinary book has no row of a type",
        [RuleRow(item_type=DVD, loan_period=1), SHIPPED],
        (CENTRAL, STUDENT, None),
        {"loan_period": 14},
    ),
    (
        "Each parameter is looked up on its own - three parameters from three rows",
        [RuleRow(branch=CENTRAL, loan_period=7), RuleRow(tier=STUDENT, max_loans=9), SHIPPED],
        (CENTRAL, STUDENT, None),
        {"loan_period": 7, "max_loans": 9, "renewals_allowed": 2},
    ),
    (
        "the most specific row that sets it wins - all three before two",
        [
            RuleRow(branch=CENTRAL, tier=STUDENT, loan_period=2),
            RuleRow(branch=CENTRAL, tier=STUDENT, item_type=DVD, loan_period=1),
        ],
        (CENTRAL, STUDENT, DVD),
        {"loan_period": 1},
    ),
    (
        "branch before tier",
        [RuleRow(tier=STUDENT, loan_period=2), RuleRow(branch=CENTRAL, loan_period=1)],
        (CENTRAL, STUDENT, None),
        {"loan_period": 1},
    ),
    (
        "branch before tier before item type - the branch alone before tier and item type together",
        [RuleRow(tier=STUDENT, item_type=DVD, loan_period=2), RuleRow(branch=CENTRAL, loan_period=1)],
        (CENTRAL, STUDENT, DVD),
        {"loan_period": 1},
    ),
    (
        "tier before item type",
        [RuleRow(item_type=DVD, loan_period=2), RuleRow(tier=STUDENT, loan_period=1)],
        (CENTRAL, STUDENT, DVD),
        {"loan_period": 1},
    ),
    (
        "branch before tier before item type - branch and tier before branch and item type",
        [RuleRow(branch=CENTRAL, item_type=DVD, loan_period=2), RuleRow(branch=CENTRAL, tier=STUDENT, loan_period=1)],
        (CENTRAL, STUDENT, DVD),
        {"loan_period": 1},
    ),
    (
        "unset falls through - past the most specific row",
        [RuleRow(branch=CENTRAL, tier=STUDENT, item_type=DVD, max_loans=1), SHIPPED],
        (CENTRAL, STUDENT, DVD),
        {"loan_period": 14, "max_loans": 1},
    ),
    (
        "A parameter in a row is *unset* (look further), *unlimited* (limits only), or a number - unlimited is a value",
        [RuleRow(tier=STUDENT, max_loans=-1, renewals_allowed=-1), SHIPPED],
        (CENTRAL, STUDENT, None),
        {"max_loans": -1, "renewals_allowed": -1},
    ),
    (
        "0 means none - it is a value, not unset",
        [RuleRow(tier=STUDENT, max_loans=0, renewals_allowed=0), SHIPPED],
        (CENTRAL, STUDENT, None),
        {"max_loans": 0, "renewals_allowed": 0},
    ),
    (
        "The shipped row for everyone: 14 days, 3 loans, 2 renewals",
        [SHIPPED],
        (NORTH, TEACHER, MAP),
        {"loan_period": 14, "loan_unit": "days", "max_loans": 3, "renewals_allowed": 2},
    ),
    (
        "`loan_period` + `loan_unit` (days | hours) - the unit is looked up on its own, too",
        [
            RuleRow(item_type=DVD, loan_unit="hours", loan_period=48),
            RuleRow(branch=CENTRAL, item_type=DVD, loan_period=4),
        ],
        (CENTRAL, STUDENT, DVD),
        {"loan_period": 4, "loan_unit": "hours"},
    ),
    (
        "`auto_renew` - no is a value, not unset",
        [RuleRow(item_type=DVD, auto_renew=False), RuleRow(auto_renew=True)],
        (CENTRAL, STUDENT, DVD),
        {"auto_renew": False},
    ),
    (
        "no row at all - nothing is renewed, and nothing is lent to oneself",
        [],
        (CENTRAL, STUDENT, None),
        {
            "loan_period": None,
            "loan_unit": "days",
            "due_mode": "next_open",
            "hard_due_date": None,
            "hard_due_mode": "before",
            "due_by_term_end": False,
            "max_loans": None,
            "renewals_allowed": 0,
            "renewal_period": None,
            "no_renewal_before": None,
            "auto_renew": False,
            "no_auto_renewal_after": None,
            "renew_from": "due_date",
            "hourly_at_closing": None,
            "self_check_out": False,
            "holds_allowed": None,
            "holds_per_book": 1,
            "holds_per_day": None,
            "hold_pickup_days": 7,
            "on_shelf_holds": "always",
            "copy_level_holds": "allow",
        },
    ),
]


@pytest.mark.parametrize(("rows", "where", "found"), [row[1:] for row in VALUES], ids=[row[0] for row in VALUES])
def test_rule_values(rows, where, found):
    branch, tier, item_type = where
    values = resolve(rows, branch=branch, tier=tier, item_type=item_type)
    assert {parameter: values[parameter].value for parameter in found} == found
    assert resolve(reversed(rows), branch=branch, tier=tier, item_type=item_type) == values


# --- Check-out: each row gives what is different from a free copy at Central and a student without loans, on
# Monday 2 March 2026 at 10, and every reason with its level.

COPY = CopyState(barcode="C-1", branch=CENTRAL, book=7)
PATRON = PatronState(card="L-1", tier=STUDENT)


def check_out(*, copy=None, patron=None, **values):
    state = CheckOutState(barcode="C-1", card="L-1", copy=COPY, patron=PATRON, rules=[SHIPPED])
    return replace(state, copy=replace(COPY, **(copy or {})), patron=replace(PATRON, **(patron or {})), **values)


ALL_REASONS = check_out(
    copy={
        "status": "damaged",
        "not_for_loan": True,
        "lent_to": "L-2",
        "hold_for": "L-3",
        "hold_state": "requested",
        "minimum_age": 16,
    },
    patron={
        "expires_on": date(2026, 3, 1),
        "blocks": [BlockState(DEBT), UNCONFIRMED, RESTRICTED, CARD_LOST],
        "tier_max_loans": 1,
        "birth_date": date(2015, 1, 1),
        "is_active": False,
        "loans": [loan("D-1", due_at=at("2026-03-01 23:59")), loan("C-2", book=7)],
    },
    rules=[RuleRow(max_loans=2)],
)

CHECK_OUTS = [
    ("A free copy, and nothing against it", check_out(), []),
    (
        "All reasons are collected, in this order",
        ALL_REASONS,
        [
            ("patron_inactive", I),
            ("card_lost", I),
            ("card_expired", O),
            ("patron_restricted", O),
            ("address_unconfirmed", O),
            ("debt", O),
            ("copy_not_for_loan", O),
            ("copy_damaged", O),
            ("already_lent_to_another", O),
            ("copy_requested_by_another", O),
            ("no_rule_defined", I),
            ("loan_limit_reached", O),
            ("total_loan_limit_reached", O),
            ("has_overdue_loans", O),
            ("too_young", O),
            ("same_book_already_lent", O),
        ],
    ),
    (
        "unknown barcode … (each stops all else)",
        replace(check_out(patron={"blocks": [CARD_LOST]}), copy=None),
        [("copy_unknown", I)],
    ),
    (
        "unknown card (each stops all else)",
        replace(check_out(copy={"status": "withdrawn"}), patron=None),
        [("patron_unknown", I)],
    ),
    (
        "unknown barcode, unknown card",
        replace(check_out(), copy=None, patron=None),
        [("copy_unknown", I), ("patron_unknown", I)],
    ),
    ("account closed", check_out(patron={"is_active": False}), [("patron_inactive", I)]),
    ("card reported lost (mend the card first)", check_out(patron={"blocks": [CARD_LOST]}), [("card_lost", I)]),
    (
        "card expired - yesterday was its last day",
        check_out(patron={"expires_on": date(2026, 3, 1)}),
        [("card_expired", O)],
    ),
    ("card expired - not on its last day", check_out(patron={"expires_on": date(2026, 3, 2)}), []),
    (
        "restricted until a date - a later one",
        check_out(patron={"blocks": [restricted(date(2026, 3, 9))]}),
        [("patron_restricted_until", O)],
    ),
    (
        "restricted until a date - on that day still",
        check_out(patron={"blocks": [restricted(date(2026, 3, 2))]}),
        [("patron_restricted_until", O)],
    ),
    (
        "restricted until a date - it is over",
        check_out(patron={"blocks": [restricted(date(2026, 3, 1))]}),
        [],
    ),
    ("restricted without end", check_out(patron={"blocks": [RESTRICTED]}), [("patron_restricted", O)]),
    ("address unconfirmed", check_out(patron={"blocks": [UNCONFIRMED]}), [("address_unconfirmed", O)]),
    ("a block of another part", check_out(patron={"blocks": [BlockState(DEBT)]}), [(DEBT, O)]),
    (
        "a block as heavy as who placed it says",
        check_out(patron={"blocks": [BlockState(DEBT, Level.IMPOSSIBLE), BlockState("loud", Level.ALERT)]}),
        [(DEBT, I), ("loud", A)],
    ),
    ("a block that is over", check_out(patron={"blocks": [BlockState(DEBT, until=date(2026, 3, 1))]}), []),
    (
        "one code of two parts is said twice",
        check_out(patron={"blocks": [BlockState(DEBT, note="Five books"), BlockState(DEBT, note="A chair")]}),
        [(DEBT, O), (DEBT, O)],
    ),
    ("copy withdrawn", check_out(copy={"status": "withdrawn"}), [("copy_withdrawn", I)]),
    ("not for loan", check_out(copy={"not_for_loan": True}), [("copy_not_for_loan", O)]),
    ("in repair", check_out(copy={"status": "in_repair"}), [("copy_in_repair", O)]),
    ("in repair or damaged", check_out(copy={"status": "damaged"}), [("copy_damaged", O)]),
    ("copy marked lost … that turns up", check_out(copy={"status": "lost"}), [("copy_was_lost", A)]),
    ("copy marked lost or missing that turns up", check_out(copy={"status": "missing"}), [("copy_was_missing", A)]),
    (
        "lent to this patron (renewing is its own verb)",
        check_out(copy={"status": "on_loan", "lent_to": "L-1"}, patron={"loans": [loan("C-1", book=7)]}),
        [("already_lent_to_patron", I)],
    ),
    ("lent to another", check_out(copy={"status": "on_loan", "lent_to": "L-2"}), [("already_lent_to_another", O)]),
    (
        "on the hold shelf … for another",
        check_out(copy={"status": "on_shelf_for_hold", "hold_for": "L-2", "hold_state": "ready"}),
        [("copy_held_for_another", O)],
    ),
    (
        "on the hold shelf - for this patron",
        check_out(copy={"status": "on_shelf_for_hold", "hold_for": "L-1", "hold_state": "ready"}),
        [],
    ),
    (
        "in transit for another",
        check_out(copy={"status": "in_transit", "hold_for": "L-2", "hold_state": "in_transit"}),
        [("copy_held_for_another", O)],
    ),
    (
        "in transit - for this patron",
        check_out(copy={"status": "in_transit", "hold_for": "L-1", "hold_state": "in_transit"}),
        [],
    ),
    (
        "requested by another",
        check_out(copy={"status": "requested", "hold_for": "L-2", "hold_state": "requested"}),
        [("copy_requested_by_another", O)],
    ),
    (
        "requested by another - by this patron",
        check_out(copy={"status": "requested", "hold_for": "L-1", "hold_state": "requested"}),
        [],
    ),
    ("in transit for nobody", check_out(copy={"status": "in_transit"}), [("copy_in_transit", A)]),
    ("no rule gives a loan period - no row", check_out(rules=[]), [("no_rule_defined", I)]),
    ("no rule gives a loan period - no row sets it", check_out(rules=[RuleRow(max_loans=3)]), [("no_rule_defined", I)]),
    ("no rule gives a loan period - 0 means none", check_out(rules=[RuleRow(loan_period=0)]), [("no_rule_defined", I)]),
    (
        "absence is not permission - the only row is another tier's",
        check_out(rules=[RuleRow(tier=TEACHER, loan_period=14)]),
        [("no_rule_defined", I)],
    ),
    (
        "The branch is the copy's home branch - its row, not that of the desk",
        check_out(
            rules=[RuleRow(branch=NORTH, loan_period=14)], copy={"branch": NORTH}, calendar=Calendar(branch="Central")
        ),
        [],
    ),
    ("limit of the rule - one below", check_out(patron={"loans": loans(2)}), []),
    ("limit of the rule - reached", check_out(patron={"loans": loans(3)}), [("loan_limit_reached", O)]),
    ("limit of the rule - passed, say by override", check_out(patron={"loans": loans(4)}), [("loan_limit_reached", O)]),
    (
        "limit of the rule - 0 means none",
        check_out(rules=[RuleRow(loan_period=14, max_loans=0)]),
        [("loan_limit_reached", O)],
    ),
    (
        "limit of the rule - unlimited",
        check_out(rules=[RuleRow(loan_period=14, max_loans=-1)], patron={"loans": loans(99)}),
        [],
    ),
    ("limit of the rule - set nowhere", check_out(rules=[RuleRow(loan_period=14)], patron={"loans": loans(99)}), []),
    (
        "limit of the rule - a branch's counts its own copies",
        check_out(rules=[SHIPPED, RuleRow(branch=CENTRAL, max_loans=2)], patron={"loans": loans(2, branch=NORTH)}),
        [],
    ),
    (
        "limit of the rule - a branch's is reached by its own copies",
        check_out(
            rules=[SHIPPED, RuleRow(branch=CENTRAL, max_loans=2)], patron={"loans": loans(2) + loans(3, branch=NORTH)}
        ),
        [("loan_limit_reached", O)],
    ),
    (
        "limit of the rule - a type's counts its own type",
        check_out(
            rules=[SHIPPED, RuleRow(item_type=DVD, max_loans=2)],
            copy={"item_type": DVD},
            patron={"loans": loans(5) + loans(1, item_type=DVD)},
        ),
        [],
    ),
    (
        "limit of the rule - a type's is reached by its own type",
        check_out(
            rules=[SHIPPED, RuleRow(item_type=DVD, max_loans=2)],
            copy={"item_type": DVD},
            patron={"loans": loans(2, item_type=DVD)},
        ),
        [("loan_limit_reached", O)],
    ),
    (
        "limit of the rule - a type's counts that type in every branch",
        check_out(
            rules=[SHIPPED, RuleRow(item_type=DVD, max_loans=2)],
            copy={"item_type": DVD},
            patron={"loans": loans(1, item_type=DVD) + loans(1, item_type=DVD, branch=NORTH)},
        ),
        [("loan_limit_reached", O)],
    ),
    (
        "limit of the rule - a branch's for a type counts neither other branches nor other types",
        check_out(
            rules=[SHIPPED, RuleRow(branch=CENTRAL, item_type=DVD, max_loans=2)],
            copy={"item_type": DVD},
            patron={"loans": loans(1, item_type=DVD) + loans(2, item_type=DVD, branch=NORTH) + loans(2)},
        ),
        [],
    ),
    (
        "an all-types rule does not count types that have a rule of their own",
        check_out(
            rules=[SHIPPED, RuleRow(item_type=DVD, max_loans=9)], patron={"loans": loans(2) + loans(5, item_type=DVD)}
        ),
        [],
    ),
    (
        "an all-types rule does not count types that have a rule of their own - it counts the others",
        check_out(
            rules=[SHIPPED, RuleRow(item_type=DVD, max_loans=9)], patron={"loans": loans(2) + loans(1, item_type=MAP)}
        ),
        [("loan_limit_reached", O)],
    ),
    (
        "an all-types rule does not count types … - a row that only sets another parameter is no limit of their own",
        check_out(
            rules=[SHIPPED, RuleRow(item_type=DVD, loan_period=7)], patron={"loans": loans(2) + loans(1, item_type=DVD)}
        ),
        [("loan_limit_reached", O)],
    ),
    (
        "an all-types rule does not count types … - a rule of another tier is not their own",
        check_out(
            rules=[SHIPPED, RuleRow(item_type=DVD, tier=TEACHER, max_loans=9)],
            patron={"loans": loans(2) + loans(1, item_type=DVD)},
        ),
        [("loan_limit_reached", O)],
    ),
    ("the tier's total - one below", check_out(patron={"loans": loans(1), "tier_max_loans": 2}), []),
    (
        "the tier's total - reached, over all branches and types",
        check_out(
            rules=[RuleRow(loan_period=14)],
            patron={"loans": loans(1, branch=NORTH) + loans(1, item_type=DVD), "tier_max_loans": 2},
        ),
        [("total_loan_limit_reached", O)],
    ),
    ("the tier's total - unlimited", check_out(patron={"loans": loans(2), "tier_max_loans": -1}), []),
    (
        "Totals of loans … belong to the tier alone - 0 means none",
        check_out(patron={"tier_max_loans": 0}),
        [("total_loan_limit_reached", O)],
    ),
    (
        "limit of the rule … · the tier's total - both",
        check_out(patron={"loans": loans(3), "tier_max_loans": 3}),
        [("loan_limit_reached", O), ("total_loan_limit_reached", O)],
    ),
    (
        "A loan marked *claimed returned* does not count towards limits",
        check_out(patron={"loans": [*loans(2), loan("D-9", is_claimed=True)], "tier_max_loans": 3}),
        [],
    ),
    (
        "A loan marked *claimed returned* does not count towards limits"
        " - nor is it held against the patron when overdue",
        check_out(patron={"loans": [loan(due_at=at("2026-02-01 23:59"), is_claimed=True)]}),
        [],
    ),
    (
        "A loan marked *claimed returned* does not count towards limits - nor as another copy of the same book",
        check_out(patron={"loans": [loan(book=7, is_claimed=True)]}),
        [],
    ),
    (
        "overdue loans (`overdue_policy`: block → overridable",
        check_out(patron={"loans": [loan(due_at=at("2026-03-01 23:59"))]}),
        [("has_overdue_loans", O)],
    ),
    (
        "overdue loans (`overdue_policy`: … confirm → alert",
        check_out(
            patron={"loans": [loan(due_at=at("2026-03-01 23:59"))]}, library=LibrarySettings(overdue_policy="confirm")
        ),
        [("has_overdue_loans", A)],
    ),
    (
        "overdue loans (`overdue_policy`: … ignore → nothing)",
        check_out(
            patron={"loans": [loan(due_at=at("2026-03-01 23:59"))]}, library=LibrarySettings(overdue_policy="ignore")
        ),
        [],
    ),
    ("overdue loans - due this minute is not overdue", check_out(patron={"loans": [loan(due_at=MONDAY)]}), []),
    (
        "overdue loans - due today is not overdue",
        check_out(patron={"loans": [loan(due_at=at("2026-03-02 23:59"))]}),
        [],
    ),
    (
        "age below the book's mark - the day before the birthday",
        check_out(copy={"minimum_age": 16}, patron={"birth_date": date(2010, 3, 3)}),
        [("too_young", O)],
    ),
    (
        "age below the book's mark - on the birthday",
        check_out(copy={"minimum_age": 16}, patron={"birth_date": date(2010, 3, 2)}),
        [],
    ),
    ("age below the book's mark - an unknown age is no reason", check_out(copy={"minimum_age": 16}), []),
    ("age below the book's mark - a book without a mark", check_out(patron={"birth_date": date(2024, 3, 2)}), []),
    (
        "another copy of the same book already out (`one_copy_per_book`)",
        check_out(patron={"loans": [loan(book=7)]}),
        [("same_book_already_lent", O)],
    ),
    (
        "another copy of the same book already out (`one_copy_per_book`) - where the library does not mind",
        check_out(patron={"loans": [loan(book=7)]}, library=LibrarySettings(one_copy_per_book=False)),
        [],
    ),
    (
        "`self_check_out` - where a rule allows it",
        check_out(is_self=True, rules=[SHIPPED, RuleRow(item_type=DVD, self_check_out=True)], copy={"item_type": DVD}),
        [],
    ),
    ("`self_check_out` - where no rule allows it", check_out(is_self=True), [("self_check_out_not_allowed", I)]),
    ("`self_check_out` - the desk does not ask for it", check_out(), []),
    (
        "Patrons at self check-out get no overrides - the reasons stay what they are",
        check_out(is_self=True, rules=[RuleRow(loan_period=14, self_check_out=True)], copy={"not_for_loan": True}),
        [("copy_not_for_loan", O)],
    ),
    (
        "Patrons at self check-out … confirm no alerts that staff should see - a lost copy",
        check_out(is_self=True, rules=[RuleRow(loan_period=14, self_check_out=True)], copy={"status": "lost"}),
        [("ask_at_the_desk", I)],
    ),
    (
        "Patrons at self check-out … confirm no alerts that staff should see - a missing copy",
        check_out(is_self=True, rules=[RuleRow(loan_period=14, self_check_out=True)], copy={"status": "missing"}),
        [("ask_at_the_desk", I)],
    ),
    (
        "Patrons at self check-out … confirm no alerts that staff should see - a copy in transit",
        check_out(is_self=True, rules=[RuleRow(loan_period=14, self_check_out=True)], copy={"status": "in_transit"}),
        [("ask_at_the_desk", I)],
    ),
    (
        "Patrons at self check-out … confirm no alerts that staff should see"
        " - overdue loans to be confirmed; said once",
        check_out(
            is_self=True,
            rules=[RuleRow(loan_period=14, self_check_out=True)],
            copy={"status": "lost"},
            patron={"loans": [loan(due_at=at("2026-03-01 23:59"))]},
            library=LibrarySettings(overdue_policy="confirm"),
        ),
        [("ask_at_the_desk", I)],
    ),
    (
        "a library that never opens gets a clear error - as one reason among others",
        check_out(calendar=Calendar(branch="Central", weekly={}), copy={"not_for_loan": True}),
        [("copy_not_for_loan", O), ("library_never_opens", I)],
    ),
]


@pytest.mark.parametrize(("state", "expected"), [row[1:] for row in CHECK_OUTS], ids=[row[0] for row in CHECK_OUTS])
def test_check_out(state, expected):
    decision = rules.decide_check_out(state, at=MONDAY)
    assert [(reason.code, reason.level) for reason in decision.reasons] == expected
    assert decision.is_allowed == all(level == A for _, level in expected)
    assert all(reason.detail.endswith(".") and "{" not in reason.detail for reason in decision.reasons)


# --- What a check-out gives: when the loan is due.

DUES = [
    ("The shipped row for everyone: 14 days", check_out(), "2026-03-16 23:59"),
    (
        "`loan_period` + `loan_unit` (days | hours) - hours",
        check_out(rules=[RuleRow(loan_period=4, loan_unit="hours")]),
        "2026-03-02 14:00",
    ),
    (
        "the calendar that moves due dates is that of the branch where the loan is made",
        check_out(calendar=Calendar(branch="North", weekly=week(1))),
        "2026-03-17 23:59",
    ),
    (
        "`due_mode`",
        check_out(calendar=Calendar(weekly=week(1)), rules=[SHIPPED, RuleRow(tier=STUDENT, due_mode="ignore")]),
        "2026-03-16 23:59",
    ),
    (
        "`hard_due_date` + `hard_due_mode` (before | exactly | after)",
        check_out(
            rules=[
                RuleRow(loan_period=14, hard_due_date=date(2026, 6, 30)),
                RuleRow(tier=STUDENT, hard_due_mode="exactly"),
            ]
        ),
        "2026-06-30 23:59",
    ),
    (
        "`hourly_at_closing` (cut | extend)",
        check_out(
            rules=[RuleRow(loan_period=10, loan_unit="hours", hourly_at_closing="cut")],
            calendar=Calendar(weekly=week(0, 1)),
        ),
        "2026-03-02 18:00",
    ),
    (
        "`hourly_at_closing` (cut | extend) - extend",
        check_out(
            rules=[RuleRow(loan_period=10, loan_unit="hours", hourly_at_closing="extend")],
            calendar=Calendar(weekly=week(0, 1)),
        ),
        "2026-03-03 09:00",
    ),
    ("card expiry as a cap", check_out(patron={"expires_on": date(2026, 3, 6)}), "2026-03-06 23:59"),
    (
        "Popular titles (*queued* holds by others ≥ threshold) get the shorter period - at the threshold",
        check_out(copy={"queued_on_book": 3}, library=LibrarySettings(high_demand_holds=3, high_demand_days=7)),
        "2026-03-09 23:59",
    ),
    (
        "Popular titles (*queued* holds by others ≥ threshold) - one below",
        check_out(copy={"queued_on_book": 2}, library=LibrarySettings(high_demand_holds=3, high_demand_days=7)),
        "2026-03-16 23:59",
    ),
    (
        "it never lengthens one",
        check_out(copy={"queued_on_book": 3}, library=LibrarySettings(high_demand_holds=3, high_demand_days=28)),
        "2026-03-16 23:59",
    ),
    (
        "A refusal tells the date, too: an override needs none by hand",
        check_out(copy={"not_for_loan": True}),
        "2026-03-16 23:59",
    ),
]


@pytest.mark.parametrize(("state", "due"), [row[1:] for row in DUES], ids=[row[0] for row in DUES])
def test_check_out_is_due(state, due):
    assert rules.decide_check_out(state, at=MONDAY).due_at == at(due)


# --- Renewal: each row gives what is different from a loan of Monday 2 March, due on Monday 16 March, and when it is
# renewed; then every reason with its level, or the new due date.

LOAN = LoanState(id="l-1", checked_out_at=MONDAY, due_at=at("2026-03-16 23:59"))


def renewal(*, loan=None, copy=None, patron=None, rows=(SHIPPED,), **values):
    lent = {"status": "on_loan", "lent_to": "L-1"}
    return RenewalState(
        loan=replace(LOAN, **(loan or {})),
        copy=replace(COPY, **lent | (copy or {})),
        patron=replace(PATRON, **(patron or {})),
        rules=rows,
        **values,
    )


ON_TIME = "2026-03-10 10:00"
LATE = "2026-03-20 10:00"
EVERYTHING = renewal(
    loan={"is_lost": True, "is_claimed": True, "renewals": 2},
    copy={"hold_for": "L-2", "hold_state": "ready", "queued_for_copy": 2, "minimum_age": 16, "not_for_loan": True},
    patron={
        "is_active": False,
        "expires_on": date(2026, 3, 1),
        "blocks": [BlockState(DEBT, Level.ALERT), UNCONFIRMED, restricted(date(2026, 4, 1)), CARD_LOST],
        "wants_auto_renewal": False,
        "birth_date": date(2020, 1, 1),
        "tier_max_loans": 0,
        "loans": [loan(due_at=at("2026-03-01 23:59"))],
    },
    rows=[
        RuleRow(
            loan_period=14,
            renewals_allowed=2,
            renewal_period=0,
            no_renewal_before=3,
            no_auto_renewal_after=5,
            max_loans=0,
        )
    ],
)
EXTENDED = "2026-03-30 23:59"  # 14 days from the old due date

RENEWALS = [
    ("A loan that may be renewed", renewal(), ON_TIME, [], EXTENDED),
    (
        "Every reason is collected, as at check-out, in this order",
        EVERYTHING,
        ON_TIME,
        [
            ("loan_lost", I),
            ("loan_claimed_returned", I),
            ("renewal_limit_reached", O),
            ("patron_inactive", I),
            ("card_lost", I),
            ("card_expired", O),
            ("patron_restricted_until", O),
            ("address_unconfirmed", O),
            ("debt", A),
            ("has_overdue_loans", O),
            ("copy_held_for_another", I),
            ("others_wait_for_book", O),
            ("too_soon_to_renew", O),
            ("due_date_would_not_move", I),
        ],
        None,
    ),
    ("`loan_lost` … (impossible)", renewal(loan={"is_lost": True}), ON_TIME, [("loan_lost", I)], EXTENDED),
    (
        "`loan_claimed_returned` (impossible)",
        renewal(loan={"is_claimed": True}),
        ON_TIME,
        [("loan_claimed_returned", I)],
        EXTENDED,
    ),
    (
        "A loan that has ended stops all else",
        renewal(loan={"is_returned": True, "is_lost": True}),
        ON_TIME,
        [("already_returned", I)],
        None,
    ),
    ("`renewal_limit_reached` - one below", renewal(loan={"renewals": 1}), ON_TIME, [], EXTENDED),
    ("`renewal_limit_reached`", renewal(loan={"renewals": 2}), ON_TIME, [("renewal_limit_reached", O)], EXTENDED),
    (
        "`renewals_allowed` - unlimited",
        renewal(loan={"renewals": 99}, rows=[RuleRow(loan_period=14, renewals_allowed=-1)]),
        ON_TIME,
        [],
        EXTENDED,
    ),
    (
        "`renewals_allowed` - 0 means none",
        renewal(rows=[RuleRow(loan_period=14, renewals_allowed=0)]),
        ON_TIME,
        [("renewal_limit_reached", O)],
        EXTENDED,
    ),
    (
        "`renewals_allowed` - set nowhere: absence is not permission",
        renewal(rows=[RuleRow(loan_period=14)]),
        ON_TIME,
        [("renewal_limit_reached", O)],
        EXTENDED,
    ),
    (
        "the card's and patron's reasons - card lost",
        renewal(patron={"blocks": [CARD_LOST]}),
        ON_TIME,
        [("card_lost", I)],
        EXTENDED,
    ),
    (
        "the card's and patron's reasons - card expired",
        renewal(patron={"expires_on": date(2026, 3, 9)}),
        ON_TIME,
        [("card_expired", O)],
        EXTENDED,
    ),
    (
        "the card's and patron's reasons - restricted until a date",
        renewal(patron={"blocks": [restricted(date(2026, 3, 10))]}),
        ON_TIME,
        [("patron_restricted_until", O)],
        EXTENDED,
    ),
    (
        "the card's and patron's reasons - restricted without end",
        renewal(patron={"blocks": [RESTRICTED]}),
        ON_TIME,
        [("patron_restricted", O)],
        EXTENDED,
    ),
    (
        "the card's and patron's reasons - address unconfirmed",
        renewal(patron={"blocks": [UNCONFIRMED]}),
        ON_TIME,
        [("address_unconfirmed", O)],
        EXTENDED,
    ),
    (
        "`has_overdue_loans` - another loan",
        renewal(patron={"loans": [loan(due_at=at("2026-03-09 23:59"))]}),
        ON_TIME,
        [("has_overdue_loans", O)],
        EXTENDED,
    ),
    (
        "`has_overdue_loans` - this loan itself is to be renewed",
        renewal(patron={"loans": [loan("C-1", id="l-1", due_at=at("2026-03-16 23:59"))]}),
        LATE,
        [],
        "2026-04-03 23:59",
    ),
    (
        "`has_overdue_loans` - confirm → alert",
        renewal(
            patron={"loans": [loan(due_at=at("2026-03-09 23:59"))]}, library=LibrarySettings(overdue_policy="confirm")
        ),
        ON_TIME,
        [("has_overdue_loans", A)],
        EXTENDED,
    ),
    (
        "A hold on this very copy always blocks, override or not (`copy_held_for_another`) - ready",
        renewal(copy={"hold_for": "L-2", "hold_state": "ready"}),
        ON_TIME,
        [("copy_held_for_another", I)],
        EXTENDED,
    ),
    (
        "A hold on this very copy always blocks, override or not (`copy_held_for_another`) - requested",
        renewal(copy={"hold_for": "L-2", "hold_state": "requested"}),
        ON_TIME,
        [("copy_held_for_another", I)],
        EXTENDED,
    ),
    (
        "*Queued* holds on the book that this copy's type and branch could serve block (`others_wait_for_book`)",
        renewal(copy={"queued_on_book": 1, "queued_for_copy": 1}),
        ON_TIME,
        [("others_wait_for_book", O)],
        EXTENDED,
    ),
    (
        "*Queued* holds on the book that this copy's type and branch could serve - that it could not serve",
        renewal(copy={"queued_on_book": 1}),
        ON_TIME,
        [],
        EXTENDED,
    ),
    (
        "`no_renewal_before` (days) - `too_soon_to_renew` a day before it opens",
        renewal(rows=[SHIPPED, RuleRow(tier=STUDENT, no_renewal_before=5)]),
        "2026-03-10 10:00",
        [("too_soon_to_renew", O)],
        EXTENDED,
    ),
    (
        "`no_renewal_before` (days) - on the day on which it opens",
        renewal(rows=[SHIPPED, RuleRow(tier=STUDENT, no_renewal_before=5)]),
        "2026-03-11 00:00",
        [],
        EXTENDED,
    ),
    (
        "`no_renewal_before` (days) - 0: not the day before",
        renewal(rows=[SHIPPED, RuleRow(tier=STUDENT, no_renewal_before=0)]),
        "2026-03-15 23:59",
        [("too_soon_to_renew", O)],
        EXTENDED,
    ),
    (
        "`no_renewal_before` (days) - 0: on the day on which it is due",
        renewal(rows=[SHIPPED, RuleRow(tier=STUDENT, no_renewal_before=0)]),
        "2026-03-16 00:00",
        [],
        EXTENDED,
    ),
    ("`renewal_period` (blank: the loan period", renewal(), ON_TIME, [], EXTENDED),
    (
        "`renewal_period` - its own",
        renewal(rows=[SHIPPED, RuleRow(tier=STUDENT, renewal_period=7)]),
        ON_TIME,
        [],
        "2026-03-23 23:59",
    ),
    (
        "`renewal_period` (… 0 is a value) - `due_date_would_not_move` (impossible)",
        renewal(rows=[SHIPPED, RuleRow(tier=STUDENT, renewal_period=0)]),
        ON_TIME,
        [("due_date_would_not_move", I)],
        None,
    ),
    (
        "`renewal_period` (… 0 is a value) - overdue, it is due today",
        renewal(rows=[SHIPPED, RuleRow(tier=STUDENT, renewal_period=0)]),
        LATE,
        [],
        "2026-03-20 23:59",
    ),
    (
        "`renewal_period` - enough where no loan period is set",
        renewal(rows=[RuleRow(renewals_allowed=1, renewal_period=7)]),
        ON_TIME,
        [],
        "2026-03-23 23:59",
    ),
    (
        "If `loan_period` is found nowhere: refused `no_rule_defined` - at renewal, too",
        renewal(rows=[RuleRow(renewals_allowed=1)]),
        ON_TIME,
        [("no_rule_defined", I)],
        None,
    ),
    ("New due date from the old due date", renewal(), ON_TIME, [], EXTENDED),
    (
        "New due date from the old due date or from today",
        renewal(rows=[SHIPPED, RuleRow(tier=STUDENT, renew_from="today")]),
        ON_TIME,
        [],
        "2026-03-24 23:59",
    ),
    ("an overdue loan always from today - `renew_from` the due date", renewal(), LATE, [], "2026-04-03 23:59"),
    ("an overdue loan always from today - the minute after", renewal(), "2026-03-17 00:00", [], "2026-03-31 23:59"),
    ("an overdue loan always from today - due this minute is not overdue", renewal(), "2026-03-16 23:59", [], EXTENDED),
    (
        "if the date would not move forward: nothing is charged - today's period ends before the old date",
        renewal(rows=[SHIPPED, RuleRow(tier=STUDENT, renew_from="today", renewal_period=6)]),
        ON_TIME,
        [("due_date_would_not_move", I)],
        None,
    ),
    (
        "if the date would not move forward - a hard due date holds it",
        renewal(rows=[SHIPPED, RuleRow(tier=STUDENT, hard_due_date=date(2026, 3, 16))]),
        ON_TIME,
        [("due_date_would_not_move", I)],
        None,
    ),
    (
        "card expiry as a cap - the renewed date",
        renewal(patron={"expires_on": date(2026, 3, 20)}),
        ON_TIME,
        [],
        "2026-03-20 23:59",
    ),
    (
        "card expiry as a cap - the card ends with the loan: `due_date_would_not_move`",
        renewal(patron={"expires_on": date(2026, 3, 16)}),
        ON_TIME,
        [("due_date_would_not_move", I)],
        None,
    ),
    (
        "the calendar that moves due dates is that of the branch where the loan is made - at renewal, too",
        renewal(calendar=Calendar(exceptions=[SpecialDays("Inventory", date(2026, 3, 30), date(2026, 3, 31))])),
        ON_TIME,
        [],
        "2026-04-01 23:59",
    ),
    (
        "by the hour - from the old due moment",
        renewal(
            loan={"due_at": at("2026-03-02 14:00")},
            rows=[RuleRow(loan_period=4, loan_unit="hours", renewals_allowed=1)],
        ),
        "2026-03-02 13:00",
        [],
        "2026-03-02 18:00",
    ),
    (
        "by the hour - overdue: from now",
        renewal(
            loan={"due_at": at("2026-03-02 14:00")},
            rows=[RuleRow(loan_period=4, loan_unit="hours", renewals_allowed=1)],
        ),
        "2026-03-02 15:00",
        [],
        "2026-03-02 19:00",
    ),
    (
        "Limits of loans and the book's mark are of no matter to a renewal",
        renewal(
            patron={"loans": loans(9), "tier_max_loans": 1, "birth_date": date(2020, 1, 1)}, copy={"minimum_age": 16}
        ),
        ON_TIME,
        [],
        EXTENDED,
    ),
    (
        "a library that never opens gets a clear error - at renewal, too",
        renewal(calendar=Calendar(branch="Central", weekly={})),
        ON_TIME,
        [("library_never_opens", I)],
        None,
    ),
]


@pytest.mark.parametrize(
    ("state", "when", "expected", "due"), [row[1:] for row in RENEWALS], ids=[row[0] for row in RENEWALS]
)
def test_renewal(state, when, expected, due):
    decision = rules.decide_renewal(state, at=at(when))
    assert [(reason.code, reason.level) for reason in decision.reasons] == expected
    assert decision.due_at == (at(due) if due else None)
    assert all(reason.detail.endswith(".") and "{" not in reason.detail for reason in decision.reasons)


BY_ITSELF = RuleRow(loan_period=14, renewals_allowed=2, auto_renew=True)
DUE_DAY = "2026-03-16 06:00"

AUTOMATIC = [
    ("`auto_renew` - on the day on which it is due", renewal(rows=[BY_ITSELF]), DUE_DAY, []),
    (
        "`auto_renew` - the library renews by itself not before the due date, where no row says when",
        renewal(rows=[BY_ITSELF]),
        "2026-03-15 06:00",
        [("too_soon_to_renew", O)],
    ),
    (
        "`auto_renew` - `no_renewal_before` days before, where a row says so",
        renewal(rows=[BY_ITSELF, RuleRow(tier=STUDENT, no_renewal_before=2)]),
        "2026-03-14 06:00",
        [],
    ),
    ("`auto_renew` - what no rule renews by itself", renewal(), DUE_DAY, [("auto_renewal_not_set", I)]),
    (
        "for automatic renewal alone: `too_late_to_renew` - the last day before `no_auto_renewal_after`",
        renewal(rows=[BY_ITSELF, RuleRow(tier=STUDENT, no_auto_renewal_after=15)]),
        DUE_DAY,
        [],
    ),
    (
        "for automatic renewal alone: `too_late_to_renew` - `no_auto_renewal_after` days after lending",
        renewal(rows=[BY_ITSELF, RuleRow(tier=STUDENT, no_auto_renewal_after=14)]),
        DUE_DAY,
        [("too_late_to_renew", O)],
    ),
    (
        "for automatic renewal alone: … reader opted out",
        renewal(rows=[BY_ITSELF], patron={"wants_auto_renewal": False}),
        DUE_DAY,
        [("auto_renewal_declined", O)],
    ),
    (
        "→ for automatic renewal alone: … → **holds** → `too_soon_to_renew` - between the overdue loans and the holds",
        renewal(
            rows=[RuleRow(loan_period=14, no_auto_renewal_after=1, no_renewal_before=1)],
            copy={"queued_for_copy": 1},
            patron={"wants_auto_renewal": False, "loans": [loan(due_at=at("2026-03-09 23:59"))]},
        ),
        ON_TIME,
        [
            ("renewal_limit_reached", O),
            ("has_overdue_loans", O),
            ("auto_renewal_not_set", I),
            ("too_late_to_renew", O),
            ("auto_renewal_declined", O),
            ("others_wait_for_book", O),
            ("too_soon_to_renew", O),
        ],
    ),
]


@pytest.mark.parametrize(
    ("state", "when", "expected"), [row[1:] for row in AUTOMATIC], ids=[row[0] for row in AUTOMATIC]
)
def test_automatic_renewal(state, when, expected):
    decision = rules.decide_renewal(state, at=at(when), automatic=True)
    assert [(reason.code, reason.level) for reason in decision.reasons] == expected


@pytest.mark.parametrize(("state", "when", "expected"), [row[1:] for row in AUTOMATIC[4:7]])
def test_what_stands_against_automatic_renewal_alone_does_not_stand_against_the_reader(state, when, expected):
    assert rules.decide_renewal(state, at=at(when)).reasons == ()


# --- Levels: what each of them means.


def test_impossible_stays_and_overridable_yields_to_staff():
    """*Impossible* stays; *overridable* yields to staff with the permission and a comment; *alert* only informs."""
    decision = rules.decide_check_out(
        check_out(copy={"status": "missing", "not_for_loan": True}, patron={"blocks": [RESTRICTED, CARD_LOST]}),
        at=MONDAY,
    )
    everything = {reason.code for reason in decision.reasons}
    assert [reason.code for reason in decision.refusals_despite(())] == [
        "card_lost",
        "patron_restricted",
        "copy_not_for_loan",
    ]
    assert [reason.code for reason in decision.refusals_despite(everything)] == ["card_lost"]
    assert [reason.code for reason in decision.alerts] == ["copy_was_missing"]


def test_every_overridable_reason_must_be_set_aside():
    decision = rules.decide_check_out(
        check_out(copy={"not_for_loan": True}, patron={"blocks": [RESTRICTED]}), at=MONDAY
    )
    assert [reason.code for reason in decision.refusals_despite({"copy_not_for_loan"})] == ["patron_restricted"]
    decision.raise_if_refused({"copy_not_for_loan", "patron_restricted", "too_young"})


def test_what_staff_may_set_aside_is_told_apart():
    decision = rules.decide_check_out(
        check_out(copy={"status": "missing", "not_for_loan": True}, patron={"blocks": [CARD_LOST]}), at=MONDAY
    )
    assert [reason.code for reason in decision.overridable] == ["copy_not_for_loan"]


@pytest.mark.parametrize(
    ("note", "told"), [("Torn pages", " Torn pages."), ("Ask!", " Ask!"), ("Debts.", " Debts."), ("", "")]
)
def test_restriction_tells_its_note_as_a_sentence(note, told):
    state = check_out(patron={"blocks": [restricted(note=note)]})
    (reason,) = rules.decide_check_out(state, at=MONDAY).reasons
    assert reason.detail == f"This reader may not borrow.{told}"


def test_too_soon_to_renew_names_the_soonest_date():
    """`too_soon_to_renew` (with the soonest date)"""
    state = renewal(rows=[SHIPPED, RuleRow(tier=STUDENT, no_renewal_before=5)])
    (reason,) = rules.decide_renewal(state, at=at(ON_TIME)).reasons
    assert reason.detail == "It is too soon to renew this loan: it can be renewed from 11 March 2026 on."


def test_explain_shows_the_value_and_the_row_it_came_from():
    """ "Explain" shows, per parameter, the value and the row it came from."""
    of_dvds = RuleRow(id=2, label="DVDs", item_type=DVD, loan_period=7)
    decision = rules.decide_check_out(check_out(rules=[SHIPPED, of_dvds], copy={"item_type": DVD}), at=MONDAY)
    assert decision.values
    assert (decision.values.loan_period.value, decision.values.loan_period.row) == (7, of_dvds)
    assert (decision.values.max_loans.value, decision.values.max_loans.row) == (3, SHIPPED)
    assert (decision.values.due_mode.value, decision.values.due_mode.row) == ("next_open", None)


def test_day_is_the_librarys_not_utcs():
    state = check_out(
        patron={"expires_on": date(2026, 3, 1)}, calendar=Calendar(time_zone=ZoneInfo("America/New_York"))
    )
    assert rules.decide_check_out(state, at=at("2026-03-02 03:00")).reasons == ()
    assert [r.code for r in rules.decide_check_out(state, at=at("2026-03-02 06:00")).reasons] == ["card_expired"]
