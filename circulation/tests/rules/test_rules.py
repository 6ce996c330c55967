"""The rules decide over plain values: no database in this file. Ids quote the clause that a row is about."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from circulation import errors, rules
from circulation.rules import CheckOutState, CopyState, OpenLoan, PatronState
from circulation.rules.matrix import RuleRow, resolve
from library.core.errors import Level

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CENTRAL, NORTH, STUDENT, STAFF = 1, 2, 10, 20
SHIPPED = RuleRow(loan_period=14, max_loans=3)
COPY = CopyState(barcode="C-1", branch=CENTRAL)
PATRON = PatronState(card="L-1", tier=STUDENT)
FREE = CheckOutState(barcode="C-1", card="L-1", copy=COPY, patron=PATRON, rules=[SHIPPED])


def given(*, copy=None, patron=None, rows=(SHIPPED,)):
    return replace(FREE, copy=replace(COPY, **(copy or {})), patron=replace(PATRON, **(patron or {})), rules=rows)


def loans(*counts):
    """So many open loans at each branch, of as many books."""
    return tuple(
        OpenLoan(
            id=f"{branch}-{number}",
            barcode=f"D-{branch}-{number}",
            branch=branch,
            item_type=None,
            book=1000 * branch + number,
            due_at=datetime(2026, 3, 20, tzinfo=UTC),
        )
        for branch, count in counts
        for number in range(count)
    )


def codes(decision):
    return [reason.code for reason in decision.reasons]


def test_free_copy_is_lent_for_fourteen_days_to_the_end_of_the_day():
    decision = rules.decide_check_out(FREE, at=AT)
    assert decision.is_allowed
    assert decision.reasons == ()
    assert decision.due_at == datetime(2026, 3, 16, 23, 59, 59, 999999, tzinfo=UTC)


I, O, A = Level.IMPOSSIBLE, Level.OVERRIDABLE, Level.ALERT  # noqa: E741 (a column of the table)
SCENARIOS = [
    ("unknown barcode (stops all else)", replace(given(patron={"is_active": False}), copy=None), [("copy_unknown", I)]),
    (
        "unknown card (stops all else)",
        replace(given(copy={"status": "withdrawn"}), patron=None),
        [("patron_unknown", I)],
    ),
    (
        "unknown barcode, unknown card",
        replace(FREE, copy=None, patron=None),
        [("copy_unknown", I), ("patron_unknown", I)],
    ),
    ("account closed", given(patron={"is_active": False}), [("patron_inactive", I)]),
    ("copy withdrawn", given(copy={"status": "withdrawn"}), [("copy_withdrawn", I)]),
    ("not for loan", given(copy={"not_for_loan": True}), [("copy_not_for_loan", O)]),
    ("in repair", given(copy={"status": "in_repair"}), [("copy_in_repair", O)]),
    ("damaged", given(copy={"status": "damaged"}), [("copy_damaged", O)]),
    ("copy marked lost that turns up", given(copy={"status": "lost"}), [("copy_was_lost", A)]),
    ("copy marked missing that turns up", given(copy={"status": "missing"}), [("copy_was_missing", A)]),
    (
        "lent to this patron (renewing is its own verb)",
        given(copy={"status": "on_loan", "lent_to": "L-1"}),
        [("already_lent_to_patron", I)],
    ),
    ("lent to another", given(copy={"status": "on_loan", "lent_to": "L-2"}), [("already_lent_to_another", O)]),
    (
        "on the hold shelf for another",
        given(copy={"status": "on_shelf_for_hold", "hold_for": "L-2", "hold_state": "ready"}),
        [("copy_held_for_another", O)],
    ),
    (
        "in transit for another",
        given(copy={"status": "in_transit", "hold_for": "L-2", "hold_state": "in_transit"}),
        [("copy_held_for_another", O)],
    ),
    (
        "requested by another",
        given(copy={"status": "requested", "hold_for": "L-2", "hold_state": "requested"}),
        [("copy_requested_by_another", O)],
    ),
    ("requested by this patron", given(copy={"status": "requested", "hold_for": "L-1", "hold_state": "requested"}), []),
    (
        "on the hold shelf for this patron",
        given(copy={"status": "on_shelf_for_hold", "hold_for": "L-1", "hold_state": "ready"}),
        [],
    ),
    ("in transit for nobody", given(copy={"status": "in_transit"}), [("copy_in_transit", A)]),
    ("no rule gives a loan period: no row", given(rows=[]), [("no_rule_defined", I)]),
    ("no rule gives a loan period: no row sets it", given(rows=[RuleRow(max_loans=3)]), [("no_rule_defined", I)]),
    ("0 means none: loan period", given(rows=[RuleRow(loan_period=0, max_loans=3)]), [("no_rule_defined", I)]),
    ("limit of the rule: one below", given(patron={"loans": loans((CENTRAL, 2))}), []),
    (
        "limit of the rule: reached",
        given(patron={"loans": loans((CENTRAL, 2), (NORTH, 1))}),
        [("loan_limit_reached", O)],
    ),
    ("0 means none: limit", given(rows=[RuleRow(loan_period=14, max_loans=0)]), [("loan_limit_reached", O)]),
    (
        "unlimited (-1): limit",
        given(patron={"loans": loans((CENTRAL, 500))}, rows=[RuleRow(loan_period=14, max_loans=-1)]),
        [],
    ),
    ("no row sets the limit", given(patron={"loans": loans((CENTRAL, 500))}, rows=[RuleRow(loan_period=14)]), []),
    (
        "the limit of a branch counts its own copies",
        given(patron={"loans": loans((NORTH, 2))}, rows=[SHIPPED, RuleRow(branch=CENTRAL, max_loans=2)]),
        [],
    ),
    (
        "the limit of a branch is reached there",
        given(patron={"loans": loans((CENTRAL, 2))}, rows=[SHIPPED, RuleRow(branch=CENTRAL, max_loans=2)]),
        [("loan_limit_reached", O)],
    ),
    (
        "the tier's total",
        given(patron={"loans": loans((NORTH, 1)), "tier_max_loans": 1}),
        [("total_loan_limit_reached", O)],
    ),
    ("the tier's total: unlimited", given(patron={"loans": loans((NORTH, 1)), "tier_max_loans": -1}), []),
    ("the tier's total: 0 means none", given(patron={"tier_max_loans": 0}), [("total_loan_limit_reached", O)]),
]


@pytest.mark.parametrize(("state", "expected"), [row[1:] for row in SCENARIOS], ids=[row[0] for row in SCENARIOS])
def test_check_out_gives_reason_and_level_for(state, expected):
    decision = rules.decide_check_out(state, at=AT)
    assert [(reason.code, reason.level) for reason in decision.reasons] == expected
    assert decision.is_allowed == all(level == A for _, level in expected)
    assert all(reason.detail.endswith(".") and "{" not in reason.detail for reason in decision.reasons)


def test_all_reasons_come_at_once_in_the_order_of_the_rules():
    state = given(
        copy={"status": "damaged", "not_for_loan": True, "lent_to": "L-2", "hold_for": "L-3", "hold_state": "ready"},
        patron={"is_active": False, "loans": loans((NORTH, 3)), "tier_max_loans": 2},
        rows=[RuleRow(max_loans=3)],
    )
    assert codes(rules.decide_check_out(state, at=AT)) == [
        "patron_inactive",
        "copy_not_for_loan",
        "copy_damaged",
        "already_lent_to_another",
        "copy_held_for_another",
        "no_rule_defined",
        "loan_limit_reached",
        "total_loan_limit_reached",
    ]


def test_refused_decision_raises_the_gravest_reason_and_carries_all_of_them():
    state = given(copy={"status": "missing", "not_for_loan": True, "lent_to": "L-1"})
    with pytest.raises(errors.AlreadyLentToPatron) as refused:
        rules.decide_check_out(state, at=AT).raise_if_refused()
    assert [reason.code for reason in refused.value.reasons] == [
        "copy_not_for_loan",
        "copy_was_missing",
        "already_lent_to_patron",
    ]
    assert refused.value.error_code == "already_lent_to_patron"
    assert refused.value.detail == "Copy C-1 is already on loan to this reader."


def test_of_equally_grave_reasons_the_first_is_raised():
    state = given(copy={"not_for_loan": True, "status": "damaged"})
    with pytest.raises(errors.CopyNotForLoan):
        rules.decide_check_out(state, at=AT).raise_if_refused()


def test_alert_alone_does_not_refuse():
    decision = rules.decide_check_out(given(copy={"status": "lost"}), at=AT)
    decision.raise_if_refused()
    assert [alert.code for alert in decision.alerts] == ["copy_was_lost"]
    assert decision.due_at is not None


EVERYONE = RuleRow(loan_period=14, max_loans=3)
OF_TIER = RuleRow(tier=STUDENT, loan_period=21, max_loans=5)
OF_BRANCH = RuleRow(branch=CENTRAL, loan_period=7)
OF_BOTH = RuleRow(branch=CENTRAL, tier=STUDENT, max_loans=0)


@pytest.mark.parametrize(
    ("rows", "branch", "tier", "period", "limit"),
    [
        pytest.param([EVERYONE], NORTH, STAFF, 14, 3, id="the shipped row for everyone"),
        pytest.param([EVERYONE, OF_TIER], NORTH, STUDENT, 21, 5, id="the most specific row wins"),
        pytest.param([EVERYONE, OF_TIER], NORTH, STAFF, 14, 3, id="a row of another tier does not count"),
        pytest.param([EVERYONE, OF_TIER, OF_BRANCH], CENTRAL, STUDENT, 7, 5, id="branch before tier; unset falls on"),
        pytest.param([OF_BOTH, OF_BRANCH, OF_TIER, EVERYONE], CENTRAL, STUDENT, 7, 0, id="each on its own; 0 is set"),
        pytest.param([OF_BOTH, EVERYONE], CENTRAL, STAFF, 14, 3, id="both must fit"),
        pytest.param([EVERYONE, RuleRow(tier=STUDENT, max_loans=-1)], NORTH, STUDENT, 14, -1, id="-1 is a value"),
        pytest.param([], CENTRAL, STUDENT, None, None, id="found nowhere"),
    ],
)
def test_each_parameter_is_looked_up_on_its_own(rows, branch, tier, period, limit):
    values = resolve(rows, branch=branch, tier=tier)
    assert (values.loan_period.value, values.max_loans.value) == (period, limit)
    assert resolve(reversed(rows), branch=branch, tier=tier) == values


def test_parameter_that_there_is_not_is_a_fault_of_the_caller():
    with pytest.raises(KeyError):
        resolve([EVERYONE], branch=CENTRAL, tier=STUDENT)["__class__"]


def test_setting_tells_the_row_it_came_from():
    values = resolve([EVERYONE, OF_BRANCH], branch=CENTRAL, tier=STUDENT)
    assert (values.loan_period.row, values.max_loans.row) == (OF_BRANCH, EVERYONE)
