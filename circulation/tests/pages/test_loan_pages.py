"""The reader's renewals, and the page of one loan."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_patron
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation import services
from circulation.models import LoanRule
from circulation.tests.factories import make_loan
from circulation.tests.pages.test_reader_pages import MY_LOANS, text_of

pytestmark = pytest.mark.django_db
RENEW_ALL = reverse("circulation:renew-all")


@pytest.fixture
def reader(client):
    patron = make_patron(full_name="Amina Diallo")
    client.force_login(patron.user)
    return patron


def lent(reader, title="Emma", **values):
    values.setdefault("checked_out_at", timezone.now() - timedelta(days=3))
    return make_loan(patron=reader, copy=make_copy(book=make_book(title=title)), **values)


def renew(loan):
    return reverse("circulation:renew", args=[loan.pk])


def page_of(loan):
    return reverse("circulation:loan", args=[loan.pk])


def test_button_says_until_when_and_renews(client, reader):
    loan = lent(reader)
    page = text_of(client.get(MY_LOANS))
    assert "Renew to " in page
    assert f'action="{renew(loan)}"' in page
    assert "Renewed: Emma, due" in text_of(client.post(renew(loan), follow=True))
    loan.refresh_from_db()
    assert loan.renewals == 1


def test_button_that_would_be_refused_says_why_before_it_is_pressed(client, reader):
    LoanRule.objects.update(renewals_allowed=0, no_renewal_before=2)
    loan = lent(reader)
    page = text_of(client.get(MY_LOANS))
    assert renew(loan) not in page
    assert re.search(rf'disabled\s+aria-describedby="\s*why-{loan.pk}\s*"', page)
    (why,) = re.findall(rf'id="why-{loan.pk}">(.*?)</div>', page)
    assert why.count(".") >= 2  # a sentence for each reason

    refused = text_of(client.post(renew(loan)), 422)
    assert "<b>Not renewed</b>" in refused
    told = refused.index("Not renewed")
    assert refused.count("<li>", told, refused.index("</ul>", told)) == 2


def test_double_click_renews_once(client, reader):
    loan = lent(reader)
    (once,) = re.findall(r'name="once" value="([^"]+)"', text_of(client.get(MY_LOANS)))
    for _ in range(2):
        assert "Renewed: Emma" in text_of(client.post(renew(loan), {"once": once}, follow=True))
    loan.refresh_from_db()
    assert loan.renewals == 1


def test_anothers_loan_is_not_there(client, reader):
    other = make_loan()
    assert client.post(renew(other)).status_code == 404
    assert client.get(page_of(other)).status_code == 404
    assert client.post(reverse("circulation:claim", args=[other.pk]), {"do": "lost"}).status_code == 403
    assert client.get(renew(other)).status_code == 405
    client.logout()
    assert client.post(renew(other)).status_code == 302


def test_returned_loan_cannot_be_renewed(client, reader):
    loan = lent(reader, returned_at=timezone.now())
    assert "Not renewed" in text_of(client.post(renew(loan)), 422)


def test_all_are_renewed_and_the_rest_is_told(client, reader):
    fine, other, spent = lent(reader), lent(reader, "Persuasion"), lent(reader, "Walden")
    spent.renewals, spent.renewed_at = 2, timezone.now()
    spent.save()
    assert RENEW_ALL in text_of(client.get(MY_LOANS))
    page = text_of(client.post(RENEW_ALL, follow=True))
    assert "Renewed. Emma: due" in page
    assert "Not renewed. Walden:" in page
    for loan in (fine, other):
        loan.refresh_from_db()
        assert loan.renewals == 1


def test_loan_says_why_it_is_due_then_without_naming_rows(client, reader, librarian):
    loan = services.check_out(copy=make_copy(), patron=reader, by=librarian)
    page = text_of(client.get(page_of(loan)))
    assert "Why due then" in page
    assert "14 days" in page
    assert "It can be renewed now, until" in page
    assert "any branch" not in page
    assert "Write down" not in page

    client.force_login(librarian)
    page = text_of(client.get(page_of(loan)))
    assert "any branch · any tier · any item type" in page
    assert "Write down" in page


def test_staff_write_down_claims_and_losses(client, reader, librarian):
    loan = lent(reader)
    client.force_login(librarian)
    for word, sentence in [
        ("claim", "says that it was returned"),
        ("withdraw", "has it after all"),
        ("lost", "Declared"),
    ]:
        address = reverse("circulation:claim", args=[loan.pk])
        assert sentence in text_of(client.post(address, {"do": word}, follow=True))
    loan.refresh_from_db()
    assert (loan.claimed_returned_at, loan.lost_at is not None) == (None, True)
    assert "Choose what" in text_of(client.post(address, {"do": "x"}, follow=True))


def test_story_of_a_loan_shows_renewals_and_overrides(client, reader, librarian):
    LoanRule.objects.update(renewals_allowed=0)
    loan = lent(reader)
    services.renew(loan=loan, by=librarian, override=["renewal_limit_reached"], comment="Before the exam.")
    own = text_of(client.get(page_of(loan)))
    assert "Renewed" in own
    assert "Before the exam." not in own
    client.force_login(librarian)
    assert "Before the exam." in text_of(client.get(page_of(loan)))


def test_loan_from_before_explanations_were_kept_says_so(client, reader):
    assert "before the library kept how" in text_of(client.get(page_of(lent(reader))))


def test_page_with_much_runs_as_many_queries_as_one_with_two(client, reader):
    branch = make_branch()

    def queries(address):
        with CaptureQueriesContext(connection) as captured:
            text_of(client.get(address))
        return len(captured)

    def fill(count):
        for _ in range(count):
            make_loan(patron=reader, copy=make_copy(branch=branch))
        return reader.loans.first()

    for address in (MY_LOANS, page_of(fill(2))):
        queries(address)
        for_two = queries(address)
        fill(10)
        assert queries(address) == for_two
