"""What the rules say of holds, clause by clause; each id begins with its clause in the words of the library's
circulation rules. What the verbs do to the rows stands in ``tests/holds/test_hold_scenarios.py``."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from circulation import rules
from circulation.rules import BlockState, CopyToHold, OpenHold, PatronState, RequestState, Waiter
from circulation.rules.holds import serving
from circulation.rules.holds.shelf import is_unfetched, last_shelf_day
from circulation.rules.matrix import RuleRow
from circulation.tests.blocks import CARD_LOST, RESTRICTED, restricted
from circulation.tests.calendars import MONDAY_TO_FRIDAY, NEVER, calendar, closed
from library.core.errors import Level

TODAY = date(2026, 3, 2)  # a Monday
YESTERDAY = TODAY - timedelta(days=1)
CENTRAL, NORTH, READER, CHILD, DVD = 1, 2, 1, 2, 9
HERE = CopyToHold(1, "C-1", CENTRAL, branch_name="Central")
OUT = CopyToHold(2, "C-2", CENTRAL, status="on_loan", branch_name="Central")
AWAY = CopyToHold(3, "C-3", NORTH, status="on_loan", branch_name="North")
FILM = CopyToHold(4, "C-4", CENTRAL, item_type=DVD, branch_name="Central")
SHIPPED = RuleRow(loan_period=14, max_loans=3, renewals_allowed=2)


def state(*, patron: dict[str, Any] | None = None, **values: Any) -> RequestState:
    given: dict[str, Any] = {"copies": [HERE], "rules": [SHIPPED], "pickup": "Central", **values}
    return RequestState(patron=PatronState(card="L-1", tier=READER, **(patron or {})), book=7, **given)


def row(**values: Any) -> list[RuleRow]:
    return [SHIPPED, RuleRow(tier=READER, **values)]


def held(count: int, **values: Any) -> list[OpenHold]:
    return [
        OpenHold(**({"book": 100 + number, "branch": CENTRAL, "copy": 100 + number} | values))
        for number in range(count)
    ]


PLACING: list[tuple[str, RequestState, list[str]]] = [
    ("If a copy that fits stands free - it takes it", state(), []),
    ("else state *queued* - all copies are out", state(copies=[OUT, AWAY]), []),
    ("holds on the shelf always - as shipped", state(copies=[HERE, OUT]), []),
    # Placing checks, in order
    (
        "branch - a row of the branch allows none",
        state(rules=[SHIPPED, RuleRow(branch=CENTRAL, holds_allowed=0)]),
        ["hold_branch_not_allowed"],
    ),
    (
        "branch - the copy of another branch may be held",
        state(copies=[HERE, AWAY], rules=[SHIPPED, RuleRow(branch=CENTRAL, holds_allowed=0)]),
        [],
    ),
    ("damaged - all copies are", state(copies=[CopyToHold(1, "C-1", CENTRAL, status="damaged")]), ["copy_damaged"]),
    ("damaged - another is not", state(copies=[CopyToHold(1, "C-1", CENTRAL, status="damaged"), OUT]), []),
    (
        "damaged - the one copy that is wanted",
        state(copies=[HERE], copy=CopyToHold(5, "C-5", CENTRAL, status="damaged")),
        ["copy_damaged"],
    ),
    ("no copy - the library has none", state(copies=[]), ["no_copy_to_hold"]),
    (
        "no copy - lost, missing, withdrawn, or to be read here",
        state(
            copies=[
                CopyToHold(1, "a", CENTRAL, status="lost"),
                CopyToHold(2, "b", CENTRAL, status="missing"),
                CopyToHold(3, "c", CENTRAL, status="withdrawn"),
                CopyToHold(4, "d", CENTRAL, not_for_loan=True),
            ]
        ),
        ["no_copy_to_hold"],
    ),
    ("one copy - withdrawn", state(copy=CopyToHold(5, "e", CENTRAL, status="withdrawn")), ["copy_withdrawn"]),
    ("one copy - not for loan", state(copy=CopyToHold(5, "e", CENTRAL, not_for_loan=True)), ["copy_not_for_loan"]),
    ("one copy - lost", state(copy=CopyToHold(5, "e", CENTRAL, status="lost")), ["no_copy_to_hold"]),
    ("age - a day too young", state(minimum_age=16, patron={"birth_date": date(2010, 3, 3)}), ["too_young"]),
    ("age - on the birthday", state(minimum_age=16, patron={"birth_date": date(2010, 3, 2)}), []),
    ("age - unknown", state(minimum_age=16), []),
    (
        "same copy already held - wanted alone twice",
        state(copy=HERE, holds=[OpenHold(8, copy=HERE.id)]),
        ["copy_already_held"],
    ),
    ("same copy already held - another copy", state(copy=HERE, holds=[OpenHold(8, copy=OUT.id)]), []),
    ("book already on loan to this patron", state(already_on_loan=True), ["book_already_lent_to_patron"]),
    ("per book - one as shipped", state(holds=[OpenHold(7)]), ["book_already_held"]),
    ("per book - a hold on another book does not count", state(holds=[OpenHold(8)]), []),
    ("per book - two: one is open", state(holds=[OpenHold(7)], rules=row(holds_per_book=2)), []),
    (
        "per book - two: every open state counts",
        state(holds=[OpenHold(7), OpenHold(7, copy=1)], rules=row(holds_per_book=2)),
        ["holds_per_book_reached"],
    ),
    ("per book - unlimited", state(holds=[OpenHold(7)] * 9, rules=row(holds_per_book=-1)), []),
    ("per book - none", state(rules=row(holds_per_book=0)), ["holds_per_book_reached"]),
    ("per day - one below", state(placed_today=1, rules=row(holds_per_day=2)), []),
    ("per day - reached", state(placed_today=2, rules=row(holds_per_day=2)), ["holds_per_day_reached"]),
    ("per day - unset", state(placed_today=99), []),
    ("per type - one below", state(holds=held(1), rules=row(holds_allowed=2)), []),
    ("per type - reached", state(holds=held(2), rules=row(holds_allowed=2)), ["hold_limit_reached"]),
    (
        "per type - a row of a type counts that type alone",
        state(copies=[FILM], holds=held(3), rules=[SHIPPED, RuleRow(item_type=DVD, holds_allowed=1)]),
        [],
    ),
    (
        "per type - a row of a type: reached",
        state(copies=[FILM], holds=held(1, item_type=DVD), rules=[SHIPPED, RuleRow(item_type=DVD, holds_allowed=1)]),
        ["hold_limit_reached"],
    ),
    (
        "per type - an all-types rule does not count types with a limit of their own",
        state(
            holds=held(2, item_type=DVD),
            rules=[RuleRow(loan_period=14, holds_allowed=1), RuleRow(item_type=DVD, holds_allowed=5)],
        ),
        [],
    ),
    (
        "per type - a row of a branch counts what that branch owns",
        state(holds=held(2, branch=NORTH), rules=[SHIPPED, RuleRow(branch=CENTRAL, holds_allowed=1)]),
        [],
    ),
    ("total - one below", state(holds=held(1), tier_max_holds=2), []),
    ("total - reached", state(holds=held(2), tier_max_holds=2), ["total_hold_limit_reached"]),
    ("total - unlimited", state(holds=held(9), tier_max_holds=-1), []),
    ("policy of the item type - none are held", state(rules=row(holds_allowed=0)), ["hold_not_allowed"]),
    (
        "policy of the item type - a title of two types waits for the other",
        state(copies=[HERE, FILM], rules=[SHIPPED, RuleRow(item_type=DVD, holds_allowed=0)]),
        [],
    ),
    (
        "`on_shelf_holds` (if any unavailable) - all stand there",
        state(rules=row(on_shelf_holds="any_unavailable")),
        ["on_shelf_hold_not_allowed"],
    ),
    (
        "`on_shelf_holds` (if any unavailable) - one is out",
        state(copies=[HERE, OUT], rules=row(on_shelf_holds="any_unavailable")),
        [],
    ),
    (
        "`on_shelf_holds` (if all unavailable) - one stands there",
        state(copies=[HERE, OUT], rules=row(on_shelf_holds="all_unavailable")),
        ["on_shelf_hold_not_allowed"],
    ),
    (
        "`on_shelf_holds` (if all unavailable) - none does",
        state(copies=[OUT, AWAY], rules=row(on_shelf_holds="all_unavailable")),
        [],
    ),
    ("`copy_level_holds` allow - as shipped", state(copy=HERE), []),
    ("`copy_level_holds` no", state(copy=HERE, rules=row(copy_level_holds="no")), ["copy_level_hold_not_allowed"]),
    (
        "`copy_level_holds` force - none is named",
        state(copies=[HERE, OUT], rules=row(copy_level_holds="force")),
        ["copy_hold_required"],
    ),
    ("`copy_level_holds` force - there is but one copy", state(rules=row(copy_level_holds="force")), []),
    ("`copy_level_holds` force - one is named", state(copy=HERE, rules=row(copy_level_holds="force")), []),
    ("pickup branch - nothing is fetched there", state(is_pickup=False), ["pickup_branch_not_allowed"]),
    # What stands against the reader comes first
    ("account closed", state(patron={"is_active": False}), ["patron_inactive"]),
    ("card over since yesterday", state(patron={"expires_on": YESTERDAY}), ["card_expired"]),
    ("card good today for the last time", state(patron={"expires_on": TODAY}), []),
    (
        "something stands against the reader",
        state(patron={"blocks": [RESTRICTED, CARD_LOST]}),
        ["card_lost", "patron_restricted"],
    ),
    ("a block that only informs", state(patron={"blocks": [BlockState("debt", Level.ALERT)]}), ["debt"]),
    ("restricted to a day that is over", state(patron={"blocks": [restricted(YESTERDAY)]}), []),
    ("the reader's own last day - over", state(wanted_until=YESTERDAY), ["wanted_until_past"]),
    ("the reader's own last day - today", state(wanted_until=TODAY), []),
    (
        "the reader's own last day - before it would begin",
        state(wanted_until=TODAY, wanted_from=TODAY + timedelta(days=1)),
        ["wanted_until_past"],
    ),
    (
        "Placing checks, in order: all at once",
        state(
            patron={"is_active": False, "birth_date": date(2020, 1, 1)},
            minimum_age=16,
            copies=[CopyToHold(1, "C-1", CENTRAL, status="damaged", branch_name="Central")],
            copy=CopyToHold(1, "C-1", CENTRAL, status="damaged", branch_name="Central"),
            holds=[OpenHold(7, copy=1)],
            placed_today=3,
            already_on_loan=True,
            tier_max_holds=0,
            is_pickup=False,
            rules=[SHIPPED, RuleRow(branch=CENTRAL, holds_allowed=0, holds_per_day=1, copy_level_holds="no")],
        ),
        [
            "patron_inactive",
            "hold_branch_not_allowed",
            "copy_damaged",
            "too_young",
            "copy_already_held",
            "book_already_lent_to_patron",
            "book_already_held",
            "holds_per_day_reached",
            "total_hold_limit_reached",
            "copy_level_hold_not_allowed",
            "pickup_branch_not_allowed",
        ],
    ),
]


@pytest.mark.parametrize(("asked", "expected"), [row_[1:] for row_ in PLACING], ids=[row_[0] for row_ in PLACING])
def test_placing_gives_reasons_for(asked, expected):
    assert [reason.code for reason in rules.decide_hold(asked, today=TODAY).reasons] == expected


def test_copies_that_fit_and_the_one_that_is_meant_are_told():
    both = [SHIPPED, RuleRow(item_type=DVD, holds_allowed=0)]
    decision = rules.decide_hold(state(copies=[HERE, FILM, OUT], rules=both), today=TODAY)
    assert (set(decision.fitting), decision.only) == ({HERE.id, OUT.id}, None)
    assert rules.decide_hold(state(copies=[HERE, OUT], copy=OUT), today=TODAY).only == OUT.id
    assert rules.decide_hold(state(rules=row(copy_level_holds="force")), today=TODAY).only == HERE.id


# Being served


def waiter(number: int, *, tier: int = READER, **values: Any) -> Waiter:
    whose = {key: values.pop(key) for key in ("is_active", "expires_on", "blocks") if key in values}
    return Waiter(UUID(int=number), PatronState(card=f"L-{number}", tier=tier, **whose), CENTRAL, **values)


NO_FILMS_FOR_CHILDREN = [SHIPPED, RuleRow(tier=CHILD, item_type=DVD, holds_allowed=0)]
SERVING: list[tuple[str, list[Waiter], CopyToHold, int | None, list[int]]] = [
    ("the first in the queue", [waiter(1), waiter(2)], HERE, 1, []),
    ("whose type … fits", [waiter(1, tier=CHILD), waiter(2)], FILM, 2, []),
    ("whose … branch fits", [waiter(1, tier=CHILD), waiter(2)], AWAY, 1, []),
    ("a hold for another copy alone is not served by this one", [waiter(1, copy=OUT.id), waiter(2)], HERE, 2, []),
    ("a hold for this copy alone is", [waiter(1, copy=HERE.id), waiter(2)], HERE, 1, []),
    ("a reader who is blocked … is skipped", [waiter(1, blocks=[RESTRICTED]), waiter(2)], HERE, 2, [1]),
    ("… or whose card is over is skipped", [waiter(1, expires_on=YESTERDAY), waiter(2)], HERE, 2, [1]),
    ("… an account that was closed while waiting", [waiter(1, is_active=False), waiter(2)], HERE, 2, [1]),
    ("… a block that only informs stops nobody", [waiter(1, blocks=[BlockState("debt", Level.ALERT)])], HERE, 1, []),
    ("… a last day that is over, before the job has run", [waiter(1, wanted_until=YESTERDAY)], HERE, None, [1]),
    ("Its last day is inclusive", [waiter(1, wanted_until=TODAY)], HERE, 1, []),
    ("nobody may be served", [waiter(1, blocks=[RESTRICTED])], HERE, None, [1]),
    ("a copy to be read here serves nobody", [waiter(1)], CopyToHold(1, "x", CENTRAL, not_for_loan=True), None, []),
]


@pytest.mark.parametrize(
    ("queue", "copy", "served", "passed"), [row_[1:] for row_ in SERVING], ids=[row_[0] for row_ in SERVING]
)
def test_turn_is_of(queue, copy, served, passed):
    turn = serving.turn(queue, copy, lambda _tier: NO_FILMS_FOR_CHILDREN, today=TODAY)
    assert turn.waiter == (waiter_of(queue, served) if served else None)
    assert [one.waiter.id.int for one in turn.passed_over] == passed
    assert all(one.reasons for one in turn.passed_over)


def waiter_of(queue: list[Waiter], number: int) -> Waiter:
    return next(one for one in queue if one.id.int == number)


# The hold shelf

EASTER = calendar(MONDAY_TO_FRIDAY, closed("2026-03-04/2026-03-05"))
SHELF = [
    ("`hold_pickup_days` open days: no closure", TODAY, 3, calendar(), date(2026, 3, 5)),
    ("`hold_pickup_days` open days: weekend and closure do not count", TODAY, 3, EASTER, date(2026, 3, 9)),
    ("`hold_pickup_days` 0: today alone", TODAY, 0, EASTER, TODAY),
    ("ready on a day that is closed", date(2026, 3, 7), 1, EASTER, date(2026, 3, 9)),
    ("a branch that never opens: every day counts", TODAY, 3, calendar(NEVER), date(2026, 3, 5)),
]


@pytest.mark.parametrize(("ready", "days", "by", "last"), [row_[1:] for row_ in SHELF], ids=[row_[0] for row_ in SHELF])
def test_last_shelf_day_by_the_calendar_of_the_pickup_branch(ready, days, by, last):
    assert last_shelf_day(ready, days, by) == last


@pytest.mark.parametrize(
    ("last", "today", "over"),
    [
        pytest.param(TODAY, TODAY, False, id="Its last day is inclusive"),
        pytest.param(YESTERDAY, TODAY, True, id="unfetched ones expire"),
        pytest.param(TODAY, date(2026, 3, 4), False, id="(not on a closed day)"),
        pytest.param(TODAY, date(2026, 3, 6), True, id="… on the next day that is open"),
    ],
)
def test_unfetched(last, today, over):
    assert is_unfetched(last, EASTER, today=today) is over
