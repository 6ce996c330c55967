"""What a scan came to is shown once: by the browser that scanned, to whoever scanned, and not for ever."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_librarian, make_patron
from catalog.tests.factories import make_book, make_copy
from circulation.models import LoanRule
from circulation.tests.factories import make_loan
from circulation.tests.pages.test_reader_pages import text_of
from circulation.views import shown_once

pytestmark = pytest.mark.django_db
DESK = reverse("circulation:desk")


@pytest.fixture
def scanned(client, librarian):
    """The address after a scan that opened a reader; the client has not been there yet."""
    client.force_login(librarian)
    return client.post(DESK, {"scan": make_patron(full_name="Amina Diallo").card_number})["Location"]


def shows(client, address):
    return "<b>Reader</b>" in text_of(client.get(address))


def test_it_is_shown_once(client, scanned):
    assert shows(client, scanned)
    assert not shows(client, scanned)
    assert not client.cookies[shown_once.NAME].value


def test_cookie_goes_to_the_desk_alone_and_no_script_reads_it(client, scanned):
    cookie = client.cookies[shown_once.NAME]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (DESK, True, "Lax")
    assert cookie["max-age"] == shown_once.SECONDS


def test_cookie_is_for_https_alone_where_the_session_is(client, librarian, settings):
    settings.SESSION_COOKIE_SECURE = True
    client.force_login(librarian)
    client.post(DESK, {"scan": "?"})
    assert client.cookies[shown_once.NAME]["secure"]


def test_scan_that_nobody_looked_at_is_forgotten(client, scanned, monkeypatch):
    later = timezone.now().timestamp() + shown_once.SECONDS + 1
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert not shows(client, scanned)


def test_somebody_else_in_the_same_browser_does_not_see_it(client, scanned):
    kept = client.cookies[shown_once.NAME].value
    client.force_login(make_librarian())
    client.cookies[shown_once.NAME] = kept
    assert not shows(client, scanned)


@pytest.mark.parametrize("forged", ["", "x", "eyJ0b25lIjogImdvb2QifQ:1vPb:abc"])
def test_what_we_did_not_sign_says_nothing(client, scanned, forged):
    client.cookies[shown_once.NAME] = forged
    page = client.get(scanned)
    assert page.status_code == 200
    assert 'class="banner ' not in text_of(page).split("<template")[0]


def test_what_is_too_long_for_a_cookie_is_shown_all_the_same_and_once(client, librarian):
    """A name that many share, with everything that tells them apart: the list is longer than a cookie may be."""
    LoanRule.objects.update(max_loans=-1)
    client.force_login(librarian)
    for n in range(10):
        odd = "".join(chr(0x4E00 + (n * 997 + m * 7919) % 20_000) for m in range(100))
        make_patron(full_name=f"Rahel {odd}")
    address = client.post(DESK, {"scan": "Rahel"})["Location"]
    assert not client.cookies[shown_once.NAME].value
    assert text_of(client.get(address)).count("Rahel") >= 10
    assert "Rahel" not in text_of(client.get(address))


def test_list_of_what_was_taken_back_still_lies_in_the_session(client, librarian):
    client.force_login(librarian)
    loan = make_loan(copy=make_copy(book=make_book(title="The Overstory")), checked_out_at=timezone.now())
    address = client.post(DESK, {"scan": loan.copy.barcode})["Location"]
    for _reload in range(2):
        assert "The Overstory" in text_of(client.get(address))
