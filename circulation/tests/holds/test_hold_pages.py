"""What readers and staff do with holds on pages, in the admin and from the command line."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, Tier
from accounts.tests.factories import make_patron, make_user
from catalog.models import ItemType
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation import services
from circulation.models import Hold, HoldState, LoanRule
from circulation.reports import buying
from circulation.tests.factories import make_hold, make_loan, queue_up
from circulation.tests.pages.test_reader_pages import text_of
from library.core.errors import LibraryError

pytestmark = pytest.mark.django_db
ALL, BUYING = reverse("circulation:all-holds"), "/admin/circulation/hold/buying/"
DAY = timedelta(days=1)


def address(name, *args):
    return reverse(f"circulation:{name}", args=args)


@pytest.fixture
def reader(client):
    patron = make_patron(full_name="Amina Diallo")
    client.force_login(patron.user)
    return patron


@pytest.fixture
def staff(client, librarian):
    client.force_login(librarian)
    return librarian


def now(hold):
    return Hold.objects.get(pk=hold.pk)


# Readers


def test_reader_waits_in_the_queue_from_the_book_page(client, reader):
    copy, until = make_loan().copy, timezone.localdate() + 30 * DAY
    page = text_of(client.get(copy.book.get_absolute_url()))
    assert "No copy is free just now. You can wait for one." in page
    wish = {"book": copy.book_id, "branch": copy.branch_id, "copy": copy.barcode, "wanted_until": until.isoformat()}
    page = text_of(client.post(address("place-hold"), wish, follow=True))
    hold = reader.holds.get()
    assert (hold.state, hold.is_copy_level, hold.wanted_until) == ("queued", True, until)
    assert "You are number 1 of 1 in the queue" in page
    assert "1 reader waits for it." in page


def test_wish_that_cannot_be_is_refused_in_words(client, reader):
    copy = make_copy()
    page = client.post(address("place-hold"), {"book": copy.book_id, "branch": copy.branch_id, "wanted_until": "soon"})
    assert page.status_code == 422
    yesterday = (timezone.localdate() - DAY).isoformat()
    wish = {"book": copy.book_id, "branch": copy.branch_id, "wanted_until": yesterday}
    assert "is over before you could have it" in text_of(client.post(address("place-hold"), wish), 422)
    assert not reader.holds.exists()


def test_my_loans_shows_place_and_day_and_what_stands_in_the_way(client, reader):
    loan = make_loan(checked_out_at=timezone.now(), due_at=timezone.now() + 10 * DAY)
    queue_up(loan.copy.book)
    queue_up(loan.copy.book, patron=reader)
    reader.expires_on = timezone.localdate() - DAY
    reader.save()
    page = text_of(client.get(address("my-loans")))
    assert "You are number 2 of 2 in the queue; we expect it about" in page
    assert "You would be passed over now: Your card was valid until" in page


def test_reader_lets_it_sleep_wakes_it_and_fetches_it_elsewhere(client, reader):
    hold, elsewhere = queue_up(make_loan().copy.book, patron=reader), make_branch()
    until = timezone.localdate() + 5 * DAY
    page = text_of(client.post(address("suspend-hold", hold.pk), {"until": until.isoformat()}, follow=True))
    assert "It sleeps, and keeps its place" in page
    assert "it keeps place 1" in page
    assert (now(hold).state, now(hold).suspended_until) == ("suspended", until)
    client.post(address("resume-hold", hold.pk))
    assert now(hold).state == "queued"
    client.post(address("change-pickup", hold.pk), {"branch": elsewhere.pk})
    assert now(hold).pickup_branch == elsewhere
    refused = client.post(address("suspend-hold", hold.pk), {"until": timezone.localdate().isoformat()})
    assert "Choose a day after today" in text_of(refused, 400)


def test_holds_of_others_are_not_there(client, reader):
    hold = queue_up(make_book())
    for name in ("suspend-hold", "resume-hold", "change-pickup", "cancel-hold"):
        assert client.post(address(name, hold.pk), {}).status_code == 404
    for name in ("move-hold", "keep-hold"):
        assert client.post(address(name, hold.pk), {}).status_code == 403
    for page in (ALL, address("queue", hold.book_id), address("slip", make_copy().barcode)):
        assert client.get(page).status_code == 403
    client.logout()
    assert client.get(ALL).status_code == 302


# Staff


def test_queue_page_shows_the_line_and_moves_somebody(client, staff):
    book = make_loan().copy.book
    one, two = queue_up(book), queue_up(book)
    make_hold(book=book, state=HoldState.READY, patron=make_patron(full_name="Already Served"))
    shown = client.get(address("queue", book.pk))
    page, seen = text_of(shown), shown.context["seen"]
    assert shown.text.count(seen) == 2  # as short in each row as it can be
    assert len(seen) == 32
    assert "Already Served" in page
    assert page.index(one.patron.card_number) < page.index(two.patron.card_number)
    page = text_of(client.post(address("move-hold", two.pk), {"position": 1, "seen": seen}, follow=True))
    assert "is number 1 now" in page
    assert [now(one).position, now(two).position] == [2, 1]
    stale = client.post(address("move-hold", one.pk), {"position": 1, "seen": seen})
    assert "The queue has changed meanwhile" in text_of(stale, 409)
    assert client.post(address("move-hold", one.pk), {"position": "first"}).status_code == 302
    assert client.get(address("queue", 10**6)).status_code == 404


def test_queue_page_asks_no_more_for_many_than_for_two(client, staff):
    book = make_loan().copy.book

    def queries():
        with CaptureQueriesContext(connection) as captured:
            text_of(client.get(address("queue", book.pk)))
        return len(captured)

    for _ in range(2):
        queue_up(book)
    queries()
    few = queries()
    for _ in range(10):
        queue_up(book)
    assert queries() == few


def test_hold_shelf_stands_by_its_last_day_and_cancellation_requests_are_settled(client, staff):
    north = make_branch(name="North")
    today = timezone.localdate()
    later = make_hold(state=HoldState.READY, branch=north, shelf_until=today + 5 * DAY)
    sooner = make_hold(state=HoldState.READY, shelf_until=today + DAY, cancel_requested=True)
    page = text_of(client.get(ALL))
    assert page.index(sooner.patron.card_number) < page.index(later.patron.card_number)
    assert "To be cancelled (1)" in page
    assert sooner.patron.card_number not in text_of(client.get(ALL, {"branch": north.code}))
    asked = text_of(client.get(ALL, {"show": "cancel"}))
    assert sooner.patron.card_number in asked
    assert later.patron.card_number not in asked
    client.post(address("keep-hold", sooner.pk), {"next": ALL})
    assert (now(sooner).state, now(sooner).cancel_requested) == ("ready", False)
    assert "There are none." in text_of(client.get(ALL, {"show": "cancel"}))
    for show in ("transit", "waiting", "nonsense"):
        assert client.get(ALL, {"show": show}).status_code == 200


def test_slip_names_the_hold_that_is_bound_to_the_copy_and_changes_nothing(client, staff):
    north = make_branch(name="North")
    hold = make_hold(state=HoldState.READY, branch=north, patron=make_patron(full_name="Amina Diallo"))
    queue_up(hold.book, patron=make_patron(full_name="First In Line"))
    before = Hold.objects.values().get(pk=hold.pk)
    page = text_of(client.get(address("slip", hold.copy.barcode)))
    assert "Amina Diallo" in page
    assert "North" in page
    assert "First In Line" not in page
    assert Hold.objects.values().get(pk=hold.pk) == before
    going = make_hold(state=HoldState.IN_TRANSIT, branch=north)
    assert "To North" in text_of(client.get(address("slip", going.copy.barcode)))
    home = make_copy(status="in_transit")
    assert f"To {home.branch.name}" in text_of(client.get(address("slip", home.barcode)))
    assert client.get(address("slip", "C-unknown")).status_code == 404


def test_desk_says_what_to_do_with_what_comes_back(client, staff):
    north = make_branch(name="North")
    for branch, words in ((None, "hold shelf for"), (north, "send it to North, for")):
        loan = make_loan()
        hold = queue_up(loan.copy.book, branch=branch or loan.copy.branch)
        page = text_of(client.post(address("desk"), {"scan": loan.copy.barcode}, follow=True))
        assert f"{words} {hold.patron.user}" in page
        assert address("slip", loan.copy.barcode) in page


# In the admin


@pytest.fixture
def admin(client):
    user = make_user(Role.ADMINISTRATOR)
    client.force_login(user)
    return user


def test_admin_ends_keeps_and_wakes_what_is_ticked(client, admin):
    ready = make_hold(state=HoldState.READY, cancel_requested=True)
    asleep = queue_up(make_loan().copy.book, state=HoldState.SUSPENDED)
    url = "/admin/circulation/hold/"

    def tick(action, *holds):
        given = {"action": action, "_selected_action": [str(hold.pk) for hold in holds]}
        return text_of(client.post(url, given, follow=True))

    assert "1 hold was changed" in tick("keep_ticked", ready)
    assert "Nobody has asked for this request to be cancelled" in tick("keep_ticked", ready)
    assert "1 hold was changed" in tick("wake_ticked", asleep)
    assert "2 holds were changed" in tick("cancel_ticked", ready, asleep)
    assert {now(ready).state, now(asleep).state} == {"cancelled"}


def test_buying_list_puts_the_greatest_need_first_and_names_what_nothing_can_serve(client, admin):
    many, one, none = (make_book(title=title) for title in ("Three for one", "One for one", "Nothing left"))
    for book, holds in ((many, 3), (one, 1), (none, 1)):
        make_loan(copy=make_copy(book=book)) if book is not none else make_copy(book=book, status="lost")
        for _ in range(holds):
            queue_up(book)
    page = text_of(client.get(BUYING))
    places = [page.index(title) for title in ("Nothing left", "Three for one", "One for one")]
    assert places == sorted(places)
    unserved = page[page.index("Holds that no copy can serve") :]
    assert "Nothing left" in unserved
    assert "One for one" not in unserved
    assert "One for one" not in text_of(client.get(BUYING, {"least": 2}))
    answer = client.get("/admin/circulation/hold/buying.csv")
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [row[1:5] for row in rows[1:]] == [
        ["Nothing left", "1", "0", ""],
        ["Three for one", "3", "1", "3.0"],
        ["One for one", "1", "1", "1.0"],
    ]
    client.force_login(make_patron().user)
    assert client.get(BUYING).status_code in {302, 403}


def test_buying_list_asks_no_more_for_many_than_for_two(client, admin):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            text_of(client.get(BUYING))
        return len(captured)

    for _ in range(2):
        queue_up(make_copy(status="lost").book)
    queries()
    few = queries()
    for _ in range(8):
        queue_up(make_copy(status="lost").book)
    assert queries() == few


def test_holds_that_nothing_can_serve_by_status_by_copy_and_by_rule():
    film = ItemType.objects.create(code="film", name="Film")
    gone = queue_up(make_copy(status="withdrawn").book)
    lost = make_copy(status="lost")
    alone = queue_up(lost.book, copy=lost, is_copy_level=True)
    make_copy(book=lost.book, status="on_loan")
    served = queue_up(lost.book)
    forbidden = queue_up(make_copy(item_type=film, status="on_loan").book)
    tier = Tier.objects.create(code="free", name="Free")
    free = make_patron()
    free.tier = tier
    free.save()
    allowed = queue_up(forbidden.book, patron=free)
    LoanRule.objects.create(tier=forbidden.patron.tier, item_type=film, holds_allowed=0)
    assert set(buying.unserved()) == {gone, alone, forbidden}
    assert {served, allowed}.isdisjoint(buying.unserved())


# From the command line


def desk(user, *words):
    out = io.StringIO()
    call_command("desk", "--as", user.username, *words, stdout=out)
    return out.getvalue()


def test_command_places_lists_confirms_and_cancels(librarian):
    copy, patron = make_copy(), make_patron()
    placed = desk(librarian, "place-hold", str(copy.book_id), patron.card_number, "--branch", copy.branch.code)
    hold = patron.holds.get()
    assert placed.endswith(f"We are fetching it at {copy.branch}. {hold.pk}\n")
    assert str(hold.pk) in desk(librarian, "holds", patron.card_number)
    assert copy.barcode in desk(librarian, "pick-list", "--branch", copy.branch.code)
    assert "ready" in desk(librarian, "confirm-hold", str(hold.pk))
    assert "cancelled" in desk(librarian, "cancel-hold", str(hold.pk))
    with pytest.raises(CommandError, match="has ended already"):
        desk(librarian, "cancel-hold", str(hold.pk))


def test_command_moves_suspends_wakes_and_refuses(librarian):
    book, branch = make_loan().copy.book, make_branch()
    one, two = queue_up(book), queue_up(book)
    until = (timezone.localdate() + 9 * DAY).isoformat()
    desk(librarian, "move-hold", str(two.pk), "1")
    assert desk(librarian, "queue", str(book.pk)).startswith(f"1. {two.patron.card_number}")
    assert "suspended" in desk(librarian, "suspend-hold", str(one.pk), "--until", until)
    assert "queued" in desk(librarian, "resume-hold", str(one.pk))
    desk(librarian, "change-pickup", str(one.pk), branch.code)
    assert now(one).pickup_branch == branch
    ready = make_hold(state=HoldState.READY, cancel_requested=True)
    desk(librarian, "keep-hold", str(ready.pk))
    assert now(ready).cancel_requested is False
    request = make_hold()
    assert "refused" in desk(librarian, "refuse-hold", str(request.pk), "--reason", "Torn.", "--copy-is", "damaged")


def test_command_lets_readers_do_what_is_theirs_and_no_more():
    mine, other = queue_up(make_book()), queue_up(make_book())
    user = mine.patron.user
    assert "cancelled" in desk(user, "cancel-hold", str(mine.pk))
    with pytest.raises(CommandError, match="no hold"):
        desk(user, "cancel-hold", str(other.pk))
    with pytest.raises(CommandError):
        desk(user, "queue", str(mine.book_id))
    with pytest.raises(CommandError):
        desk(user, "holds", other.patron.card_number)
    for wrong in (["cancel-hold", "7"], ["queue", "x"], ["suspend-hold", str(mine.pk), "--until", "soon"]):
        with pytest.raises(CommandError):
            desk(user, *wrong)


# Over HTTP


def test_api_does_every_verb(api, librarian):
    book = make_loan().copy.book
    one, two = queue_up(book), queue_up(book)
    staff, mine = api(librarian), api(one.patron.user)
    url = f"/api/v1/holds/{one.pk}/"
    until = (timezone.localdate() + 9 * DAY).isoformat()
    shown = mine.get(url).json()
    assert (shown["position"], shown["place"], shown["of"]) == (1, 1, 2)
    assert shown["expected_on"] is not None
    asleep = mine.post(f"{url}suspend/", {"until": until}).json()
    assert (asleep["state"], asleep["suspended_until"], asleep["position"], asleep["place"]) == (
        "suspended",
        until,
        1,
        None,
    )
    assert mine.post(f"{url}resume/").json()["state"] == "queued"
    branch = make_branch()
    assert mine.post(f"{url}branch/", {"branch": branch.code}).json()["branch_code"] == branch.code
    assert mine.post(f"{url}reorder/", {"position": 2}).status_code == 403
    key = {"Idempotency-Key": "once"}
    moved = [staff.post(f"{url}reorder/", {"position": 2}, headers=key) for _twice in range(2)]
    assert [answer.json()["position"] for answer in moved] == [2, 2]
    assert moved[1]["Idempotent-Replayed"] == "true"
    seen = {"position": 1, "seen": [str(one.pk), str(two.pk)]}
    assert staff.post(f"{url}reorder/", seen, format="json").json()["code"] == "queue_changed_meanwhile"
    rows = staff.get("/api/v1/holds/", {"book": book.pk, "state": "queued"}).json()["results"]
    assert [row["id"] for row in rows] == [str(two.pk), str(one.pk)]
    assert staff.get("/api/v1/holds/", {"book": "x"}).status_code == 400


def test_api_places_for_a_reader_on_one_copy_and_keeps_what_is_ready(api, librarian):
    copy, patron = make_copy(), make_patron()
    wish = {"book": copy.book_id, "branch": copy.branch.code, "copy": copy.barcode, "patron": patron.card_number}
    made = api(librarian).post("/api/v1/holds/", wish)
    assert (made.status_code, made.json()["is_copy_level"], made.json()["patron"]) == (201, True, patron.card_number)
    other = api(make_patron().user).post("/api/v1/holds/", wish)
    assert other.status_code == 403
    hold = services.confirm_hold(hold=patron.holds.get(), by=librarian)
    api(patron.user).delete(f"/api/v1/holds/{hold.pk}/")
    (row,) = api(librarian).get("/api/v1/holds/", {"cancel_requested": "true"}).json()["results"]
    assert row["id"] == str(hold.pk)
    kept = api(librarian).post(f"/api/v1/holds/{hold.pk}/keep/")
    assert kept.json()["cancel_requested"] is False
    with pytest.raises(LibraryError):
        services.keep_hold(hold=hold, by=librarian)


def test_list_over_http_asks_no_more_for_many_than_for_two(api, librarian):
    client = api(librarian)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/api/v1/holds/").status_code == 200
        return len(captured)

    for _ in range(2):
        queue_up(make_loan().copy.book)
    queries()
    few = queries()
    for _ in range(8):
        queue_up(make_loan().copy.book)
    assert queries() == few
