"""What the verbs of holds do to the rows, clause by clause; the id of each scenario begins with its clause in the words
of the library's circulation rules. What the rules alone decide stands in ``tests/rules/test_hold_scenarios.py``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import User
from accounts.services import blocks
from accounts.tests.factories import make_librarian, make_patron
from catalog import services as catalogue
from catalog.models import ItemType
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation import services
from circulation.models import Hold, HoldState, LoanRule
from circulation.services import copy_placement
from circulation.tests.blocks import put
from circulation.tests.calendar_rows import WEEKDAYS, make_exception, open_on
from circulation.tests.factories import MONDAY, make_hold, make_loan, queue_up
from library.activity.models import Activity
from library.core.errors import LibraryError
from library.notices.models import Notice

pytestmark = pytest.mark.django_db
SCENARIOS: list[Any] = []
DAY = timedelta(days=1)


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


def now(row: Any) -> Any:
    """The row as the database has it."""
    return type(row).objects.get(pk=row.pk)


def refused(call: Callable[..., Any], **values: Any) -> list[str]:
    """The codes of all reasons for which the call is refused."""
    with pytest.raises(LibraryError) as refusal:
        call(**values)
    return [reason.code for reason in refusal.value.reasons] or [refusal.value.error_code]


def place(book: Any, branch: Any = None, patron: Any = None, **values: Any) -> Hold:
    patron = patron or make_patron()
    values.setdefault("at", MONDAY)
    return services.place_hold(book=book, patron=patron, branch=branch or make_branch(), by=patron.user, **values)


def rule(**values: Any) -> None:
    """Change the row for everyone."""
    LoanRule.objects.filter(branch=None, tier=None, item_type=None).update(**values)


def places(book: Any) -> list[Hold]:
    """The queue, which has no gap."""
    line = list(Hold.objects.in_line().filter(book=book))
    assert [hold.position for hold in line] == list(range(1, len(line) + 1))
    return line


def told(hold: Hold) -> list[str]:
    """The kinds of letters that its reader got, in order."""
    return list(Notice.objects.filter(user=hold.patron_id).order_by("created_at", "id").values_list("kind", flat=True))


# --- Placing


@clause("A hold waits in one dense queue per book")
def _dense(staff):
    book = make_loan().copy.book
    holds = [place(book) for _ in range(3)]
    assert places(book) == holds
    services.cancel_hold(hold=holds[0], by=staff)
    assert places(book) == holds[1:]


@clause("If a copy that fits stands free and nobody queues for it, the new hold takes it: state *requested*")
def _takes_it(staff):
    copy = make_copy()
    hold = place(copy.book, copy.branch)
    assert (hold.state, hold.copy, hold.position, now(copy).status) == ("requested", copy, None, "requested")


@clause("else state *queued*")
def _queued(staff):
    hold = place(make_loan().copy.book)
    assert (hold.state, hold.copy, hold.position) == ("queued", None, 1)


@clause("So two requests for the last copy give one *requested* and one *queued*")
def _last_copy(staff):
    copy = make_copy()
    assert [place(copy.book).state, place(copy.book).state] == ["requested", "queued"]


@clause("(or `on_shelf_hold_not_allowed` …)")
def _on_shelf(staff):
    rule(on_shelf_holds="all_unavailable")
    copy = make_copy()
    assert refused(place, book=copy.book) == ["on_shelf_hold_not_allowed"]


@clause("a free copy never stands beside a queue that it could serve: who stood unserved goes first")
def _unserved_first(staff):
    """As after a change of the rules, before the night."""
    copy = make_copy()
    early = queue_up(copy.book)
    late = place(copy.book)
    assert (now(early).state, now(early).copy, late.state) == ("requested", copy, "queued")


@clause("If a copy that fits stands free: one of a type that is not held does not")
def _type_does_not_fit(staff):
    film = ItemType.objects.create(code="film", name="Film")
    LoanRule.objects.create(item_type=film, holds_allowed=0)
    copy = make_loan().copy
    other = make_copy(book=copy.book, item_type=film)
    hold = place(copy.book)
    assert (hold.state, now(other).status) == ("queued", "available")


@clause("same copy already held")
def _same_copy(staff):
    rule(holds_per_book=5)
    copy = make_loan().copy
    hold = place(copy.book, copy=copy)
    assert (hold.is_copy_level, hold.copy, hold.state) == (True, copy, "queued")
    assert refused(place, book=copy.book, patron=hold.patron, copy=copy.barcode.lower()) == ["copy_already_held"]
    assert place(copy.book, patron=hold.patron, copy=make_copy(book=copy.book)).state == "requested"


@clause("per book: every open state counts")
def _per_book(staff):
    rule(holds_per_book=2)
    book, patron = make_book(), make_patron()
    loans = [make_loan(copy=make_copy(book=book)) for _ in range(2)]
    first, _second = place(book, loans[0].copy.branch, patron), place(book, patron=patron)
    services.check_in(copy=loans[0].copy, by=staff, at=MONDAY)
    assert now(first).state == "ready"
    assert refused(place, book=book, patron=patron) == ["holds_per_book_reached"]


@clause("per day")
def _per_day(staff):
    rule(holds_per_day=1)
    patron = make_patron()
    place(make_copy().book, patron=patron)
    assert refused(place, book=make_copy().book, patron=patron) == ["holds_per_day_reached"]
    assert place(make_copy().book, patron=patron, at=MONDAY + DAY).state == "requested"


@clause("pickup branch")
def _no_pickup(staff):
    branch = make_branch()
    branch.is_pickup = False
    branch.save()
    assert refused(place, book=make_copy().book, branch=branch) == ["pickup_branch_not_allowed"]


@clause("future holds: asleep until their day, in the place that they have from the first")
def _future(staff):
    copy = make_copy()
    hold = place(copy.book, wanted_from=date(2026, 3, 9))
    assert (hold.state, hold.position, hold.suspended_until) == ("suspended", 1, date(2026, 3, 9))
    assert now(copy).status == "available"


# --- Confirming and refusing


@clause("Confirming (any free copy of the book may be scanned in its place) makes it *ready* on the hold shelf")
def _confirmed(staff):
    hold = make_hold()
    other = make_copy(book=hold.book, branch=hold.pickup_branch)
    hold = services.confirm_hold(hold=hold, copy=other.barcode, by=staff, at=MONDAY)
    assert (hold.state, hold.copy, hold.ready_at, hold.shelf_until) == ("ready", other, MONDAY, date(2026, 3, 9))
    assert told(hold) == ["hold_ready"]


@clause("or *in transit* when it is to be fetched at another branch")
def _confirmed_elsewhere(staff):
    copy = make_copy()
    hold = services.confirm_hold(hold=place(copy.book), by=staff)
    assert (hold.state, hold.ready_at, hold.shelf_until, now(copy).status) == ("in_transit", None, None, "in_transit")
    assert told(hold) == []


@clause("any free copy … may be scanned: not for a hold on one copy alone")
def _confirmed_alone(staff):
    copy = make_copy()
    hold = place(copy.book, copy.branch, copy=copy)
    other = make_copy(book=copy.book)
    assert refused(services.confirm_hold, hold=hold, by=staff, copy=other.barcode) == ["hold_for_another_copy"]


@clause("refusing sets the copy as staff say (available …) and the next hold is served")
def _refused_and_next(staff):
    hold = make_hold()
    following = queue_up(hold.book)
    services.refuse_hold(hold=hold, reason="Torn.", by=staff)
    assert (now(following).state, now(following).copy, now(following).position) == ("requested", hold.copy, None)
    assert told(hold) == ["hold_refused"]


@clause("refusing sets the copy as staff say (… missing, damaged)")
def _refused_missing(staff):
    for status in ("missing", "damaged"):
        hold = make_hold()
        following = queue_up(hold.book)
        services.refuse_hold(hold=hold, reason="Not there.", copy_status=status, by=staff)
        assert (now(hold.copy).status, now(following).state) == (status, "queued")


# --- At check-in


@clause("At check-in the copy goes to … the first in the queue whose type and branch fit")
def _fit_at_check_in(staff):
    loan = make_loan()
    first, second = queue_up(loan.copy.book), queue_up(loan.copy.book)
    LoanRule.objects.create(tier=first.patron.tier, branch=loan.copy.branch, holds_allowed=0)
    assert services.check_in(copy=loan.copy, by=staff).hold is None
    LoanRule.objects.all().delete()
    assert services.check_in(copy=loan.copy, by=staff).hold == first
    assert places(loan.copy.book) == [second]


@clause("Being served is a check of its own: a reader who is blocked or whose card is over is skipped, keeps the place")
def _skipped(staff):
    loan = make_loan()
    blocked, over, third = (queue_up(loan.copy.book) for _ in range(3))
    put(blocked.patron, "patron_restricted", note="Torn pages")
    over.patron.expires_on = date(2026, 3, 1)
    over.patron.save()
    assert services.check_in(copy=loan.copy, by=staff, at=MONDAY).hold == third
    assert places(loan.copy.book) == [blocked, over]


@clause("… and is told why")
def _told_why(staff):
    loan = make_loan()
    blocked = queue_up(loan.copy.book)
    put(blocked.patron, "patron_restricted", note="Torn pages")
    for _twice in range(2):
        services.check_in(copy=loan.copy, by=staff, at=MONDAY)
    (letter,) = Notice.objects.filter(user=blocked.patron_id)
    assert letter.kind == "hold_passed_over"
    assert "Torn pages" in letter.context["reasons"]


@clause("keeps the place: and has the free copy as soon as nothing stands in the way")
def _block_lifted(staff):
    copy = make_copy(status="damaged")
    hold = queue_up(copy.book)
    block = put(hold.patron, "patron_restricted")
    catalogue.change_copy(copy=copy, changes={"status": "available"}, by=staff)
    assert (now(hold).state, now(copy).status) == ("queued", "available")
    blocks.lift(block=block, by=staff)
    assert (now(hold).state, now(hold).copy) == ("requested", copy)


@clause("a free copy never stands beside a queue: three come at once, three are served")
def _three_at_once(staff):
    book = make_book()
    holds = [queue_up(book) for _ in range(4)]
    for _ in range(3):
        make_copy(book=book)
    assert copy_placement.serve_queue(book.pk, at=MONDAY) == 3
    assert [now(hold).state for hold in holds] == ["requested"] * 3 + ["queued"]
    assert places(book) == holds[3:]


@clause("a free copy never stands beside a queue: however many unfit holds stand ahead")
def _many_unfit(staff):
    copy, other = make_copy(), make_loan().copy
    for _ in range(30):
        queue_up(copy.book, copy=other, is_copy_level=True)
    hold = queue_up(copy.book)
    copy_placement.serve_queue(copy.book_id, at=MONDAY)
    assert (now(hold).state, len(places(copy.book))) == ("requested", 30)


# --- On the way


@clause("A hold is *ready* only when its copy is scanned at its branch")
def _ready_when_scanned(staff):
    north, south = make_branch(), make_branch()
    first = make_hold(copy=make_copy(branch=north, status="in_transit"), branch=south, state=HoldState.IN_TRANSIT)
    second = queue_up(first.book, branch=north)
    services.cancel_hold(hold=first, by=staff, at=MONDAY)
    assert (now(second).state, now(second).copy, now(second).ready_at) == ("in_transit", first.copy, None)
    assert (now(first.copy).status, told(second)) == ("in_transit", [])
    at_south = services.check_in(copy=first.copy, by=staff, branch=south, at=MONDAY)
    assert (at_south.action, at_south.branch, told(second)) == ("transit", north, [])
    assert services.check_in(copy=first.copy, by=staff, branch=north, at=MONDAY + DAY).action == "hold_shelf"
    assert (now(second).state, now(second).ready_at, told(second)) == ("ready", MONDAY + DAY, ["hold_ready"])


@clause("nobody waiting: in transit home, not available")
def _home(staff):
    hold = make_hold(branch=make_branch(), state=HoldState.IN_TRANSIT)
    services.cancel_hold(hold=hold, by=staff)
    assert now(hold.copy).status == "in_transit"
    assert services.check_in(copy=hold.copy, by=staff).action == "shelve"


@clause("dates, shelf days and letter begin there, by the pick-up branch's calendar")
def _by_pickup_calendar(staff):
    pickup = open_on(*WEEKDAYS)
    make_exception("2026-03-04/2026-03-05", pickup)
    rule(hold_pickup_days=3)
    loan = make_loan()
    hold = queue_up(loan.copy.book, branch=pickup)
    services.check_in(copy=loan.copy, by=staff, branch=pickup, at=MONDAY)
    assert now(hold).shelf_until == date(2026, 3, 9)
    letter = Notice.objects.get(kind="hold_ready")
    assert letter.context["until"] == {"$time": "2026-03-09T23:59:59.999999+00:00"}


@clause("and no repeated scan moves them")
def _scanned_again(staff):
    pickup = make_branch()
    hold = make_hold(branch=pickup, state=HoldState.IN_TRANSIT)
    services.check_in(copy=hold.copy, by=staff, branch=pickup, at=MONDAY)
    before, written = now(hold), Activity.objects.count()
    for branch in (pickup, None):
        again = services.check_in(copy=hold.copy, by=staff, branch=branch, at=MONDAY + 3 * DAY)
        assert (again.nothing_changed, again.hold) == (True, hold)
    after = now(hold)
    assert (after.ready_at, after.shelf_until) == (before.ready_at, before.shelf_until) == (MONDAY, date(2026, 3, 9))
    assert (told(hold), Activity.objects.count()) == (["hold_ready"], written)


@clause("(hold, spell on the shelf): one that is put back and served again is told again")
def _second_spell(staff):
    loan = make_loan()
    hold = queue_up(loan.copy.book, branch=loan.copy.branch)
    services.check_in(copy=loan.copy, by=staff, at=MONDAY)
    services.check_in(copy=loan.copy, by=staff, at=MONDAY + DAY, is_damaged=True)
    assert (now(hold).state, now(hold).position, now(hold).shelf_until) == ("queued", 1, None)
    catalogue.change_copy(copy=loan.copy, changes={"status": "available"}, by=staff)
    services.confirm_hold(hold=hold, by=staff, at=MONDAY + 2 * DAY)
    assert told(hold) == ["hold_ready", "hold_ready"]


@clause("the patron's own earlier date wins · Two dates (shelf, reader's own) are two columns")
def _own_date(staff):
    hold = make_hold(wanted_until=date(2026, 3, 5))
    hold = services.confirm_hold(hold=hold, by=staff, at=MONDAY)
    assert (hold.shelf_until, hold.wanted_until, hold.last_day) == (
        date(2026, 3, 9),
        date(2026, 3, 5),
        date(2026, 3, 5),
    )


@clause("Its last day is inclusive: until the job has ended it, it is alive")
def _alive_after_the_date(staff):
    hold = make_hold(state=HoldState.READY, shelf_until=date(2026, 3, 2))
    late = MONDAY + DAY
    assert refused(services.check_out, copy=hold.copy, patron=make_patron(), by=staff, at=late) == [
        "copy_held_for_another"
    ]
    services.check_out(copy=hold.copy, patron=hold.patron, by=staff, at=late)
    assert now(hold).state == "fulfilled"


# --- Suspending


@clause("Suspended holds keep their place")
def _keeps_place(staff):
    loan = make_loan()
    first, second = queue_up(loan.copy.book), queue_up(loan.copy.book, branch=loan.copy.branch)
    hold = services.suspend_hold(hold=first, by=first.patron.user, until=date(2026, 3, 9), at=MONDAY)
    assert (hold.state, hold.position, hold.suspended_from) == ("suspended", 1, date(2026, 3, 2))
    assert services.check_in(copy=loan.copy, by=staff, at=MONDAY).hold == second
    assert services.resume_hold(hold=first, by=first.patron.user, at=MONDAY).position == 1


@clause("and resume on their date: whose turn comes on that day itself is served, though the job has not run")
def _turn_on_the_day(staff):
    loan = make_loan()
    first, second = queue_up(loan.copy.book), queue_up(loan.copy.book)
    services.suspend_hold(hold=first, by=staff, until=date(2026, 3, 9), at=MONDAY)
    assert services.check_in(copy=loan.copy, by=staff, at=MONDAY + 7 * DAY).hold == first
    assert places(loan.copy.book) == [second]
    assert now(first).suspended_until is None


@clause("resumed where a copy stands free: it is kept at once")
def _resumed_beside_a_free_copy(staff):
    copy = make_copy()
    hold = place(copy.book, wanted_from=date(2026, 3, 9))
    assert services.resume_hold(hold=hold, by=staff, at=MONDAY).state == "requested"
    assert now(copy).status == "requested"


@clause("A suspension that would outlast the reader's own last date is refused")
def _outlasts(staff):
    hold = queue_up(make_book(), wanted_until=date(2026, 7, 31))
    verb = {"hold": hold, "by": hold.patron.user, "at": MONDAY}
    assert refused(services.suspend_hold, until=date(2026, 8, 31), **verb) == ["suspension_outlasts_wish"]
    assert refused(services.suspend_hold, **verb) == ["suspension_outlasts_wish"]
    assert services.suspend_hold(until=date(2026, 7, 31), **verb).state == "suspended"


@clause("resume date not in the past")
def _not_in_the_past(staff):
    hold = queue_up(make_book())
    for day in (date(2026, 3, 1), date(2026, 3, 2)):
        assert refused(services.suspend_hold, hold=hold, by=staff, until=day, at=MONDAY) == ["resumes_in_past"]


@clause("what has its own copy is not suspended")
def _not_suspended(staff):
    for state in (HoldState.REQUESTED, HoldState.READY, HoldState.IN_TRANSIT):
        hold = make_hold(state=state)
        assert refused(services.suspend_hold, hold=hold, by=staff) == ["hold_not_queued"]
    assert refused(services.resume_hold, hold=queue_up(make_book()), by=staff) == ["hold_not_suspended"]


# --- The queue and staff


@clause("staff may reorder")
def _reordered(staff):
    book = make_book()
    one, two, three = (queue_up(book) for _ in range(3))
    services.move_hold(hold=three, to=1, by=staff)
    assert places(book) == [three, one, two]
    services.move_hold(hold=three, to=2, by=staff)
    assert places(book) == [one, three, two]
    moved = Activity.objects.filter(verb="hold.moved").latest("id")
    assert moved.data == {"old": 1, "new": 2}


@clause("nothing goes ahead of a ready hold")
def _ahead_of_ready(staff):
    ready = make_hold(state=HoldState.READY)
    queued = queue_up(ready.book)
    assert refused(services.move_hold, hold=ready, to=1, by=staff) == ["hold_not_queued"]
    for place_ in (0, 2):
        assert refused(services.move_hold, hold=queued, to=place_, by=staff) == ["place_unknown"]


@clause("staff may reorder: two people at once")
def _reordered_meanwhile(staff):
    book = make_book()
    holds = [queue_up(book) for _ in range(3)]
    seen = services.queue_version(hold.pk for hold in holds)
    services.move_hold(hold=holds[2], to=1, by=staff, seen=seen)
    assert refused(services.move_hold, hold=holds[1], to=1, by=staff, seen=seen) == ["queue_changed_meanwhile"]
    assert places(book) == [holds[2], holds[0], holds[1]]


@clause("Patrons cannot cancel a ready hold by themselves: it becomes a cancellation request")
def _cancellation_request(staff):
    hold = make_hold(state=HoldState.READY)
    following = queue_up(hold.book, branch=hold.pickup_branch)
    services.cancel_hold(hold=hold, by=hold.patron.user, at=MONDAY)
    assert (now(hold).state, now(hold).cancel_requested, now(following).state) == ("ready", True, "queued")
    assert services.keep_hold(hold=hold, by=staff).cancel_requested is False
    assert refused(services.keep_hold, hold=hold, by=staff) == ["no_cancellation_requested"]
    services.cancel_hold(hold=hold, by=hold.patron.user, at=MONDAY)
    services.cancel_hold(hold=hold, by=staff, at=MONDAY)
    assert (now(hold).state, now(following).state) == ("cancelled", "requested")
    assert told(hold) == ["hold_cancelled"]


@clause("the reader may change the pick-up branch until *ready*")
def _change_pickup(staff):
    elsewhere = make_branch()
    for state in (HoldState.QUEUED, HoldState.SUSPENDED, HoldState.REQUESTED, HoldState.IN_TRANSIT):
        hold = make_hold(state=state)
        services.change_pickup(hold=hold, branch=elsewhere, by=hold.patron.user)
        assert now(hold).pickup_branch == elsewhere
    ready = make_hold(state=HoldState.READY)
    assert refused(services.change_pickup, hold=ready, branch=elsewhere, by=ready.patron.user) == ["hold_is_ready"]


@clause("Every verb goes by the hold's id")
def _by_id(staff):
    rule(holds_per_book=2)
    loans = [make_loan(copy=make_copy(book=make_book()))]
    book, patron = loans[0].copy.book, make_patron()
    first, second = queue_up(book, patron=patron), queue_up(book, patron=patron)
    services.cancel_hold(hold=second, by=patron.user)
    assert [now(hold).state for hold in (first, second)] == ["queued", "cancelled"]
    assert services.check_in(copy=loans[0].copy, by=staff).hold == first


# --- With loans


@clause("a copy-level hold by its copy alone: it stays when another copy is lent")
def _copy_level_stays(staff):
    rule(holds_per_book=2)
    volume_1, volume_2 = make_copy(), None
    volume_2 = make_loan(copy=make_copy(book=volume_1.book)).copy
    patron = make_patron()
    alone = place(volume_1.book, patron=patron, copy=volume_2)
    services.check_out(copy=volume_1, patron=patron, by=staff, at=MONDAY)
    assert (now(alone).state, now(alone).copy, now(alone).position) == ("queued", volume_2, 1)


@clause("a title hold … is fulfilled by any copy of it: one loan, one hold, the one that is furthest on")
def _one_loan_one_hold(staff):
    rule(holds_per_book=2)
    ready = make_hold(state=HoldState.READY)
    queued = queue_up(ready.book, patron=ready.patron)
    services.check_out(copy=ready.copy, patron=ready.patron, by=staff, at=MONDAY)
    assert (now(ready).state, now(queued).state) == ("fulfilled", "queued")


@clause("*Queued* holds on the book that this copy's type and branch could serve block: not one for another copy alone")
def _renewal_of_volume_1(staff):
    loan = make_loan()
    queue_up(loan.copy.book, copy=make_copy(book=loan.copy.book), is_copy_level=True)
    assert services.renew(loan=loan, by=staff, at=MONDAY + DAY).renewals == 1
    queue_up(loan.copy.book, copy=loan.copy, is_copy_level=True)
    assert refused(services.renew, loan=loan, by=staff, at=MONDAY + DAY) == ["others_wait_for_book"]


@clause(
    "*Queued* holds … that this copy's type and branch could serve: not of readers for whom such copies are not kept"
)
def _renewal_of_what_is_not_held(staff):
    loan = make_loan()
    hold = queue_up(loan.copy.book)
    LoanRule.objects.create(tier=hold.patron.tier, branch=loan.copy.branch, holds_allowed=0)
    assert services.renew(loan=loan, by=staff, at=MONDAY + DAY).renewals == 1


@clause("A requested copy lent to another by override: … else queued at position 1")
def _position_one(staff):
    hold = make_hold()
    earlier = queue_up(hold.book, placed_at=MONDAY - 9 * DAY)
    code = ["copy_requested_by_another"]
    services.check_out(copy=hold.copy, patron=make_patron(), by=staff, override=code, comment="x", at=MONDAY)
    assert places(hold.book) == [hold, earlier]


@clause("a copy-level hold … by its copy alone: lent to another by override, it waits for that copy")
def _alone_waits(staff):
    copy = make_copy()
    hold = place(copy.book, copy.branch, copy=copy)
    make_copy(book=copy.book)
    code = ["copy_requested_by_another"]
    services.check_out(copy=copy, patron=make_patron(), by=staff, override=code, comment="x", at=MONDAY)
    assert (now(hold).state, now(hold).copy, now(hold).position) == ("queued", copy, 1)


# --- Records that become one


@clause("merging two records: queues by date placed, ready ones untouched")
def _merged(staff):
    ours, theirs = make_loan().copy.book, make_loan().copy.book
    second, fourth = (queue_up(ours, placed_at=MONDAY + n * DAY) for n in (2, 4))
    first, third = (queue_up(theirs, placed_at=MONDAY + n * DAY) for n in (1, 3))
    ready = make_hold(book=theirs, state=HoldState.READY)
    catalogue.merge_books(keep=ours, merged=theirs, by=staff)
    assert places(ours) == [first, second, third, fourth]
    assert (now(ready).state, now(ready).book, now(ready).shelf_until) == ("ready", ours, ready.shelf_until)


@clause("'one stays' only above the limit")
def _merged_within_the_limit(staff):
    rule(holds_per_book=2)
    patron = make_patron()
    ours, theirs = make_loan().copy.book, make_loan().copy.book
    kept, newer = queue_up(ours, patron=patron), queue_up(theirs, patron=patron)
    newest = queue_up(theirs, patron=patron, placed_at=MONDAY + DAY)
    catalogue.merge_books(keep=ours, merged=theirs, by=staff)
    assert [now(hold).state for hold in (kept, newer, newest)] == ["queued", "queued", "cancelled"]


@pytest.mark.parametrize("shows", SCENARIOS)
def test_clause(shows, staff):
    shows(staff)
