from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.feeds.ical import Event, calendar, escaped, folded

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BOOK = Event(uid="loan-1@lyceum", when=date(2026, 3, 16), summary="Due back: Emma", stamp=NOON)


def unfolded(text):
    return text.replace("\r\n ", "")


def test_day_is_a_whole_day_that_stays_free():
    assert calendar([BOOK], name="Loans").split("\r\n")[8:-2] == [
        "BEGIN:VEVENT",
        "UID:loan-1@lyceum",
        "DTSTAMP:20260302T120000Z",
        "SEQUENCE:0",
        "DTSTART;VALUE=DATE:20260316",
        "DTEND;VALUE=DATE:20260317",
        "SUMMARY:Due back: Emma",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def test_moment_is_told_in_universal_time():
    text = calendar([Event(uid="1", when=NOON, summary="x", stamp=NOON, sequence=2)], name="Loans")
    assert "DTSTART:20260302T120000Z\r\nDURATION:PT0S\r\n" in text
    assert "SEQUENCE:2\r\n" in text


def test_empty_calendar_is_still_one():
    text = calendar([], name="Loans, mine")
    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:")
    assert text.endswith("\r\nEND:VCALENDAR\r\n")
    assert "NAME:Loans\\, mine" in text


@pytest.mark.parametrize(
    ("text", "written"),
    [("a;b,c\\d", "a\\;b\\,c\\\\d"), ("a\nb", "a\\nb"), ("a\r\nb\rc", "a\\nb\\nc"), ("a\x00\x07b", "ab")],
)
def test_text_cannot_end_its_value_or_its_line(text, written):
    assert escaped(text) == written


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=400))
def test_no_line_is_longer_than_75_octets_and_none_is_changed(text):
    lines = folded(text).split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert unfolded(folded(text)) == text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_whatever_a_book_is_called_there_is_one_entry(title):
    text = calendar([Event(uid="1", when=date(2026, 3, 16), summary=title, stamp=NOON)], name="Loans")
    lines = unfolded(text).split("\r\n")
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 1
    assert all("\r" not in line and "\n" not in line for line in lines)
