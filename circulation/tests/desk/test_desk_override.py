"""The desk's renewals, overrides, branch, book drop and explanations."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_patron
from catalog.models import CopyStatus
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation.models import Loan, LoanRule, Override
from circulation.tests.desk.test_desk import DESK, Desk
from circulation.tests.factories import make_hold, make_loan
from circulation.tests.pages.test_reader_pages import text_of

pytestmark = pytest.mark.django_db
OVERRIDE, EXPLAIN = reverse("circulation:desk-override"), reverse("circulation:explain")


@pytest.fixture
def desk(client, librarian):
    client.force_login(librarian)
    return Desk(client)


def override(client, reader, **fields):
    return client.post(f"{OVERRIDE}?reader={reader.pk}", fields)


def refuse(desk):
    """A reader at the desk whose scan was refused for two reasons."""
    reader, copy = make_patron(), make_copy(not_for_loan=True, status="damaged", book=make_book(title="Emma"))
    desk(reader.card_number)
    return reader, copy, desk(copy.barcode)


def test_refusal_offers_a_form_that_ticks_each_reason(desk):
    _reader, copy, page = refuse(desk)
    assert "Lend “Emma” all the same" in page
    for code in ("copy_not_for_loan", "copy_damaged"):
        assert re.search(rf'name="override"\s+value="{code}"', page)
    assert f'name="copy" value="{copy.barcode}"' in page
    assert "checked" not in page.split('id="override"')[1]


def test_ticked_reasons_with_a_comment_lend_it(desk, client, librarian):
    reader, copy, _page = refuse(desk)
    day = timezone.localdate() + timedelta(days=5)
    response = override(
        client, reader, copy=copy.barcode, override=["copy_not_for_loan", "copy_damaged"], comment="Asked.", due_on=day
    )
    page = text_of(client.get(response["Location"]))
    assert "<b>Lent</b>" in page
    loan = reader.loans.get()
    assert timezone.localtime(loan.due_at).strftime("%Y-%m-%d %H:%M") == f"{day} 23:59"
    assert Override.objects.get().by == librarian


def test_what_is_missing_is_told_and_nothing_typed_is_lost(desk, client):
    reader, copy, _page = refuse(desk)
    day = (timezone.localdate() + timedelta(days=5)).isoformat()
    page = text_of(override(client, reader, copy=copy.barcode, override=["copy_damaged"], due_on=day), 422)
    assert "Say why, for colleagues." in page
    assert page.count("checked") == 1
    assert f'value="{day}"' in page
    page = text_of(override(client, reader, copy=copy.barcode, override=["copy_damaged"], comment="Asked."), 422)
    assert "Tick each reason" in page
    assert "Asked.</textarea>" in page
    assert not Loan.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"due_on": "2020-01-01"}, "future"),
        ({"due_on": "soon"}, "valid date"),
        ({"due_on": "9999-01-01"}, "2999"),
        ({"due_time": "12:00"}, "Say on which day."),
        ({"due_time": "noon"}, "valid time"),
        ({"comment": "x" * 501}, "500"),
        ({"override": ["no_such_code"]}, "no such reason"),
    ],
)
def test_field_that_cannot_be_right_is_told_beside_it(desk, client, fields, sentence):
    reader, copy, _page = refuse(desk)
    sent = {"copy": copy.barcode, "override": ["copy_not_for_loan", "copy_damaged"], "comment": "Asked."} | fields
    page = text_of(override(client, reader, **sent), 422)
    assert sentence in page.split('id="override"')[1]
    assert not Loan.objects.exists()


def test_impossible_reason_offers_no_form(desk):
    reader = make_patron()
    desk(reader.card_number)
    assert 'id="override"' not in desk(make_copy(status="withdrawn").barcode)


def test_who_lacks_the_permission_sees_no_form_and_is_refused(desk, client, librarian):
    librarian.groups.clear()
    names = ["add_loan", "change_loan", "view_loan"]
    librarian.user_permissions.set(Permission.objects.filter(codename__in=names))
    reader, copy, page = refuse(desk)
    assert 'id="override"' not in page
    fields = {"copy": copy.barcode, "override": ["copy_not_for_loan", "copy_damaged"], "comment": "x"}
    assert override(client, reader, **fields).status_code == 403
    client.force_login(reader.user)
    assert override(client, reader, **fields).status_code == 403


def test_copy_lent_to_another_is_returned_and_lent(desk, client):
    loan, reader = make_loan(checked_out_at=timezone.now() - timedelta(days=1)), make_patron()
    desk(reader.card_number)
    assert "is on loan to another reader." in desk(loan.copy.barcode)
    override(client, reader, copy=loan.copy.barcode, override=["already_lent_to_another"], comment="Handed over.")
    loan.refresh_from_db()
    assert loan.returned_at is not None
    assert reader.loans.open().get().copy == loan.copy


@pytest.mark.parametrize("fields", [{}, {"copy": "X"}, {"copy": "a\x00"}, {"loan": "nonsense"}])
def test_override_of_nothing_is_not_there(desk, client, fields):
    assert override(client, make_patron(), comment="x", **fields).status_code == 404
    assert client.get(OVERRIDE).status_code == 405


# Renewing at the desk


def renew(client, loan):
    response = client.post(reverse("circulation:desk-renew", args=[loan.pk]) + f"?reader={loan.patron_id}")
    return text_of(client.get(response["Location"]))


def test_loan_is_renewed_at_the_desk(desk, client):
    loan = make_loan(checked_out_at=timezone.now() - timedelta(days=3))
    page = desk(loan.patron.card_number)
    assert reverse("circulation:desk-renew", args=[loan.pk]) in page
    assert "<b>Renewed</b>" in renew(client, loan)
    loan.refresh_from_db()
    assert loan.renewals == 1


def test_why_not_stands_beside_the_button_and_can_be_set_aside(desk, client):
    LoanRule.objects.update(renewals_allowed=0)
    loan = make_loan(checked_out_at=timezone.now() - timedelta(days=3))
    page = desk(loan.patron.card_number)
    assert "Renew all the same" in page
    page = renew(client, loan)
    assert "<b>Not renewed</b>" in page
    assert f'name="loan" value="{loan.pk}"' in page
    override(client, loan.patron, loan=loan.pk, override=["renewal_limit_reached"], comment="Exam.")
    loan.refresh_from_db()
    assert loan.renewals == 1


def test_button_that_is_pressed_twice_renews_once(desk, client):
    loan = make_loan(checked_out_at=timezone.now() - timedelta(days=3))
    page = desk(loan.patron.card_number)
    _scan, once = re.findall(r'name="once" value="([^"]+)"', page)
    address = reverse("circulation:desk-renew", args=[loan.pk]) + f"?reader={loan.patron_id}"
    for _ in range(2):
        response = client.post(address, {"once": once})
        assert "<b>Renewed</b>" in text_of(client.get(response["Location"]))
    loan.refresh_from_db()
    assert loan.renewals == 1


def test_override_that_is_sent_twice_is_done_once_and_changed_after_it_was_done_is_told(desk, client):
    LoanRule.objects.update(renewals_allowed=0)
    loan = make_loan(checked_out_at=timezone.now() - timedelta(days=3))
    desk(loan.patron.card_number)
    fields = {"loan": loan.pk, "override": ["renewal_limit_reached"], "comment": "Exam.", "once": "a"}
    for _ in range(2):
        assert override(client, loan.patron, **fields).status_code == 302
    page = text_of(override(client, loan.patron, **fields | {"comment": "Another."}), 422)
    assert "This form was sent before" in page
    assert "Another.</textarea>" in page
    loan.refresh_from_db()
    assert loan.renewals == 1


def test_impossible_renewal_has_no_button(desk):
    loan = make_loan(checked_out_at=timezone.now() - timedelta(days=3), lost_at=timezone.now())
    page = desk(loan.patron.card_number)
    assert reverse("circulation:desk-renew", args=[loan.pk]) not in page
    assert "disabled" in page


def test_all_are_renewed_at_the_desk_and_the_rest_is_told(desk, client):
    now = timezone.now()
    reader = make_patron()
    for title in ("Emma", "Persuasion"):
        make_loan(patron=reader, checked_out_at=now - timedelta(days=3), copy=make_copy(book=make_book(title=title)))
    walden = make_copy(book=make_book(title="Walden"))
    make_loan(patron=reader, checked_out_at=now - timedelta(days=3), copy=walden, renewals=2, renewed_at=now)
    desk(reader.card_number)
    response = client.post(reverse("circulation:desk-renew-all") + f"?reader={reader.pk}")
    page = text_of(client.get(response["Location"]))
    assert "2 loans renewed" in page
    assert "Walden: " in page
    assert client.post(reverse("circulation:desk-renew-all")).status_code == 404


# Where the desk stands, and what fell into the book drop


def test_desk_remembers_its_branch_and_sends_others_copies_on(desk, client):
    north, loan = make_branch(code="north", name="North"), make_loan()
    response = client.post(reverse("circulation:desk-branch"), {"branch": "north"})
    assert "This desk is at: North." in text_of(client.get(response["Location"]))
    page = desk(loan.copy.barcode)
    assert "<b>Send on</b>" in page
    assert f"put it in the box for {loan.copy.branch}" in page
    reader = make_patron()
    desk(reader.card_number)
    desk(make_copy().barcode)
    assert reader.loans.get().branch == north
    wrong = client.post(reverse("circulation:desk-branch"), {"branch": "nowhere"})
    assert "There is no such branch." in text_of(client.get(wrong["Location"]))
    client.post(reverse("circulation:desk-branch"), {"branch": ""})
    assert "Nobody has said where this desk stands" in text_of(client.get(DESK))


def test_book_drop_date_holds_for_the_scans_that_follow(desk, client):
    now = timezone.now()
    day = timezone.localdate() - timedelta(days=2)
    loans = [make_loan(checked_out_at=now - timedelta(days=9), due_at=now - timedelta(days=3)) for _ in range(2)]
    response = client.post(DESK, {"scan": loans[0].copy.barcode, "returned_on": day.isoformat()})
    assert f"returned_on={day}" in response["Location"]
    page = text_of(client.get(response["Location"]))
    assert "counts as returned on" in page
    assert f'value="{day}"' in page
    assert "1 day late" in page
    client.post(response["Location"], {"scan": loans[1].copy.barcode, "returned_on": day.isoformat()})
    for loan in loans:
        loan.refresh_from_db()
        assert timezone.localtime(loan.returned_at).date() == day


@pytest.mark.parametrize("days", [1, -30])
def test_book_drop_date_that_cannot_be_is_told_and_takes_nothing_back(desk, client, days):
    loan = make_loan(checked_out_at=timezone.now() - timedelta(days=9))
    day = timezone.localdate() + timedelta(days=days)
    response = client.post(DESK, {"scan": loan.copy.barcode, "returned_on": day.isoformat()})
    assert "<b>Not taken back</b>" in text_of(client.get(response["Location"]))
    loan.refresh_from_db()
    assert loan.returned_at is None


def test_todays_date_is_now(desk, client):
    loan = make_loan(checked_out_at=timezone.now() - timedelta(minutes=5))
    client.post(DESK, {"scan": loan.copy.barcode, "returned_on": timezone.localdate().isoformat()})
    loan.refresh_from_db()
    assert loan.returned_at is not None
    assert loan.returned_at == loan.checked_in_at


def test_damaged_copy_is_put_aside(desk, client):
    loan = make_loan()
    response = client.post(DESK, {"scan": loan.copy.barcode, "is_damaged": "on"})
    assert "<b>To repair</b>" in text_of(client.get(response["Location"]))
    loan.copy.refresh_from_db()
    assert loan.copy.status == CopyStatus.DAMAGED


def test_second_scan_changes_nothing_and_says_so(desk):
    loan = make_loan()
    assert "<b>Returned</b>" in desk(loan.copy.barcode)
    assert "<b>Nothing changed</b>" in desk(loan.copy.barcode)


# Why


def test_refusal_leads_to_its_explanation(desk, client):
    reader, copy, page = refuse(desk)
    address = f"{EXPLAIN}?reader={reader.pk}&amp;copy={copy.barcode}"
    assert address in page
    told = text_of(client.get(address.replace("&amp;", "&")))
    assert "Would be refused" in told
    assert "copy_not_for_loan" in told
    assert "can be set aside" in told
    assert "any branch · any tier · any item type" in told
    assert not Loan.objects.exists()


def test_card_that_is_typed_becomes_an_id_in_the_address(desk, client):
    reader, copy = make_patron(), make_copy()
    response = client.post(EXPLAIN, {"copy": copy.barcode.lower(), "card": reader.card_number.lower()})
    assert response["Location"] == f"{EXPLAIN}?reader={reader.pk}&copy={copy.barcode}"
    assert "Would be lent" in text_of(client.get(response["Location"]))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Scan or type the copy’s barcode."),
        ({"copy": "X", "card": "Y"}, "No reader has this card."),
        ({"copy": "x" * 101, "card": "Y"}, "at most 100"),
    ],
)
def test_explanation_of_nothing_is_told(desk, client, fields, sentence):
    assert sentence in text_of(client.post(EXPLAIN, fields), 422)


def test_unknown_copy_is_told_beside_its_field(desk, client):
    page = text_of(client.post(EXPLAIN, {"copy": "X", "card": make_patron().card_number}), 422)
    assert "No copy has this barcode." in page
    assert 'value="X"' in page
    assert "What would happen?" in text_of(client.get(EXPLAIN, {"copy": "X"}))


def test_claims_of_others_are_told_at_the_desk(desk):
    hold, reader = make_hold(), make_patron()
    desk(reader.card_number)
    assert "has been requested by another reader." in desk(hold.copy.barcode)


def test_form_sent_empty_is_told_of_reasons_and_comment_at_once(desk, client):
    LoanRule.objects.update(renewals_allowed=0)
    loan = make_loan(checked_out_at=timezone.now() - timedelta(days=3))
    desk(loan.patron.card_number)
    response = client.post(reverse("circulation:desk-override") + f"?reader={loan.patron_id}", {"loan": loan.pk})
    assert response.status_code == 422
    assert set(response.context["override"].errors) == {"override", "comment"}
