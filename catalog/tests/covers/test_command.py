"""``manage.py covers``: what is missing is made, and it says how far it is."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from catalog.covers import sources
from catalog.models import Cover, WhyNone
from catalog.tests.covers.kept import FIRST_PAGE, LOOKED_UP, NAVY, shown
from catalog.tests.factories import make_book, pdf, record

pytestmark = pytest.mark.django_db
NUMBERS = ["9780306406157", "9780140328721", "9780131103627"]


@pytest.fixture
def books(settings, first_page):
    settings.COVER_SOURCES = ("https://covers.example/{isbn}",)
    filed = record("On file", "Ada Byron", file=pdf())
    return [filed, *(make_book(title=f"Book {isbn}", isbn=isbn) for isbn in NUMBERS)]


@pytest.fixture
def answers(monkeypatch):
    """What the sources say, by ISBN; pauses are counted, not waited for."""
    known: dict[str, object] = dict.fromkeys(NUMBERS, NAVY)

    def look_up(numbers, *, pause):
        pause()
        return known[numbers[0]]

    monkeypatch.setattr(sources, "look_up", look_up)
    return known


def said(*given: str) -> list[str]:
    heard = StringIO()
    call_command("covers", "--pause=0", *given, stdout=heard)
    return heard.getvalue().splitlines()


def test_all_that_is_missing_is_made_line_by_line(books, answers):
    answers[NUMBERS[0]] = WhyNone.UNKNOWN
    lines = said()

    assert lines[0] == "1 of 4: On file: there (first page of the file)"
    assert lines[3] == f"4 of 4: Book {NUMBERS[0]}: no source knows this book"
    assert lines[4] == "3 covers made, 1 not."
    assert shown(books[2]) == NAVY.key
    assert said() == ["No cover is missing."]


def test_it_makes_as_much_as_it_is_told(books, answers):
    assert said("--limit=2")[-1] == "2 covers made, 0 not."
    assert set(Cover.objects.values_list("source", flat=True)) == {FIRST_PAGE, LOOKED_UP}
    assert said("--only=first_page") == ["No cover is missing."]
    assert said("--only=looked_up")[-1] == "2 covers made, 0 not."


def test_it_ends_where_the_source_wants_to_be_asked_less(books, answers):
    answers[NUMBERS[2]] = WhyNone.BUSY
    lines = said("--only=looked_up")

    assert "go on in an hour" in lines[1]
    assert lines[-1] == "0 covers made, 1 not."


def test_it_goes_on_where_it_was_stopped(books, answers, monkeypatch):
    class Stopped(Exception):
        pass

    def stops(numbers, *, pause):
        if numbers[0] == NUMBERS[1]:
            raise Stopped
        return NAVY

    with monkeypatch.context() as patched:
        patched.setattr(sources, "look_up", stops)
        with pytest.raises(Stopped):
            said("--only=looked_up")

    assert shown(books[3]) == NAVY.key
    Cover.objects.filter(state="wanted").update(tried_at="2020-01-01T00:00Z")
    assert said("--only=looked_up")[-1] == "2 covers made, 0 not."
