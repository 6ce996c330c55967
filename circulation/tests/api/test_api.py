from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Tier
from accounts.tests.factories import make_patron
from catalog.models import CopyStatus
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation.models import Hold, HoldState
from circulation.tests.factories import make_hold, make_loan

pytestmark = pytest.mark.django_db
LOANS, HOLDS, CHECK_INS, PICK_LIST = "/api/v1/loans/", "/api/v1/holds/", "/api/v1/check-ins/", "/api/v1/pick-list/"


def codes(response):
    return [reason["code"] for reason in response.json()["reasons"]]


# Loans


def test_librarian_lends_by_barcode_and_card(api, librarian):
    copy, patron = make_copy(), make_patron()
    response = api(librarian).post(LOANS, {"copy": f" {copy.barcode.lower()}", "patron": patron.card_number.lower()})
    loan = patron.loans.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": str(loan.pk),
        "copy": copy.barcode,
        "book": {"id": copy.book_id, "title": copy.book.title},
        "branch": copy.branch_id,
        "branch_code": copy.branch.code,
        "branch_name": copy.branch.name,
        "status": "active",
        "returned_at": None,
        "checked_out_at": response.json()["checked_out_at"],
        "due_at": response.json()["due_at"],
        "renewals": 0,
        "renewed_at": None,
        "claimed_returned_at": None,
        "lost_at": None,
        "patron": patron.card_number,
        "alerts": [],
    }


def test_loan_carries_its_alerts(api, librarian):
    response = api(librarian).post(
        LOANS, {"copy": make_copy(status="missing").barcode, "patron": make_patron().card_number}
    )
    assert response.status_code == 201
    assert [(alert["code"], alert["level"]) for alert in response.json()["alerts"]] == [("copy_was_missing", "alert")]


def test_refused_loan_gives_every_reason(api, librarian):
    loan = make_loan(copy=make_copy(not_for_loan=True), checked_out_at=timezone.now())
    response = api(librarian).post(LOANS, {"copy": loan.copy.barcode, "patron": loan.patron.card_number})
    assert response.status_code == 409
    body = response.json()
    assert body["code"] == "already_lent_to_patron"
    assert body["detail"] == f"Copy {loan.copy.barcode} is already on loan to this reader."
    assert [(reason["code"], reason["level"]) for reason in body["reasons"]] == [
        ("copy_not_for_loan", "overridable"),
        ("already_lent_to_patron", "impossible"),
    ]


def test_unknown_copy_and_card_are_both_told(api, librarian):
    response = api(librarian).post(LOANS, {"copy": "X", "patron": "Y"})
    assert (response.status_code, codes(response)) == (409, ["copy_unknown", "patron_unknown"])


@pytest.mark.parametrize("body", [{}, {"copy": ""}, {"copy": "x" * 101}, {"copy": "a\x00b"}, {"copy": ["C"]}, []])
def test_body_that_cannot_be_right_is_400(api, librarian, body):
    for address in (LOANS, CHECK_INS):
        response = api(librarian).post(address, body)
        assert (response.status_code, response.json()["code"]) == (400, "invalid")


def test_who_may_do_what(api):
    loan, hold = make_loan(), make_hold()
    for_staff = [
        (LOANS, {"copy": "C", "patron": "L-0"}),
        (f"{LOANS}renew-all/", {"patron": "L-0"}),
        (CHECK_INS, {"copy": "C"}),
        (f"{LOANS}{loan.pk}/return/", {}),
        (f"{LOANS}{loan.pk}/claim-returned/", {}),
        (f"{LOANS}{loan.pk}/withdraw-claim/", {}),
        (f"{LOANS}{loan.pk}/lost/", {}),
        (f"{HOLDS}{hold.pk}/confirm/", {}),
        (f"{HOLDS}{hold.pk}/refuse/", {"reason": "Gone."}),
    ]
    for address, body in for_staff:
        assert api().post(address, body).status_code == 401
        assert api(loan.patron.user).post(address, body).status_code == 403
    assert api(loan.patron.user).get(PICK_LIST).status_code == 403
    for address in (LOANS, HOLDS, PICK_LIST, f"{LOANS}{loan.pk}/", f"{HOLDS}{hold.pk}/"):
        assert api().get(address).status_code == 401
    assert api().post(HOLDS, {}).status_code == 401
    assert api().delete(f"{HOLDS}{hold.pk}/").status_code == 401


def test_reader_sees_own_loans_only_and_no_card(api, librarian):
    mine, other = make_loan(), make_loan()
    rows = api(mine.patron.user).get(LOANS).json()["results"]
    assert [row["id"] for row in rows] == [str(mine.pk)]
    assert "patron" not in rows[0]
    assert api(mine.patron.user).get(f"{LOANS}{mine.pk}/").status_code == 200
    refused = api(mine.patron.user).get(f"{LOANS}{other.pk}/")
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")

    seen = api(librarian).get(LOANS).json()["results"]
    assert {row["patron"] for row in seen} == {mine.patron.card_number, other.patron.card_number}


