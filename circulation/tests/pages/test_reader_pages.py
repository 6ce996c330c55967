import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_librarian, make_patron
from catalog import queries as catalog
from catalog.models import Branch
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation import services
from circulation.models import HoldState, Loan, LoanRule
from circulation.tests.factories import make_hold, make_loan
from tests.html import assert_valid

pytestmark = pytest.mark.django_db
MY_LOANS, PLACE = reverse("circulation:my-loans"), reverse("circulation:place-hold")


def text_of(response, status=200):
    """The page, which must be valid HTML."""
    assert response.status_code == status
    page = response.content.decode()
    assert_valid(page)
    return page


@pytest.fixture
def reader(client):
    patron = make_patron(full_name="Amina Diallo")
    client.force_login(patron.user)
    return patron


def test_nobody_is_sent_to_sign_in(client):
    response = client.get(MY_LOANS)
    assert response.status_code == 302
    assert response["Location"].endswith(f"?next={MY_LOANS}")


def test_empty_page_says_so(client, reader):
    page = text_of(client.get(MY_LOANS))
    assert "You have nothing on loan." in page
    assert "You have asked for nothing." in page


def test_loans_are_shown_with_their_due_dates_in_words(client, reader):
    now = timezone.now()
    for title, days in [("Late", -2), ("Tonight", 0), ("Soon", 1), ("Far", 10)]:
        due = (timezone.localtime(now) + timedelta(days=days)).replace(hour=23, minute=59, second=0)
        copy = make_copy(book=make_book(title=title))
        make_loan(patron=reader, copy=copy, checked_out_at=now - timedelta(days=14), due_at=due)
    make_loan(copy=make_copy(book=make_book(title="Another's")))
    page = text_of(client.get(MY_LOANS))
    assert page.index("Late") < page.index("Tonight") < page.index("Soon") < page.index("Far")
    for words in ("2 days overdue", "due today", "due tomorrow"):
        assert words in page
    assert timezone.localtime(now + timedelta(days=10)).strftime("due %A %-d %B") in page
    assert "Another&#x27;s" not in page


def test_holds_are_told_in_words_and_requests_have_a_cancel_button(client, reader):
    central = make_branch(name="Central Library")
    requested = make_hold(patron=reader, copy=make_copy(branch=central))
    ready = make_hold(patron=reader, copy=make_copy(branch=central), state=HoldState.READY)
    make_hold(patron=reader, state=HoldState.REFUSED, refusal_reason="Its pages are wet", ended_at=timezone.now())
    make_hold(patron=reader, state=HoldState.REFUSED, refusal_reason="Long ago")
    page = text_of(client.get(MY_LOANS))
    assert "We are fetching it at Central Library" in page
    assert "Ready on the hold shelf at Central Library" in page
    assert "We could not fetch it: Its pages are wet" in page
    assert "Long ago" not in page
    assert reverse("circulation:cancel-hold", args=[requested.pk]) in page
    assert reverse("circulation:change-pickup", args=[requested.pk]) in page
    assert reverse("circulation:change-pickup", args=[ready.pk]) not in page


def test_cancelling_frees_the_copy(client, reader):
    hold = make_hold(patron=reader)
    response = client.post(reverse("circulation:cancel-hold", args=[hold.pk]), follow=True)
    assert f"Cancelled: {hold.book.title}." in text_of(response)
    hold.refresh_from_db()
    assert hold.state == HoldState.CANCELLED


def test_anothers_hold_is_not_there_and_a_ready_one_stays(client, reader):
    assert client.post(reverse("circulation:cancel-hold", args=[make_hold().pk])).status_code == 404
    ready = make_hold(patron=reader, state=HoldState.READY)
    told = client.post(reverse("circulation:cancel-hold", args=[ready.pk]), follow=True)
    assert "you do not want it any more" in text_of(told)
    ready.refresh_from_db()
    assert (ready.state, ready.cancel_requested) == (HoldState.READY, True)


def test_what_stands_against_several_renewals_is_said_once_and_each_button_leads_to_it(client, reader):
    LoanRule.objects.update(renewals_allowed=0)
    loans = [make_loan(patron=reader, checked_out_at=timezone.now() - timedelta(days=3)) for _ in range(3)]
    Loan.objects.filter(pk=loans[0].pk).update(claimed_returned_at=timezone.now())
    page = text_of(client.get(MY_LOANS))
    (common,) = re.findall(r'<li id="why-1">(\d) loans: ([^<]+)</li>', page)
    assert common[0] in {"2", "3"}
    assert page.count(common[1]) == 1
    assert len(re.findall(r'disabled\s+aria-describedby="why-1', page)) == int(common[0])
    assert all(f'id="{one}"' in page for said in re.findall(r'describedby="([^"]+)"', page) for one in said.split())


def test_staff_read_what_stands_against_several_renewals_once_too(client, reader):
    LoanRule.objects.update(renewals_allowed=0)
    for _ in range(3):
        make_loan(patron=reader, checked_out_at=timezone.now() - timedelta(days=3))
    client.force_login(make_librarian())
    page = text_of(client.get(reverse("circulation:desk"), {"reader": reader.pk}))
    ((number, sentence),) = re.findall(r'<li id="why-1">(\d) loans: ([^<]+)</li>', page)
    assert number == "3"
    assert page.count(sentence) == 1


def test_open_loans_are_counted_where_they_stand_and_not_under_brought_back(client, reader):
    make_loan(patron=reader, checked_out_at=timezone.now() - timedelta(days=30))
    page = text_of(client.get(MY_LOANS))
    on_loan, brought_back = page.split('id="history"')
    assert "1 overdue" in on_loan
    assert "overdue" not in brought_back


