from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from accounts.tests.factories import make_user
from circulation.tests.factories import make_hold, make_loan

pytestmark = pytest.mark.django_db
LOANS, HOLDS = reverse("admin:circulation_loan_changelist"), reverse("admin:circulation_hold_changelist")


@pytest.fixture
def admin(client):
    client.force_login(make_user(Role.ADMINISTRATOR))
    return client


@pytest.mark.parametrize(("address", "make"), [(LOANS, make_loan), (HOLDS, make_hold)])
def test_list_runs_as_many_queries_for_a_full_page_as_for_two_rows(admin, address, make):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(address).status_code == 200
        return len(captured)

    for _ in range(2):
        make()
    for_two = queries()
    for _ in range(20):
        make()
    assert queries() == for_two


def test_loans_are_filtered_by_status_and_found_by_barcode(admin):
    now = timezone.now()
    late = make_loan(checked_out_at=now - timedelta(days=20))
    make_loan(checked_out_at=now)
    for query in ({"status": "overdue"}, {"q": late.copy.barcode}):
        assert [row.pk for row in admin.get(LOANS, query).context["cl"].result_list] == [late.pk]


@pytest.mark.parametrize("name", ["loan", "hold"])
def test_loans_and_holds_are_only_looked_at(admin, name):
    row = make_loan() if name == "loan" else make_hold()
    assert admin.get(reverse(f"admin:circulation_{name}_add")).status_code == 403
    assert admin.post(reverse(f"admin:circulation_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    change = reverse(f"admin:circulation_{name}_change", args=[row.pk])
    assert admin.get(change).status_code == 200
    assert admin.post(change, {}).status_code == 403


def test_librarian_starts_with_what_the_desk_needs(librarian):
    for permission in ("view_loan", "add_loan", "change_loan", "view_hold", "change_hold", "view_loanrule"):
        assert librarian.has_perm(f"circulation.{permission}")
    assert not librarian.has_perm("circulation.change_loanrule")
