"""Numbers, titles of signs, and years that cannot be: what is found by them, and what is said where nothing is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.tests.factories import make_librarian, make_user
from catalog import identifiers
from catalog.models import BookIdentifier
from catalog.search import by_number, by_signs
from catalog.search.services import search
from catalog.search.words import years
from catalog.tests.factories import make_book, record

ISBN = "9780306406157"


# -- numbers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["", "1984", "12345", "abc", "catch 22", "x" * 130 + "123456", "isbn"])
def test_fewer_than_six_digits_are_words(typed):
    assert by_number.spellings(typed) == set()


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("0-306-40615-2", ISBN),
        ("OCLC: 00123456", "123456"),
        ("ocm00123456", "123456"),
        ("(OCoLC)123456", "123456"),
        ("ISSN 0378-5955", "03785955"),
        ("n 78-890351", "n78890351"),
        ("doi:10.1000/182182", "10.1000/182182"),
        ("Ms. Add. 123456", "Ms. Add. 123456"),
    ],
)
def test_a_number_is_looked_for_in_each_form_in_which_it_may_be_kept(typed, form):
    assert form in by_number.spellings(typed)


@given(st.sampled_from(sorted(identifiers.KINDS)), st.from_regex(r"[0-9]{6,14}", fullmatch=True))
def test_what_is_kept_for_a_number_is_among_what_is_looked_for(kind, typed):
    try:
        kept = identifiers.normalise(kind, typed)
    except Exception:
        return
    assert kept in by_number.spellings(typed)


@given(st.text(max_size=60))
def test_no_text_is_an_error_and_every_form_can_be_shown(typed):
    assert all(form.isprintable() for form in by_number.spellings(typed))


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([ISBN], "No book here has the ISBN 978-0-306-40615-7."),
        (["0306406152"], "No book here has the ISBN 978-0-306-40615-7."),
        (["M-2306-7118-7"], "No book here has the ISMN 979-0-2306-7118-7."),
        (["9780306406158"], "no valid ISBN: a digit of it is wrong or missing."),
        (["whales", ISBN], "No book here has the ISBN 978-0-306-40615-7."),
        (["whales", "123456"], "No book here has the number 123456."),
    ],
)
def test_what_is_said_of_a_number_that_no_book_has(texts, said):
    assert by_number.absence(texts).endswith(said)


@pytest.mark.django_db
def test_several_books_of_one_number_are_all_found_by_whom_they_are_shown_to():
    seen, hidden = record("A"), record("B", is_suppressed=True)
    for book in (seen, hidden):
        BookIdentifier.objects.create(book=book, kind="issn", value="03785955")
    assert search("0378-5955", user=make_user()).ids == [seen.pk]
    assert set(search("0378-5955", user=make_librarian()).ids) == {seen.pk, hidden.pk}


@pytest.mark.django_db
def test_no_more_than_fifty_books_have_one_number(monkeypatch):
    monkeypatch.setattr(by_number, "AT_MOST", 2)
    for _number in range(3):
        BookIdentifier.objects.create(book=make_book(), kind="control", value="123456")
    assert len(by_number.books(["123456"], staff=True)) == 2


@pytest.mark.django_db
def test_what_can_be_no_number_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert by_number.books(["whales", "1984", ""], staff=True) == ()


@pytest.mark.django_db
def test_a_record_is_found_by_a_number_and_by_nothing_that_only_holds_it():
    book = record("The Gene", isbn=ISBN)
    reader = make_user()
    assert search(f"isbn:{ISBN}", user=reader).ids == [book.pk]
    assert search(f"{ISBN} (hardback)", user=reader).ids == [book.pk]
    assert search(f"9{ISBN}", user=reader).ids == []


# -- titles of signs -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(("title", "typed"), [("!!!", "!!!"), ("?", "?"), ("!!!", '"!!!"'), ("…", " … ")])
def test_a_title_without_a_word_is_found_by_the_whole_of_it(title, typed):
    book = record(title)
    assert search(typed, user=make_user()).ids == [book.pk]


@pytest.mark.django_db
def test_a_part_of_such_a_title_or_a_hidden_one_is_not_found():
    record("!!!")
    hidden = record("???", is_suppressed=True)
    assert search("!!", user=make_user()).ids == []
    assert search("???", user=make_user()).ids == []
    assert search("???", user=make_librarian()).ids == [hidden.pk]


@pytest.mark.django_db
def test_no_more_than_fifty_books_are_called_so(monkeypatch):
    monkeypatch.setattr(by_signs, "AT_MOST", 2)
    for _number in range(3):
        record("!!!")
    assert len(by_signs.books("!!!", staff=False)) == 2


# -- years ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["0", "00", "0-0", "-0", "0–0"])
def test_there_is_no_year_0(typed):
    assert years.absence(typed) == "There is no year 0: 1 BC is followed by 1 AD."


@pytest.mark.parametrize("typed", ["20000", "-4000", "1990-2000-2010", "9" * 300])
def test_a_year_that_cannot_be_is_said_with_those_that_can(typed):
    said = years.absence(typed)
    assert said.startswith(f"“{typed[:40]}” is no year")
    assert "from -3000 to 2200" in said
    assert len(said) < 200


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["year:0", "whales year:20000", "year:1990-2000-2010"])
def test_who_asks_for_such_a_year_finds_nothing_and_is_told(query):
    record("Whales", year=1990)
    found = search(query, user=make_user(), facets=True)
    assert (found.count, found.ids) == (0, [])
    assert "year" in found.absence
