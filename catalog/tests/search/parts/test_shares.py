"""How ten places for suggestions are shared, how they are said, and what is read of what was typed."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from hypothesis import given
from hypothesis import strategies as st

from catalog import services
from catalog.models import Author
from catalog.search import beginnings
from catalog.search.suggestions import LETTERS_AT_MOST, beginning, by_kind, suggest
from catalog.tests.factories import record

ANYBODY = AnonymousUser()


def kinds(typed: str, **how) -> list[str]:
    return [one.kind for one in suggest(typed, user=ANYBODY, **how)]


@given(st.text(st.characters(), max_size=300))
def test_what_was_typed_is_read_folded_and_never_an_error(typed):
    read = beginning(typed)
    assert len(read) <= LETTERS_AT_MOST
    assert read == read.strip()
    assert "\0" not in read
    read.encode()


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  Émile", "emile"),
        ("“Heroes", "heroes"),
        ("…and", "and"),
        ("\0on\0the", "on the"),
        ("!!!", ""),
        ("a\ud800b", "ab"),
    ],
)
def test_leading_signs_and_accents_mean_nothing(typed, read):
    assert beginning(typed) == read


@pytest.mark.django_db
def test_titles_take_the_places_that_others_leave_free():
    for number in range(12):
        record(f"Whales {number:02d}")
    assert kinds("whales") == ["title"] * 10
    assert kinds("whales", limit=3) == ["title"] * 3
    assert kinds("whales", limit=1) == ["title"]


@pytest.mark.django_db
def test_each_kind_keeps_its_share_where_all_have_enough():
    for number in range(8):
        record(
            f"Whales {number}", f"Whale {number} Ahab", subjects=[f"Whales of {number}"], series=f"Whale tales {number}"
        )
    found = kinds("whale")
    assert {kind: found.count(kind) for kind in found} == {"title": 4, "author": 3, "subject": 2, "series": 1}
    assert found == sorted(found, key=["title", "author", "subject", "series"].index)


@pytest.mark.django_db
def test_a_place_that_one_kind_leaves_free_goes_to_the_next():
    for number in range(8):
        record(f"Book {number}", f"Whale {number} Ahab", subjects=[f"Whales of {number}"])
    found = kinds("whale")
    assert (len(found), found.count("title")) == (10, 0)
    assert found.count("author") > 3
    assert found.count("subject") >= 2


@pytest.mark.django_db
def test_groups_have_headings_and_empty_ones_are_left_out():
    record("Whales", "Ann Whale", series="Whale Tales")
    groups = by_kind(suggest("whale", user=ANYBODY))
    assert [heading for heading, _ones in groups] == ["Books", "People", "Series"]
    assert by_kind([]) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("books", "said"), [(1, "1 book"), (2, "2 books"), (3, "3 books and more"), (5, "3 books and more")]
)
def test_how_many_books_there_are_is_said_up_to_a_limit(books, said, monkeypatch):
    monkeypatch.setattr("catalog.search.suggestions.COUNT_AT_MOST", 3)
    for number in range(books):
        record(f"Book {number}", "Ann Whale")
    (found,) = suggest("ann wh", user=ANYBODY)
    assert found.detail == said


@pytest.mark.django_db
def test_another_name_is_said_with_the_number_of_books():
    record("Tom Sawyer", "Mark Twain")
    services.set_aliases(author=Author.objects.get(), names=["Samuel Clemens"])
    (found,) = suggest("clemens", user=ANYBODY)
    assert (found.text, found.detail) == ("Mark Twain", "also Samuel Clemens · 1 book")


@pytest.mark.django_db
def test_a_person_by_both_names_stands_there_once():
    record("Tom Sawyer", "Mark Twain")
    services.set_aliases(author=Author.objects.get(), names=["Mark Clemens", "Mark Snodgrass"])
    (found,) = suggest("mark", user=ANYBODY)
    assert (found.text, found.detail) == ("Mark Twain", "1 book")


@pytest.mark.django_db
def test_a_title_says_who_wrote_it_and_in_which_language():
    record("Der Wal", "Ann Lee", "Bo Poe", language="de", contributors=[{"name": "Cy Fox", "role": "editor"}])
    record("Der Walfang", language="de")
    first, second = suggest("der wal", user=ANYBODY)
    assert [(one.detail, one.language) for one in (first, second)] == [("Ann Lee", "de"), ("", "de")]


@pytest.mark.django_db
def test_the_most_read_of_the_titles_that_begin_so_comes_first():
    record("Whales at Sea")
    read = record("Whales on Land")
    type(read).objects.filter(pk=read.pk).update(popularity=7)
    assert [one.text for one in suggest("whales", user=ANYBODY)] == ["Whales on Land", "Whales at Sea"]


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["whales", "ann wh", "whale tales"])
def test_what_is_suggested_is_the_same_outside_a_transaction(typed, transactional_db):
    record("Whales", "Ann Whale", series="Whale Tales", subjects=["Whales"])
    rows = beginnings.read(beginning(typed), everything=False, limit=10)
    assert rows == beginnings.read(beginning(typed), everything=True, limit=10)
    assert {row[0] for row in rows} <= {"title", "author", "subject", "series"}
    assert rows
