"""What must hold for any matrix, any patron and any loan: found by chance, shrunk to the smallest that breaks it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
from circulation.rules.matrix import DEFAULTS, SCOPE, RuleRow, look_up, resolve
from library.core.errors import Level

# No deadline: how long one example takes depends on what else the machine does.
usual = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
often = settings(usual, max_examples=300)
MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
BRANCHES, TIERS, TYPES = (1, 2), (10, 20), (100, 200)

limits = st.one_of(st.none(), st.integers(-1, 4))
scopes = st.tuples(*(st.sampled_from((None, *ids)) for ids in (BRANCHES, TIERS, TYPES)))
parameters = st.fixed_dictionaries(
    {
        "loan_period": st.one_of(st.none(), st.integers(1, 40)),
        "max_loans": limits,
        "renewals_allowed": limits,
        "renewal_period": st.one_of(st.none(), st.integers(0, 40)),
        "no_renewal_before": st.one_of(st.none(), st.integers(0, 20)),
        "auto_renew": st.one_of(st.none(), st.booleans()),
        "renew_from": st.sampled_from([None, "due_date", "today"]),
        "due_mode": st.sampled_from([None, "ignore", "next_open", "open_days", "same_weekday"]),
        "self_check_out": st.one_of(st.none(), st.booleans()),
        "holds_allowed": limits,
        "hold_pickup_days": st.one_of(st.none(), st.integers(0, 20)),
        "on_shelf_holds": st.sampled_from([None, "always", "any_unavailable", "all_unavailable"]),
        "copy_level_holds": st.sampled_from([None, "allow", "no", "force"]),
    }
)


def row_of(number, scope, values):
    branch, tier, item_type = scope
    return RuleRow(branch=branch, tier=tier, item_type=item_type, id=number, **values)


# One row a scope, as in the database.
matrices = st.dictionaries(scopes, parameters, max_size=10).map(
    lambda rows: [row_of(number, scope, values) for number, (scope, values) in enumerate(rows.items())]
)
asked = st.fixed_dictionaries(
    {
        "branch": st.sampled_from(BRANCHES),
        "tier": st.sampled_from(TIERS),
        "item_type": st.sampled_from((None, *TYPES)),
    }
)
dates = st.one_of(st.none(), st.dates(date(2026, 2, 1), date(2026, 4, 30)))


@st.composite
def open_loans(draw):
    count = draw(st.integers(0, 8))
    return [
        OpenLoan(
            id=f"l-{number}",
            barcode=f"D-{number}",
            branch=draw(st.sampled_from(BRANCHES)),
            item_type=draw(st.sampled_from((None, *TYPES))),
            book=draw(st.integers(1, 9)),
            due_at=MONDAY + timedelta(days=draw(st.integers(-5, 20))),
            is_claimed=draw(st.booleans()),
        )
        for number in range(count)
    ]


blocks = st.lists(
    st.builds(
        BlockState,
        code=st.sampled_from(["card_lost", "patron_restricted", "address_unconfirmed", "debt"]),
        level=st.sampled_from(Level),
        until=dates,
    ),
    max_size=4,
    unique_by=lambda block: block.code,
)
patrons = st.builds(
    PatronState,
    card=st.just("L-1"),
    tier=st.sampled_from(TIERS),
    is_active=st.booleans(),
    expires_on=dates,
    blocks=blocks,
    birth_date=st.one_of(st.none(), st.dates(date(1990, 1, 1), date(2025, 1, 1))),
    wants_auto_renewal=st.booleans(),
    tier_max_loans=limits,
    loans=open_loans(),
)
copies = st.builds(
    CopyState,
    barcode=st.just("C-1"),
    branch=st.sampled_from(BRANCHES),
    item_type=st.sampled_from((None, *TYPES)),
    book=st.integers(1, 9),
    not_for_loan=st.booleans(),
    minimum_age=st.sampled_from([None, 6, 12, 16, 18]),
    status=st.sampled_from(
        [
            "available",
            "on_loan",
            "in_repair",
            "damaged",
            "lost",
            "missing",
            "in_transit",
            "withdrawn",
            "requested",
            "on_shelf_for_hold",
        ]
    ),
    lent_to=st.sampled_from([None, "L-1", "L-2"]),
    hold_for=st.sampled_from([None, "L-1", "L-2"]),
    hold_state=st.sampled_from(["requested", "ready", "in_transit"]),
    queued_on_book=st.integers(0, 4),
    queued_for_copy=st.integers(0, 4),
)
libraries = st.builds(
    LibrarySettings,
    overdue_policy=st.sampled_from(["block", "confirm", "ignore"]),
    one_copy_per_book=st.booleans(),
    high_demand_holds=st.just(2),
    high_demand_days=st.integers(1, 30),
)
check_outs = st.builds(
    CheckOutState,
    barcode=st.just("C-1"),
    card=st.just("L-1"),
    copy=copies,
    patron=patrons,
    rules=matrices,
    library=libraries,
    is_self=st.booleans(),
)
renewals = st.builds(
    RenewalState,
    copy=copies,
    patron=patrons,
    rules=matrices,
    library=libraries,
    loan=st.builds(
        LoanState,
        id=st.just("l-0"),
        checked_out_at=st.just(MONDAY - timedelta(days=5)),
        due_at=st.integers(-200, 600).map(lambda hours: MONDAY + timedelta(hours=hours)),
        renewals=st.integers(0, 4),
        is_claimed=st.booleans(),
        is_lost=st.booleans(),
    ),
)


def codes(decision):
    return [reason.code for reason in decision.reasons]


# The look-up


@usual
@given(matrices, asked, st.sampled_from(list(DEFAULTS)))
def test_value_is_that_of_the_first_scope_that_sets_it(rows, where, parameter):
    """Against the plainest way to say it: try the eight scopes, the most specific first."""
    expected, source = DEFAULTS[parameter], None
    by_scope = {(row.branch, row.tier, row.item_type): row for row in rows}
    for scope in product(*((where[name], None) for name in SCOPE)):
        row = by_scope.get(scope)
        if row is not None and getattr(row, parameter) is not None:
            expected, source = getattr(row, parameter), row
            break
    setting = look_up(rows, parameter, **where)
    assert (setting.value, setting.row) == (expected, source)
    assert resolve(rows, **where)[parameter] == setting


@usual
@given(matrices, asked, st.randoms())
def test_order_of_the_rows_does_not_matter(rows, where, chance):
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert resolve(shuffled, **where) == resolve(rows, **where)


@usual
@given(matrices, asked, parameters, scopes)
def test_row_of_another_scope_or_without_a_value_changes_nothing(rows, where, values, scope):
    values_before = resolve(rows, **where)
    foreign = RuleRow(branch=3, tier=scope[1], item_type=scope[2], **values)
    empty = RuleRow(**where)
    assert resolve([foreign, *rows, empty], **where) == values_before


# The limits


@usual
@given(matrices, asked, open_loans(), limits)
def test_limit_counts_each_loan_once_and_none_that_is_claimed(rows, where, loans, total):
    patron = PatronState("L-1", where["tier"], loans=loans, tier_max_loans=total)
    limit = look_up(rows, "max_loans", **where)
    counted = rules.counted_loans(patron, limit, rows)
    assert len({loan.id for loan in counted}) == len(counted)
    assert not any(loan.is_claimed for loan in counted)
    state = CheckOutState("C-1", "L-1", CopyState("C-1", where["branch"], where["item_type"]), patron, rows)
    found = set(codes(rules.decide_check_out(state, at=MONDAY)))
    assert ("loan_limit_reached" in found) == (limit.value not in {None, -1} and len(counted) >= limit.value)
    unclaimed = sum(not loan.is_claimed for loan in loans)
    assert ("total_loan_limit_reached" in found) == (total not in {None, -1} and unclaimed >= total)


@usual
@given(matrices.map(lambda rows: [row for row in rows if row.branch is None]), asked, open_loans())
def test_without_rows_of_branches_every_loan_counts_for_its_own_limit_alone(rows, where, loans):
    patron = PatronState("L-1", where["tier"], loans=loans)
    for loan in loans:
        counting = []
        for item_type in (None, *TYPES):
            limit = look_up(rows, "max_loans", branch=loan.branch, tier=where["tier"], item_type=item_type)
            if limit.row is None or limit.value == -1 or limit.row in counting:
                continue
            if loan in rules.counted_loans(patron, limit, rows):
                counting.append(limit.row)
        own = look_up(rows, "max_loans", branch=loan.branch, tier=where["tier"], item_type=loan.item_type).row
        assert all(row == own for row in counting)


@usual
@given(check_outs, open_loans())
def test_one_loan_more_never_makes_a_limit_vanish(state, more):
    before = set(codes(rules.decide_check_out(state, at=MONDAY)))
    extra = [replace(loan, id=f"x-{loan.id}", barcode=f"x-{loan.barcode}") for loan in more]
    fuller = replace(state, patron=replace(state.patron, loans=[*state.patron.loans, *extra]))
    after = set(codes(rules.decide_check_out(fuller, at=MONDAY)))
    assert before <= after


# The decisions

ORDER = [
    "patron_inactive",
    "card_lost",
    "card_expired",
    "patron_restricted_until",
    "patron_restricted",
    "address_unconfirmed",
    "debt",
    "copy_withdrawn",
    "copy_not_for_loan",
    "copy_in_repair",
    "copy_damaged",
    "copy_was_lost",
    "copy_was_missing",
    "already_lent_to_patron",
    "already_lent_to_another",
    "copy_held_for_another",
    "copy_requested_by_another",
    "copy_in_transit",
    "no_rule_defined",
    "loan_limit_reached",
    "total_loan_limit_reached",
    "has_overdue_loans",
    "too_young",
    "same_book_already_lent",
]
AT_RENEWAL = [
    "loan_lost",
    "loan_claimed_returned",
    "renewal_limit_reached",
    "patron_inactive",
    "card_lost",
    "card_expired",
    "patron_restricted_until",
    "patron_restricted",
    "address_unconfirmed",
    "debt",
    "has_overdue_loans",
    "auto_renewal_not_set",
    "too_late_to_renew",
    "auto_renewal_declined",
    "copy_held_for_another",
    "others_wait_for_book",
    "too_soon_to_renew",
    "no_rule_defined",
    "due_date_would_not_move",
]


@often
@given(check_outs.map(lambda state: replace(state, is_self=False)))
def test_reasons_come_in_the_order_of_the_rules_each_once(state):
    found = codes(rules.decide_check_out(state, at=MONDAY))
    assert found == [code for code in ORDER if code in found]


@often
@given(renewals, st.booleans())
def test_reasons_against_a_renewal_come_in_the_order_of_the_rules_each_once(state, automatic):
    found = codes(rules.decide_renewal(state, at=MONDAY, automatic=automatic))
    assert found == [code for code in AT_RENEWAL if code in found]


@usual
@given(check_outs, dates)
def test_what_stands_against_a_patron_is_said_exactly_while_it_counts(state, day):
    last = day or date.max
    standing = replace(state, patron=replace(state.patron, blocks=[BlockState("debt", Level.IMPOSSIBLE, day, "Why")]))
    said = [reason for reason in rules.decide_check_out(standing, at=MONDAY).reasons if reason.code == "debt"]
    assert [reason.level for reason in said] == ([Level.IMPOSSIBLE] if last >= MONDAY.date() else [])
    assert all("Why." in reason.detail for reason in said)


@usual
@given(check_outs)
def test_lifting_everything_leaves_all_other_reasons_as_they_were(state):
    decision = rules.decide_check_out(state, at=MONDAY)
    free = rules.decide_check_out(replace(state, patron=replace(state.patron, blocks=[])), at=MONDAY)
    placed = {"card_lost", "patron_restricted", "patron_restricted_until", "address_unconfirmed", "debt"}
    if not state.is_self:
        assert list(free.reasons) == [reason for reason in decision.reasons if reason.code not in placed]


@usual
@given(renewals, st.booleans())
def test_renewal_moves_the_date_forward_or_gives_none(state, automatic):
    decision = rules.decide_renewal(state, at=MONDAY, automatic=automatic)
    stuck = {"due_date_would_not_move", "no_rule_defined"} & set(codes(decision))
    assert (decision.due_at is None) == bool(stuck)
    assert decision.due_at is None or decision.due_at > max(state.loan.due_at, MONDAY)


@usual
@given(check_outs)
def test_loan_that_may_be_made_has_a_due_date_after_it(state):
    decision = rules.decide_check_out(state, at=MONDAY)
    if decision.is_allowed:
        assert decision.due_at is not None
        assert decision.due_at > MONDAY


@usual
@given(check_outs)
def test_who_lends_to_themselves_is_never_allowed_more_than_the_desk(state):
    alone = rules.decide_check_out(replace(state, is_self=True), at=MONDAY)
    at_desk = rules.decide_check_out(replace(state, is_self=False), at=MONDAY)
    assert not alone.alerts
    assert not alone.is_allowed or (at_desk.is_allowed and not at_desk.alerts)


@usual
@given(check_outs)
def test_setting_everything_aside_leaves_exactly_what_is_impossible(state):
    decision = rules.decide_check_out(state, at=MONDAY)
    standing = decision.refusals_despite(set(codes(decision)))
    assert list(standing) == [reason for reason in decision.reasons if reason.level == Level.IMPOSSIBLE]