@pytest.mark.parametrize("pk", [uuid4(), "nonsense"])
def test_loan_that_does_not_exist_is_404_in_the_contracts_shape(api, librarian, pk):
    response = api(librarian).get(f"{LOANS}{pk}/")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_loans_are_filtered_by_their_status(api, librarian):
    now = timezone.now()
    at_home = make_loan(checked_out_at=now)
    late = make_loan(checked_out_at=now - timedelta(days=15))
    back = make_loan(checked_out_at=now - timedelta(days=15), returned_at=now)
    for status, loan in [("active", at_home), ("overdue", late), ("returned", back)]:
        rows = api(librarian).get(LOANS, {"status": status}).json()["results"]
        assert [(row["id"], row["status"]) for row in rows] == [(str(loan.pk), status)]
    wrong = api(librarian).get(LOANS, {"status": "borrowed"})
    assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["status"])


def test_check_in_says_where_the_copy_goes(api, librarian):
    loan = make_loan()
    response = api(librarian).post(CHECK_INS, {"copy": f"{loan.copy.barcode} "})
    body = response.json()
    assert (response.status_code, body["action"], body["hold"]) == (200, "shelve", None)
    assert (body["loan"]["id"], body["loan"]["status"]) == (str(loan.pk), "returned")
    assert (body["branch"], body["branch_name"]) == (loan.copy.branch_id, loan.copy.branch.name)

    again = api(librarian).post(CHECK_INS, {"copy": loan.copy.barcode})
    assert (again.status_code, again.json()["action"], again.json()["loan"]) == (200, "shelve", None)


def test_check_in_of_a_requested_copy_names_its_hold(api, librarian):
    hold = make_hold()
    body = api(librarian).post(CHECK_INS, {"copy": hold.copy.barcode}).json()
    assert (body["action"], body["loan"]) == ("hold_shelf", None)
    assert (body["hold"]["id"], body["hold"]["state"]) == (str(hold.pk), "ready")


def test_check_in_of_a_missing_copy_finds_it(api, librarian):
    response = api(librarian).post(CHECK_INS, {"copy": make_copy(status="missing").barcode})
    assert (response.status_code, response.json()["loan"], response.json()["action"]) == (200, None, "shelve")


def test_loan_is_returned_by_its_id_once(api, librarian):
    loan = make_loan()
    first = api(librarian).post(f"{LOANS}{loan.pk}/return/")
    assert (first.status_code, first.json()["loan"]["status"]) == (200, "returned")
    make_loan(copy=loan.copy)
    second = api(librarian).post(f"{LOANS}{loan.pk}/return/")
    assert (second.status_code, second.json()["code"]) == (409, "already_returned")


# Holds


def test_reader_requests_a_book_at_a_branch(api):
    copy, patron = make_copy(), make_patron()
    response = api(patron.user).post(HOLDS, {"book": copy.book_id, "branch": copy.branch_id})
    hold = patron.holds.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": str(hold.pk),
        "book": {"id": copy.book_id, "title": copy.book.title},
        "branch": copy.branch_id,
        "branch_code": copy.branch.code,
        "branch_name": copy.branch.name,
        "copy": copy.barcode,
        "is_copy_level": False,
        "state": "requested",
        "position": None,
        "place": None,
        "of": None,
        "expected_on": None,
        "placed_at": response.json()["placed_at"],
        "ready_at": None,
        "shelf_until": None,
        "wanted_until": None,
        "last_day": None,
        "suspended_from": None,
        "suspended_until": None,
        "cancel_requested": False,
        "ended_at": None,
        "refusal_reason": "",
    }


def test_branch_may_be_named_by_its_code(api):
    copy = make_copy(branch=make_branch(code="north"))
    response = api(make_patron().user).post(HOLDS, {"book": copy.book_id, "branch": "north"})
    assert response.status_code == 201


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"branch": 10**6}, 400),
        ({"branch": "nowhere"}, 400),
        ({"branch": None}, 400),
        ({"branch": "9" * 30}, 400),
        ({"book": "x"}, 400),
        ({"book": 2**70}, 400),
        ({"book": 10**6}, 404),
    ],
)
def test_request_for_what_does_not_exist(api, change, status):
    copy = make_copy()
    response = api(make_patron().user).post(HOLDS, {"book": copy.book_id, "branch": copy.branch_id} | change)
    assert response.status_code == status
    if status == 400:
        assert list(response.json()["fields"]) == list(change)


def test_request_for_a_hidden_book_is_404(api):
    copy = make_copy(book=make_book(is_suppressed=True))
    response = api(make_patron().user).post(HOLDS, {"book": copy.book_id, "branch": copy.branch_id})
    assert response.status_code == 404


def test_refused_request_gives_every_reason(api):
    hold = make_hold()
    Tier.objects.update(max_holds=1)
    response = api(hold.patron.user).post(HOLDS, {"book": hold.book_id, "branch": hold.pickup_branch_id})
    assert (response.status_code, codes(response)) == (409, ["book_already_held", "total_hold_limit_reached"])


