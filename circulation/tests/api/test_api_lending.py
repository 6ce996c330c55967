"""Overrides, renewals, book drops, claims and explanations over HTTP."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from accounts.tests.factories import make_patron, make_user
from catalog.models import CopyStatus
from catalog.tests.factories import make_branch, make_copy
from circulation.models import Loan, LoanRule, Override
from circulation.tests.api.test_api import CHECK_INS, LOANS, codes
from circulation.tests.factories import make_loan

pytestmark = pytest.mark.django_db


def fresh_loan(**values):
    return make_loan(**{"checked_out_at": timezone.now() - timedelta(days=3)} | values)


def in_days(days):
    return (timezone.now() + timedelta(days=days)).isoformat()


# Lending against a refusal


def test_override_sets_every_reason_aside(api, librarian):
    copy, patron = make_copy(not_for_loan=True, status="damaged"), make_patron()
    body = {"copy": copy.barcode, "patron": patron.card_number, "override": ["copy_not_for_loan"], "comment": "Asked."}
    some = api(librarian).post(LOANS, body)
    assert (some.status_code, codes(some)) == (409, ["copy_not_for_loan", "copy_damaged"])
    due = in_days(2)
    done = api(librarian).post(LOANS, body | {"override": ["copy_not_for_loan", "copy_damaged"], "due_at": due})
    assert done.status_code == 201
    override = Override.objects.get()
    assert (str(override.loan_id), override.comment, override.by) == (done.json()["id"], "Asked.", librarian)
    assert [reason["code"] for reason in override.reasons] == ["copy_not_for_loan", "copy_damaged"]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"comment": ""}, "comment_required", "comment"),
        ({"comment": "  "}, "comment_required", "comment"),
        ({"due_at": "2020-01-01T10:00:00Z"}, "due_date_not_in_future", "due_at"),
        ({"due_at": "9999-12-31T23:59:59Z"}, "invalid", "due_at"),
        ({"due_at": "soon"}, "invalid", "due_at"),
        ({"override": ["x" * 60]}, "invalid", "override.0"),
        ({"comment": "x" * 501}, "invalid", "comment"),
        ({"branch": "nowhere"}, "invalid", "branch"),
    ],
)
def test_override_that_cannot_be_is_400_and_lends_nothing(api, librarian, change, code, field):
    copy = make_copy(not_for_loan=True)
    body = {"copy": copy.barcode, "patron": make_patron().card_number, "override": ["copy_not_for_loan"]}
    refused = api(librarian).post(LOANS, body | {"comment": "Asked."} | change)
    assert (refused.status_code, refused.json()["code"], list(refused.json()["fields"])) == (400, code, [field])
    assert not Loan.objects.exists()


def test_override_needs_the_permission(api):
    copy, patron = make_copy(not_for_loan=True), make_patron()
    body = {"copy": copy.barcode, "override": ["copy_not_for_loan"], "comment": "Please."}
    assert api(patron.user).post(LOANS, body).status_code == 403


def test_impossible_stays(api, librarian):
    copy = make_copy(status="withdrawn")
    body = {"copy": copy.barcode, "patron": make_patron().card_number, "override": ["copy_withdrawn"], "comment": "x"}
    assert codes(api(librarian).post(LOANS, body)) == ["copy_withdrawn"]


def test_loan_is_made_at_a_branch(api, librarian):
    copy, north = make_copy(), make_branch(code="north")
    body = {"copy": copy.barcode, "patron": make_patron().card_number, "branch": "north"}
    assert api(librarian).post(LOANS, body).status_code == 201
    assert copy.loans.get().branch == north


# Readers at the shelf


def test_reader_lends_to_themselves_where_the_rules_allow_it(api):
    copy, reader = make_copy(), make_patron()
    assert codes(api(reader.user).post(LOANS, {"copy": copy.barcode})) == ["self_check_out_not_allowed"]
    LoanRule.objects.update(self_check_out=True)
    lent = api(reader.user).post(LOANS, {"copy": copy.barcode, "patron": reader.card_number.lower()})
    assert lent.status_code == 201
    assert "patron" not in lent.json()
    missing = api(reader.user).post(LOANS, {"copy": make_copy(status="missing").barcode})
    assert "ask_at_the_desk" in codes(missing)


# Renewing


def test_reader_renews_and_learns_the_new_date(api):
    loan = fresh_loan()
    renewed = api(loan.patron.user).post(f"{LOANS}{loan.pk}/renew/")
    assert renewed.status_code == 200
    before = loan.due_at
    loan.refresh_from_db()
    assert loan.due_at > before
    assert (renewed.json()["renewals"], renewed.json()["alerts"]) == (1, [])


def test_refused_renewal_gives_every_reason_and_staff_set_them_aside(api, librarian):
    LoanRule.objects.update(renewals_allowed=0, no_renewal_before=2)
    loan = fresh_loan()
    address = f"{LOANS}{loan.pk}/renew/"
    refused = api(loan.patron.user).post(address)
    assert (refused.status_code, codes(refused)) == (409, ["renewal_limit_reached", "too_soon_to_renew"])
    assert api(make_patron().user).post(address).status_code == 404
    body = {"override": codes(refused), "comment": "Exam."}
    assert api(loan.patron.user).post(address, body).status_code == 403
    assert api(librarian).post(address, body).status_code == 200


def test_all_are_renewed_and_the_rest_comes_with_reasons(api, librarian):
    now = timezone.now()
    reader = make_patron()
    fine, spent = fresh_loan(patron=reader), fresh_loan(patron=reader, renewals=2, renewed_at=now)
    body = api(reader.user).post(f"{LOANS}renew-all/").json()
    assert [row["id"] for row in body["renewed"]] == [str(fine.pk)]
    assert [(row["loan"]["id"], row["reasons"][0]["code"]) for row in body["refused"]] == [
        (str(spent.pk), "renewal_limit_reached")
    ]
    again = api(librarian).post(f"{LOANS}renew-all/", {"patron": reader.card_number}).json()
    assert len(again["renewed"]) == 1
    unknown = api(librarian).post(f"{LOANS}renew-all/", {"patron": "L-0"})
    assert (unknown.status_code, codes(unknown)) == (409, ["patron_unknown"])


# Taking back


def test_book_drop_counts_from_its_own_time(api, librarian):
    loan = fresh_loan()
    when = timezone.now() - timedelta(days=1)
    body = {"copy": loan.copy.barcode, "returned_at": when.isoformat()}
    answer = api(librarian).post(CHECK_INS, body).json()
    loan.refresh_from_db()
    assert loan.returned_at == when
    assert (answer["action"], answer["nothing_changed"], answer["alerts"]) == ("shelve", False, [])


@pytest.mark.parametrize("days", [-9, 1])
def test_return_before_the_loan_or_in_the_future_is_400(api, librarian, days):
    loan = fresh_loan()
    for address, body in [(CHECK_INS, {"copy": loan.copy.barcode}), (f"{LOANS}{loan.pk}/return/", {})]:
        refused = api(librarian).post(address, body | {"returned_at": in_days(days)})
        assert (refused.status_code, list(refused.json()["fields"])) == (400, ["returned_at"])
    loan.refresh_from_db()
    assert loan.returned_at is None


def test_second_scan_changes_nothing_and_says_so(api, librarian):
    loan = fresh_loan()
    api(librarian).post(CHECK_INS, {"copy": loan.copy.barcode})
    again = api(librarian).post(CHECK_INS, {"copy": loan.copy.barcode})
    assert (again.status_code, again.json()["nothing_changed"]) == (200, True)
    assert [alert["code"] for alert in again.json()["alerts"]] == ["not_on_loan"]


def test_copy_of_another_branch_is_sent_home_and_a_damaged_one_is_put_aside(api, librarian):
    north = make_branch(code="north")
    loan, broken = fresh_loan(), fresh_loan()
    sent = api(librarian).post(CHECK_INS, {"copy": loan.copy.barcode, "branch": north.pk}).json()
    assert (sent["action"], sent["branch"]) == ("transit", loan.copy.branch_id)
    aside = api(librarian).post(f"{LOANS}{broken.pk}/return/", {"is_damaged": True}).json()
    assert aside["action"] == "repair"
    broken.copy.refresh_from_db()
    assert broken.copy.status == CopyStatus.DAMAGED


# Claimed returned, and lost


def test_claim_is_noted_and_withdrawn_and_loss_declared(api, librarian):
    loan = fresh_loan()
    client = api(librarian)
    assert client.post(f"{LOANS}{loan.pk}/claim-returned/").json()["claimed_returned_at"] is not None
    assert client.post(f"{LOANS}{loan.pk}/withdraw-claim/").json()["claimed_returned_at"] is None
    assert client.post(f"{LOANS}{loan.pk}/lost/").json()["lost_at"] is not None
    found = client.post(CHECK_INS, {"copy": loan.copy.barcode}).json()
    assert [alert["code"] for alert in found["alerts"]] == ["copy_was_lost"]
    assert client.post(f"{LOANS}{loan.pk}/lost/").status_code == 409


# Why


def test_loan_says_why_it_is_due_then(api, librarian):
    copy, reader = make_copy(), make_patron()
    pk = api(librarian).post(LOANS, {"copy": copy.barcode, "patron": reader.card_number}).json()["id"]
    told = api(librarian).get(f"{LOANS}{pk}/explain/").json()
    row = LoanRule.objects.get()
    period = next(line for line in told["values"] if line["parameter"] == "loan_period")
    assert (period["value"], period["in_words"], period["row"]) == (14, "14 days", row.pk)
    assert str(row) in period["source"]
    assert any("14 days" in sentence for sentence in told["explanation"])

    own = api(reader.user).get(f"{LOANS}{pk}/explain/").json()
    assert {(line["row"], line["source"]) for line in own["values"]} == {(None, "")}
    assert api(make_patron().user).get(f"{LOANS}{pk}/explain/").status_code == 404


def test_what_would_happen_is_told_and_nothing_happens(api, librarian):
    copy, reader = make_copy(not_for_loan=True), make_patron()
    told = api(librarian).post(f"{LOANS}explain/", {"copy": copy.barcode, "patron": reader.card_number}).json()
    assert (told["is_allowed"], [reason["code"] for reason in told["reasons"]]) == (False, ["copy_not_for_loan"])
    assert told["due_at"] is not None
    own = api(reader.user).post(f"{LOANS}explain/", {"copy": copy.barcode}).json()
    assert "self_check_out_not_allowed" in [reason["code"] for reason in own["reasons"]]
    other = api(reader.user).post(f"{LOANS}explain/", {"copy": copy.barcode, "patron": make_patron().card_number})
    assert other.status_code == 403
    unknown = api(librarian).post(f"{LOANS}explain/", {"copy": "X", "patron": "Y"}).json()
    assert [reason["code"] for reason in unknown["reasons"]] == ["copy_unknown", "patron_unknown"]
    assert not Loan.objects.exists()


# Sent twice


def test_request_with_a_key_is_done_once(api, librarian):
    copy, reader = make_copy(), make_patron()
    client, body = api(librarian), {"copy": copy.barcode, "patron": reader.card_number}
    first = client.post(LOANS, body, headers={"Idempotency-Key": "a"})
    again = client.post(LOANS, body, headers={"Idempotency-Key": "a"})
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again["Idempotent-Replayed"] == "true"
    other = client.post(LOANS, body | {"copy": make_copy().barcode}, headers={"Idempotency-Key": "a"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")

    address = f"{LOANS}{first.json()['id']}/renew/"
    for _ in range(2):
        assert client.post(address, headers={"Idempotency-Key": "b"}).json()["renewals"] == 1
    for address, body in [(CHECK_INS, {"copy": copy.barcode}), (f"{LOANS}renew-all/", {"patron": reader.card_number})]:
        answers = [client.post(address, body, headers={"Idempotency-Key": address}) for _ in range(2)]
        assert answers[0].json() == answers[1].json()
        assert answers[1]["Idempotent-Replayed"] == "true"


def test_refusal_may_be_tried_again_with_the_same_key(api, librarian):
    copy, reader = make_copy(not_for_loan=True), make_patron()
    client, body = api(librarian), {"copy": copy.barcode, "patron": reader.card_number}
    assert client.post(LOANS, body, headers={"Idempotency-Key": "a"}).status_code == 409
    copy.not_for_loan = False
    copy.save()
    assert client.post(LOANS, body, headers={"Idempotency-Key": "a"}).status_code == 201


def test_renewing_many_and_explaining_take_as_many_queries_as_few(api):
    reader = make_patron()
    copies = make_branch()

    def queries():
        loan = reader.loans.all()[0]
        with CaptureQueriesContext(connection) as captured:
            assert api(reader.user).get(f"{LOANS}{loan.pk}/explain/").status_code == 200
        return len(captured)

    for _ in range(2):
        fresh_loan(patron=reader, copy=make_copy(branch=copies))
    queries()
    for_two = queries()
    for _ in range(10):
        fresh_loan(patron=reader, copy=make_copy(branch=copies))
    assert queries() == for_two


def test_administrator_may_all_of_it(api):
    admin = make_user(Role.ADMINISTRATOR)
    copy = make_copy(not_for_loan=True)
    body = {"copy": copy.barcode, "patron": make_patron().card_number, "override": ["copy_not_for_loan"]}
    assert api(admin).post(LOANS, body | {"comment": "Yes."}).status_code == 201
