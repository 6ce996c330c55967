from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_patron
from catalog.tests.factories import make_book, make_copy
from circulation.feeds import services as feeds
from circulation.models import CalendarAddress, Loan
from circulation.tests.factories import make_loan
from circulation.tests.pages.test_reader_pages import MY_LOANS, text_of
from library.activity.models import Activity

pytestmark = pytest.mark.django_db
FILE, ADDRESS = reverse("circulation:my-calendar"), reverse("circulation:calendar-address")


@pytest.fixture
def reader(client):
    patron = make_patron(full_name="Amina Diallo")
    client.force_login(patron.user)
    return patron


def lines_of(response):
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return response.content.decode().replace("\r\n ", "").split("\r\n")


def feed_of(patron):
    return reverse("circulation:calendar-feed", args=[feeds.token_of(patron)])


def test_file_has_what_is_at_home_and_nothing_of_others(client, reader):
    loan = make_loan(patron=reader, copy=make_copy(book=make_book(title="Emma, or; so")))
    make_loan(patron=reader, returned_at=timezone.now())
    make_loan(copy=make_copy(book=make_book(title="Another's")))
    response = client.get(FILE)
    lines = lines_of(response)
    assert "attachment" in response["Content-Disposition"]
    assert lines.count("BEGIN:VEVENT") == 1
    assert "SUMMARY:Due back: Emma\\, or\\; so" in lines
    assert f"UID:loan-{loan.pk}@lyceum" in lines
    assert f"DTSTART;VALUE=DATE:{timezone.localtime(loan.due_at):%Y%m%d}" in lines
    assert "URL:http://testserver/loans/" in lines


def test_late_evening_is_that_day_by_the_librarys_clock(client, reader, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    due = datetime(2026, 3, 16, 14, 59, tzinfo=UTC)  # 23:59 there
    make_loan(patron=reader, checked_out_at=due - timedelta(days=1), due_at=due)
    assert "DTSTART;VALUE=DATE:20260316" in lines_of(client.get(FILE))


def test_loan_by_the_hour_is_a_moment(client, reader):
    due = datetime(2026, 3, 16, 15, 30, tzinfo=UTC)
    make_loan(patron=reader, checked_out_at=due - timedelta(hours=2), due_at=due, is_hourly=True)
    assert "DTSTART:20260316T153000Z" in lines_of(client.get(FILE))


def test_file_is_for_who_is_signed_in(client):
    assert client.get(FILE).status_code == 302
    assert client.post(ADDRESS, {"do": "make"}).status_code == 302
    assert not CalendarAddress.objects.exists()


def test_secret_address_works_without_signing_in_until_it_is_ended(client, reader):
    make_loan(patron=reader, copy=make_copy(book=make_book(title="Emma")))
    assert "Your secret address" not in text_of(client.get(MY_LOANS))
    page = text_of(client.post(ADDRESS, {"do": "make"}, follow=True))
    address = feed_of(reader)
    assert f"http://testserver{address}" in page

    client.logout()
    response = client.get(address)
    assert "SUMMARY:Due back: Emma" in lines_of(response)
    assert response["X-Robots-Tag"] == "noindex"

    client.force_login(reader.user)
    assert "has ended" in text_of(client.post(ADDRESS, {"do": "end"}, follow=True))
    assert client.get(address).status_code == 404
    assert set(Activity.objects.values_list("verb", flat=True)) >= {"calendar_address.made", "calendar_address.ended"}


def test_new_address_ends_the_one_before(client, reader):
    feeds.make_address(patron=reader)
    old = feed_of(reader)
    feeds.make_address(patron=reader)
    assert client.get(old).status_code == 404
    assert client.get(feed_of(reader)).status_code == 200


def test_address_ends_with_all_sessions_and_with_the_account(client, reader):
    feeds.make_address(patron=reader)
    address = feed_of(reader)
    reader.user.is_active = False
    reader.user.save()
    assert client.get(address).status_code == 404
    reader.user.is_active, reader.user.token_epoch = True, 1
    reader.user.save()
    assert client.get(address).status_code == 404
    assert client.get(feed_of(reader)).status_code == 200


@pytest.mark.parametrize("token", ["x", "WyJ4IiwwXQ:1abc:sig", "%00", "a" * 3000])
def test_guessed_address_is_not_there(client, token):
    assert client.get(f"/calendar/{token}.ics").status_code == 404


def test_unknown_wish_changes_nothing_and_is_told(client, reader):
    assert "Choose whether" in text_of(client.post(ADDRESS, {"do": "x"}, follow=True))
    assert client.get(ADDRESS).status_code == 405


def test_many_loans_take_as_many_queries_as_two(client, reader):
    feeds.make_address(patron=reader)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            lines_of(client.get(feed_of(reader)))
        return len(captured)

    for _ in range(2):
        make_loan(patron=reader)
    for_two = queries()
    for _ in range(10):
        make_loan(patron=reader)
    assert queries() == for_two


def event_of(client, *, wanted=("SEQUENCE", "DTSTAMP", "DTSTART;VALUE=DATE")):
    lines = dict(line.partition(":")[::2] for line in lines_of(client.get(FILE)))
    return tuple(lines[name] for name in wanted)


def test_every_change_of_the_date_counts_and_is_stamped_and_nothing_else_is(client, reader):
    lent = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    loan = make_loan(patron=reader, checked_out_at=lent, due_at=lent + timedelta(days=14))
    assert event_of(client) == ("0", "20260302T090000Z", "20260316")
    loan.claimed_returned_at = timezone.now()
    loan.save()
    assert event_of(client) == ("0", "20260302T090000Z", "20260316")
    before = f"{timezone.now():%Y%m%dT%H%M%SZ}"
    for number in (1, 2):  # by whatever way: here, as a re-dating writes it
        Loan.objects.filter(pk=loan.pk).update(due_at=lent + timedelta(days=14 + number))
        sequence, stamp, day = event_of(client)
        assert (sequence, day) == (str(number), f"202603{16 + number}")
        assert stamp >= before


def test_the_same_calendar_is_the_same_to_the_byte_and_is_sent_once(client, reader):
    feeds.make_address(patron=reader)
    loan = make_loan(patron=reader)
    for address in (FILE, feed_of(reader)):
        first, second = client.get(address), client.get(address)
        assert first.content == second.content
        tag = first["ETag"]
        again = client.get(address, headers={"if-none-match": tag})
        assert (again.status_code, again.content, again["Cache-Control"]) == (304, b"", "private, no-cache")
        loan.due_at += timedelta(days=1)
        loan.save()
        assert client.get(address, headers={"if-none-match": tag}).status_code == 200


def test_a_returned_loan_is_gone_from_the_calendar(client, reader):
    loan = make_loan(patron=reader)
    tag = client.get(FILE)["ETag"]
    loan.returned_at = timezone.now()
    loan.save()
    assert "BEGIN:VEVENT" not in lines_of(client.get(FILE, headers={"if-none-match": tag}))