def test_reader_is_told_how_many_renewals_are_left_and_of_a_past_loan_nothing(client, reader):
    rule = LoanRule.objects.get(branch=None, tier=None, item_type=None)
    rule.renewals_allowed, rule.renewal_period = 2, 14
    rule.save()
    copy = make_copy()
    loan = services.check_out(copy=copy, patron=reader, by=make_librarian())
    Loan.objects.filter(pk=loan.pk).update(renewals=1, renewed_at=timezone.now())
    address = reverse("circulation:loan", args=[loan.pk])
    assert "It can be renewed once more" in text_of(client.get(address))
    Loan.objects.filter(pk=loan.pk).update(returned_at=timezone.now())
    assert "It can be renewed" not in text_of(client.get(address))


def test_history_is_paginated(client, reader):
    for number in range(21):
        make_loan(patron=reader, copy=make_copy(book=make_book(title=f"Past {number:02}")), returned_at=timezone.now())
    first, second = text_of(client.get(MY_LOANS)), text_of(client.get(MY_LOANS, {"page": 2}))
    assert first.count("Past ") == 20
    assert second.count("Past ") == 1
    assert text_of(client.get(MY_LOANS, {"page": "nonsense"})).count("Past ") == 20


def test_full_page_runs_as_many_queries_as_two_rows(client, reader):
    def fill(count):
        for _ in range(count):
            make_loan(patron=reader)
            make_loan(patron=reader, returned_at=timezone.now())
            make_hold(patron=reader)
            make_hold(patron=reader, state=HoldState.REFUSED, refusal_reason="x", ended_at=timezone.now())

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(MY_LOANS)
        return len(captured)

    fill(2)
    queries()
    for_two = queries()
    fill(18)
    queries()  # the calendars of the branches that came in are kept from now on
    assert queries() == for_two


# Asking for a book


def test_request_from_the_book_page(client, reader):
    copy = make_copy(branch=make_branch(name="Central Library"))
    response = client.post(PLACE, {"book": copy.book_id, "branch": copy.branch_id}, follow=True)
    assert response.redirect_chain == [(copy.book.get_absolute_url(), 302)]
    assert "Requested. We are fetching it at Central Library." in text_of(response)
    assert reader.holds.get().copy == copy


def test_refused_request_says_every_reason_and_leads_back(client, reader):
    hold = make_hold(patron=reader)
    response = client.post(PLACE, {"book": hold.book_id, "branch": hold.pickup_branch_id})
    page = text_of(response, 422)
    assert "This book is already requested for you." in page
    assert hold.book.get_absolute_url() in page


@pytest.mark.parametrize("change", [{"book": "x"}, {"book": 10**6}, {"branch": 10**6}, {"branch": ""}])
def test_request_for_nothing_is_404(client, reader, change):
    copy = make_copy()
    assert client.post(PLACE, {"book": copy.book_id, "branch": copy.branch_id} | change).status_code == 404


def test_hidden_book_is_not_there(client, reader):
    copy = make_copy(book=make_book(is_suppressed=True))
    assert client.post(PLACE, {"book": copy.book_id, "branch": copy.branch_id}).status_code == 404


def test_nobody_who_asks_is_sent_to_sign_in_and_back_to_the_book(client):
    copy = make_copy()
    response = client.post(PLACE, {"book": copy.book_id, "branch": copy.branch_id})
    assert response.status_code == 302
    assert response["Location"].endswith(f"?next={copy.book.get_absolute_url()}")


def test_addresses_that_change_things_take_no_get(client, reader):
    assert client.get(PLACE).status_code == 405
    assert client.get(reverse("circulation:cancel-hold", args=[make_hold().pk])).status_code == 405


def panel(book, user, *, hold=None, loan=None, in_line=0):
    book.refresh_from_db()
    context = {
        "book": book,
        "availability": catalog.availability(book),
        "in_line": in_line,
        "holds": [hold] if hold else [],
        "loan": loan,
        "asks": not hold and not loan,
        "pickups": Branch.objects.all(),
        "user": user,
    }
    part = render_to_string("circulation/_request_form.html", context)
    assert_valid(part, fragment=True)
    return part


def test_panel_has_a_button_for_each_branch_with_a_free_copy():
    book, reader = make_book(), make_patron()
    north, central, empty = make_branch(name="North"), make_branch(name="Central"), make_branch(name="Empty")
    for branch, status in [(north, "available"), (central, "available"), (central, "on_loan"), (empty, "on_loan")]:
        make_copy(book=book, branch=branch, status=status)
    part = panel(book, reader.user)
    quick, _details, more = part.partition("<details>")
    assert quick.count("<button") == 2
    assert "Request at North" in quick
    assert "1 of 2 free" in quick
    assert "Empty" not in quick
    assert ">Empty</option>" in more


def test_panel_says_why_a_book_cannot_be_requested():
    reader = make_patron()
    free, loan, hold = make_copy(), make_loan(patron=reader), make_hold(patron=reader)
    assert "Sign in</a> to request it" in panel(free.book, AnonymousUser())
    assert f"?next={free.book.get_absolute_url()}" in panel(free.book, AnonymousUser())
    assert "You have this book" in panel(loan.copy.book, reader.user, loan=loan)
    assert "We are fetching it at" in panel(hold.book, reader.user, hold=hold)
    waiting = panel(make_loan().copy.book, reader.user, in_line=2)
    assert "No copy is free just now" in waiting
    assert "2 readers wait for it" in waiting
    assert "Wait in the queue" in waiting
    assert "no printed copy" in panel(make_book(), reader.user)
    for part in (panel(free.book, AnonymousUser()), panel(hold.book, reader.user, hold=hold)):
        assert "<button" not in part