def test_reader_sees_and_cancels_own_holds_only(api):
    mine, other = make_hold(), make_hold()
    client = api(mine.patron.user)
    assert [row["id"] for row in client.get(HOLDS).json()["results"]] == [str(mine.pk)]
    assert client.get(f"{HOLDS}{other.pk}/").status_code == 404
    assert client.delete(f"{HOLDS}{other.pk}/").status_code == 404
    assert client.delete(f"{HOLDS}{mine.pk}/").status_code == 204
    again = client.delete(f"{HOLDS}{mine.pk}/")
    assert (again.status_code, again.json()["code"]) == (409, "hold_ended")


def test_reader_asks_to_cancel_what_is_ready_and_staff_do(api, librarian):
    hold = make_hold(state=HoldState.READY)
    for _twice in range(2):
        asked = api(hold.patron.user).delete(f"{HOLDS}{hold.pk}/")
        assert (asked.status_code, asked.json()["state"], asked.json()["cancel_requested"]) == (202, "ready", True)
    assert api(librarian).delete(f"{HOLDS}{hold.pk}/").status_code == 204


def test_holds_are_filtered_by_state(api, librarian):
    ready = make_hold(state=HoldState.READY)
    make_hold()
    rows = api(librarian).get(HOLDS, {"state": "ready"}).json()["results"]
    assert [(row["id"], row["patron"]) for row in rows] == [(str(ready.pk), ready.patron.card_number)]
    assert api(librarian).get(HOLDS, {"state": "waiting"}).status_code == 400


def test_librarian_confirms_from_the_pick_list(api, librarian):
    hold = make_hold(copy=make_copy(shelf_mark="QH 581"))
    (row,) = api(librarian).get(PICK_LIST).json()["results"]
    assert (row["id"], row["shelf_mark"], row["copy"]) == (str(hold.pk), "QH 581", hold.copy.barcode)
    assert row["patron"] == hold.patron.card_number
    response = api(librarian).post(f"{HOLDS}{hold.pk}/confirm/")
    assert (response.status_code, response.json()["state"]) == (200, "ready")
    assert api(librarian).get(PICK_LIST).json()["count"] == 0


def test_librarian_confirms_with_another_copy(api, librarian):
    hold = make_hold()
    other = make_copy(book=hold.book)
    response = api(librarian).post(f"{HOLDS}{hold.pk}/confirm/", {"copy": other.barcode})
    assert (response.status_code, response.json()["copy"]) == (200, other.barcode)
    wrong = api(librarian).post(f"{HOLDS}{make_hold().pk}/confirm/", {"copy": other.barcode})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "copy_of_another_book")


def test_librarian_refuses_with_a_reason(api, librarian):
    hold = make_hold()
    address = f"{HOLDS}{hold.pk}/refuse/"
    assert list(api(librarian).post(address, {}).json()["fields"]) == ["reason"]
    assert list(api(librarian).post(address, {"reason": "x", "copy_status": "lost"}).json()["fields"]) == [
        "copy_status"
    ]
    response = api(librarian).post(address, {"reason": "Not on its shelf.", "copy_status": "missing"})
    assert (response.status_code, response.json()["state"]) == (200, "refused")
    assert response.json()["refusal_reason"] == "Not on its shelf."
    hold.copy.refresh_from_db()
    assert hold.copy.status == CopyStatus.MISSING
    assert api(librarian).post(address, {"reason": "Again."}).json()["code"] == "hold_not_requested"


def test_pick_list_is_in_the_order_of_a_walk(api, librarian):
    central, north = make_branch(name="Central"), make_branch(name="North")

    def waiting(branch, shelf_mark, hours):
        copy = make_copy(branch=branch, shelf_mark=shelf_mark)
        return make_hold(copy=copy, placed_at=timezone.now() - timedelta(hours=hours))

    third, fourth = waiting(central, "B", 1), waiting(north, "A", 9)
    second, first = waiting(central, "A", 2), waiting(central, "A", 5)
    rows = api(librarian).get(PICK_LIST).json()["results"]
    assert [row["id"] for row in rows] == [str(hold.pk) for hold in (first, second, third, fourth)]


def queries_of(client, address):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(address)
    assert response.status_code == 200
    return len(captured), len(response.json()["results"])


@pytest.mark.parametrize("address", [LOANS, HOLDS, PICK_LIST])
def test_full_page_runs_as_many_queries_as_two_rows(api, librarian, address):
    def fill(count):
        for _ in range(count):
            make_loan() if address == LOANS else make_hold()

    client = api(librarian)
    client.get(address)  # permissions of the user are read once
    fill(2)
    for_two, rows = queries_of(client, address)
    assert rows == 2
    fill(20)
    for_a_page, rows = queries_of(client, address)
    assert rows == 20
    assert for_a_page == for_two <= 3


def test_refused_request_stores_nothing(api):
    copy = make_copy(status="damaged")
    api(make_patron().user).post(HOLDS, {"book": copy.book_id, "branch": copy.branch_id})
    assert not Hold.objects.exists()
