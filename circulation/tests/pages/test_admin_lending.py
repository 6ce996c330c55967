"""Lending and taking back in the admin."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from accounts.tests.factories import make_patron, make_user
from catalog.models import CopyStatus
from catalog.tests.factories import make_branch, make_copy
from circulation.models import Loan, Override
from circulation.tests.factories import make_loan

pytestmark = pytest.mark.django_db
LOANS = reverse("admin:circulation_loan_changelist")
LEND, TAKE_BACK = reverse("admin:circulation_loan_lend"), reverse("admin:circulation_loan_take_back")


@pytest.fixture
def admin(client, librarian):
    client.force_login(librarian)
    return client


def page(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def fresh_loan(**values):
    return make_loan(**{"checked_out_at": timezone.now() - timedelta(days=3)} | values)


def test_list_leads_to_lending_and_taking_back(admin):
    text = page(admin.get(LOANS))
    assert LEND in text
    assert TAKE_BACK in text


def test_copy_is_lent_and_taken_back(admin):
    copy, reader, north = make_copy(), make_patron(full_name="Amina Diallo"), make_branch(code="north")
    fields = {"copy": copy.barcode.lower(), "card": reader.card_number, "branch": "north"}
    text = page(admin.post(LEND, fields, follow=True))
    assert f"Lent: {copy.book.title} to Amina Diallo, due" in text
    loan = reader.loans.get()
    assert loan.branch == north
    assert "Returned: " in page(admin.post(TAKE_BACK, {"scan": copy.barcode}, follow=True))
    loan.refresh_from_db()
    assert loan.returned_at is not None


def test_refusal_lists_every_reason_to_be_ticked_and_loses_nothing(admin, librarian):
    copy, reader = make_copy(not_for_loan=True, status="damaged"), make_patron()
    fields = {"copy": copy.barcode, "card": reader.card_number, "comment": "Asked."}
    text = page(admin.post(LEND, fields), 422)
    assert "is for use in the library only." in text
    assert 'value="copy_damaged"' in text
    assert "Asked." in text
    assert f'value="{copy.barcode}"' in text
    codes = ["copy_not_for_loan", "copy_damaged"]
    assert "Lent: " in page(admin.post(LEND, fields | {"override": codes}, follow=True))
    assert Override.objects.get().by == librarian


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"override": ["copy_not_for_loan"]}, "why"),
        ({"copy": ""}, "required"),
        ({"branch": "nowhere"}, "valid choice"),
        ({"card": "L-0"}, "No reader has the card L-0."),
        ({"due_on": "2020-01-01", "comment": "x"}, "future"),
    ],
)
def test_field_that_cannot_be_right_is_told(admin, fields, sentence):
    sent = {"copy": make_copy(not_for_loan=True).barcode, "card": make_patron().card_number}
    assert sentence in page(admin.post(LEND, sent | fields), 422)
    assert not Loan.objects.exists()


def test_impossible_reason_has_nothing_to_tick(admin):
    fields = {"copy": make_copy(status="withdrawn").barcode, "card": make_patron().card_number}
    assert 'name="override"' not in page(admin.post(LEND, fields), 422)


def test_book_drop_damage_and_transit(admin):
    loan, broken = fresh_loan(), fresh_loan()
    day = timezone.localdate() - timedelta(days=1)
    make_branch(code="north")
    fields = {"scan": loan.copy.barcode, "returned_on": day.isoformat(), "branch": "north"}
    assert "Send on: " in page(admin.post(TAKE_BACK, fields, follow=True))
    loan.refresh_from_db()
    assert timezone.localtime(loan.returned_at).date() == day
    assert "To repair: " in page(admin.post(TAKE_BACK, {"scan": broken.copy.barcode, "is_damaged": "on"}, follow=True))
    for wrong in ({"scan": ""}, {"scan": "X"}, {"scan": "C", "returned_on": "2999-01-01"}):
        assert page(admin.post(TAKE_BACK, wrong), 422)


def ticked(admin, name, *loans):
    return page(admin.post(LOANS, {"action": name, "_selected_action": [loan.pk for loan in loans]}, follow=True))


def test_ticked_loans_are_renewed_each_for_itself(admin):
    fine, spent = fresh_loan(), fresh_loan(renewals=2, renewed_at=timezone.now())
    text = ticked(admin, "renew_ticked", fine, spent)
    assert "1 loan: renewed." in text
    assert f"{spent.copy.book.title}: " in text
    fine.refresh_from_db()
    assert fine.renewals == 1


def test_ticked_loans_are_claimed_lost_and_taken_back(admin):
    loan = fresh_loan()
    ticked(admin, "claim_ticked", loan)
    ticked(admin, "lose_ticked", loan)
    loan.refresh_from_db()
    assert loan.claimed_returned_at is not None
    assert loan.lost_at is not None
    assert "1 loan: taken back." in ticked(admin, "take_back_ticked", loan)
    loan.copy.refresh_from_db()
    assert loan.copy.status == CopyStatus.AVAILABLE


def test_who_may_only_look_has_no_verbs(client):
    looker = make_user(Role.LIBRARIAN)
    looker.groups.clear()
    looker.user_permissions.set(Permission.objects.filter(codename="view_loan"))
    client.force_login(looker)
    text = page(client.get(LOANS))
    assert LEND not in text
    assert "renew_ticked" not in text
    assert client.get(LEND).status_code == 403
    assert client.get(TAKE_BACK).status_code == 403


def test_override_without_the_permission_is_told(client):
    clerk = make_user(Role.LIBRARIAN)
    clerk.groups.clear()
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_loan", "add_loan", "change_loan"]))
    client.force_login(clerk)
    fields = {"copy": make_copy(not_for_loan=True).barcode, "card": make_patron().card_number, "comment": "x"}
    text = page(client.post(LEND, fields | {"override": ["copy_not_for_loan"]}), 422)
    assert "You may not set" in text
