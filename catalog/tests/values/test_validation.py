"""What a record may hold: each kind of value at its limits, and the sentence beyond them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from catalog import validation
from catalog.models import ItemType
from catalog.values.series_place import SeriesPlace
from library.core.errors import InvalidInput

SURROGATE = "\ud800"
PLACES = st.decimals(0, Decimal("9999.99"), places=2)


def refused(check, *given, **how) -> str:
    with pytest.raises(ValidationError) as refusal:
        check(*given, **how)
    return refusal.value.messages[0]


# -- texts ---------------------------------------------------------------------------------------------------------


def test_a_line_has_single_spaces_and_no_breaks():
    assert validation.one_line("  The\n Gene\t an  ", at_most=20) == "The Gene an"


def test_the_length_of_a_line_is_that_of_what_is_kept():
    assert validation.one_line("a  b" + " " * 50, at_most=3) == "a b"
    assert refused(validation.one_line, "abcd", at_most=3) == "At most 3 characters; this has 4."


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u3000"])
def test_a_line_that_must_be_there_is_not_empty(text):
    assert validation.one_line(text, at_most=3) == ""
    assert refused(validation.one_line, text, at_most=3, required=True) == "This may not be empty."


@pytest.mark.parametrize("text", ["a\0b", SURROGATE, "a\udfff"])
def test_what_no_database_keeps_is_refused_in_every_text(text):
    for check in (validation.prose, validation.readable, validation.barcode, validation.language):
        assert "NUL or broken ones" in refused(check, text)


@pytest.mark.parametrize("text", ["العربية", "日本語", "👩‍🔬", "a\u0301", "\ue000", "\uffff"])
def test_any_other_letter_is_kept(text):
    assert validation.readable(text) == text
    assert validation.prose(text) == text


def test_prose_keeps_its_lines_and_has_a_limit():
    assert validation.prose("  One.\n\n  Two. ") == "One.\n\n  Two."
    assert len(validation.prose("x" * 20_000 + "  ")) == 20_000
    assert refused(validation.prose, "x" * 20_001) == "At most 20000 characters; this has 20001."


@pytest.mark.parametrize(
    ("field", "longest"),
    [("title", 500), ("subtitle", 500), ("filing_title", 500), ("publisher", 200), ("series", 200)],
)
def test_each_line_of_a_record_has_its_own_limit(field, longest):
    kept = validation.checked({field: "x" * longest}, validation.BOOK)
    assert kept == {field: "x" * longest}
    with pytest.raises(InvalidInput, match=f"At most {longest} characters; this has {longest + 1}"):
        validation.checked({field: "x" * (longest + 1)}, validation.BOOK)


@pytest.mark.parametrize("field", ["subtitle", "filing_title", "publisher", "series"])
def test_all_lines_but_the_title_may_be_empty(field):
    assert validation.checked({field: " "}, validation.BOOK) == {field: ""}
    with pytest.raises(InvalidInput, match="may not be empty"):
        validation.checked({"title": " "}, validation.BOOK)


# -- names ---------------------------------------------------------------------------------------------------------


def test_names_are_kept_once_in_their_order_without_empty_ones():
    assert validation.names([" Ann  Lee", "", "Bo", "Ann Lee", " "]) == ["Ann Lee", "Bo"]


def test_there_are_at_most_a_hundred_names():
    assert len(validation.names([f"N{n}" for n in range(100)])) == 100
    assert refused(validation.names, ["x"] * 101) == "At most 100 names."


def test_a_category_has_a_shorter_name_than_a_person():
    assert validation.names(["x" * 200]) == ["x" * 200]
    assert validation.category_names(["x" * 80]) == ["x" * 80]
    assert "At most 80" in refused(validation.category_names, ["ok", "x" * 81])
    assert "At most 200" in refused(validation.names, ["x" * 201])


def test_one_text_is_no_list_of_names():
    with pytest.raises(TypeError, match="a list, not one text"):
        validation.names("Ann Lee")


def test_contributors_are_kept_once_with_each_of_their_roles():
    given_ = [
        {"name": " Ann  Lee ", "role": "editor"},
        {"name": "Ann Lee", "role": "translator"},
        {"name": "Ann Lee", "role": "editor"},
    ]
    assert validation.contributors(given_) == [("Ann Lee", "editor"), ("Ann Lee", "translator")]


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ({"name": "Bo", "role": "author"}, "Number 2: authors have a list of their own"),
        ({"name": "Bo", "role": "cook"}, "Number 2: the role is editor, translator or illustrator"),
        ({"name": "Bo"}, "Number 2: “role” is missing"),
        ({"role": "editor"}, "Number 2: “name” is missing"),
        ({"name": None, "role": "editor"}, "Number 2: “name” is missing"),
        ({"name": " ", "role": "editor"}, "Number 2: This may not be empty."),
        ({"name": "x" * 201, "role": "editor"}, "Number 2: At most 200 characters; this has 201."),
        ("Bo", "Number 2: “role” is missing"),
    ],
)
def test_the_contributor_that_is_wrong_is_told_by_its_number(second, sentence):
    assert refused(validation.contributors, [{"name": "Ann", "role": "editor"}, second]) == sentence


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ({"kind": "isbn", "value": "9780306406158"}, "Number 2: This is not a valid ISBN"),
        ({"kind": "rune", "value": "1"}, "Number 2: There is no kind of number called “rune”."),
        ({"kind": "isbn"}, "Number 2: “value” is missing"),
        ({"value": "1"}, "Number 2: “kind” is missing"),
        ({"kind": "control", "value": " "}, "Number 2: This may not be empty."),
        ({"kind": "control", "value": SURROGATE}, "Number 2: This holds characters that no text can have"),
        (7, "Number 2: “kind” is missing"),
    ],
)
def test_the_number_that_is_wrong_is_told_by_its_place(second, sentence):
    assert refused(validation.identifiers, [{"kind": "oclc", "value": "42"}, second]).startswith(sentence)


def test_numbers_and_contributors_have_a_limit_too():
    numbers = [{"kind": "control", "value": str(n)} for n in range(101)]
    assert len(validation.identifiers(numbers[:100])) == 100
    assert refused(validation.identifiers, numbers) == "At most 100 numbers."
    assert refused(validation.contributors, [{"name": "A", "role": "editor"}] * 101) == "At most 100 names."


# -- numbers -------------------------------------------------------------------------------------------------------


def test_a_year_lies_between_3000_bc_and_the_year_after_next():
    last = timezone.now().year + 2
    for year in (-3000, -1, 1, last, None):
        assert validation.year(year) == year
    for year in (-3001, last + 1):
        assert refused(validation.year, year) == f"A year between -3000 and {last}."
    assert "1 BC is followed by 1 AD" in refused(validation.year, 0)


@pytest.mark.parametrize("check", [validation.page_count, validation.minimum_age])
def test_what_is_not_known_stays_unknown(check):
    assert check(None) is None


def test_a_book_has_1_to_100000_pages():
    assert [validation.page_count(n) for n in (1, 100_000)] == [1, 100_000]
    for pages in (0, -1, 100_001):
        assert refused(validation.page_count, pages) == "Between 1 and 100000 pages."


def test_a_book_is_for_readers_from_0_to_21_years_on():
    assert [validation.minimum_age(n) for n in (0, 21)] == [0, 21]
    for age in (-1, 22):
        assert refused(validation.minimum_age, age) == "Between 0 and 21 years."


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("12.50", "12.50"),
        (" 12.5 ", "12.50"),
        (12, "12.00"),
        (Decimal("9999999.99"), "9999999.99"),
        ("0", "0.00"),
        ("1e2", "100.00"),
    ],
)
def test_a_price_is_kept_to_the_cent(given_, kept):
    assert str(validation.price(given_)) == kept


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_a_price_may_be_unknown(nothing):
    assert validation.price(nothing) is None


@pytest.mark.parametrize(
    ("given_", "sentence"),
    [
        ("twelve", "A number, for example 2 or 1.5."),
        ("12,50", "A number, for example 2 or 1.5."),
        ("-0.01", "A number from 0 to 9999999.99."),
        ("10000000", "A number from 0 to 9999999.99."),
        ("NaN", "A number from 0 to 9999999.99."),
        ("Infinity", "A number from 0 to 9999999.99."),
        ("1.005", "At most two places behind the point."),
    ],
)
def test_what_is_no_price_says_why(given_, sentence):
    assert refused(validation.price, given_) == sentence


@given(PLACES)
def test_a_place_in_a_series_is_typed_as_it_was_shown(first):
    place = validation.series_position(str(SeriesPlace(first)))
    assert place == SeriesPlace(first)


@given(st.lists(PLACES, min_size=2, max_size=2, unique=True).map(sorted))
def test_a_range_in_a_series_is_typed_as_it_was_shown(both):
    place = SeriesPlace(*both)
    assert validation.series_position(str(place)) == place
    assert validation.series_position(place.shown) == place, "with an en dash, too"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("1-", "A range needs its last number too"),
        ("3-1", "A range ends after its start"),
        ("2-2", "A range ends after its start"),
        ("2-2.00", "A range ends after its start"),
        ("one", "A number, for example 2 or 1.5, or a range"),
        ("1-two", "A number, for example 2 or 1.5, or a range"),
        ("1-2-3", "A number, for example 2 or 1.5, or a range"),
        ("-1", "A number from 0 to 9999.99."),
        ("10000", "A number from 0 to 9999.99."),
        ("1-10000", "A number from 0 to 9999.99."),
        ("1.005", "At most two places behind the point."),
    ],
)
def test_what_is_no_place_in_a_series_says_why(typed, sentence):
    assert refused(validation.series_position, typed).startswith(sentence)


@pytest.mark.parametrize(
    ("typed", "shown"), [("1.50", "1.5"), ("010", "10"), ("0", "0"), ("１–３", "1–3"), (" 1 - 3 ", "1–3")]
)
def test_a_place_in_a_series_is_shown_without_idle_noughts(typed, shown):
    place = validation.series_position(typed)
    assert place is not None
    assert place.shown == shown


# -- choices -------------------------------------------------------------------------------------------------------


def test_one_of_a_few_words_and_nothing_only_where_that_is_allowed():
    choice = validation.one_of(["new", "worn"], or_none=True)
    assert [choice(value) for value in ("new", "", None)] == ["new", "", ""]
    strict = validation.one_of(["new", "worn"])
    for value in ("", None, "eaten", "NEW"):
        assert refused(strict, value) == "One of: new, worn."


@pytest.mark.parametrize(
    ("typed", "kept"), [("EN", "en"), ("eng", "en"), ("GRC", "grc"), (" fr ", "fr"), ("nob", "no")]
)
def test_a_language_is_kept_by_one_code(typed, kept):
    assert validation.language(typed) == kept


@pytest.mark.parametrize("typed", ["", "xx", "english please", "e", "12"])
def test_a_code_of_no_language_is_refused(typed):
    assert refused(validation.language, typed).startswith("No language has this code.")


@pytest.mark.django_db
def test_an_item_type_is_given_as_itself_or_by_its_code():
    dvd = ItemType.objects.create(code="dvd", name="DVD")
    assert [validation.item_type(value) for value in (dvd, "dvd", " dvd ", "", None)] == [dvd, dvd, dvd, None, None]
    assert refused(validation.item_type, "scroll") == "There is no such item type."
    assert "At most 20" in refused(validation.item_type, "x" * 21)


@pytest.mark.parametrize(
    ("typed", "kept"), [(" C-1 ", "C-1"), ("C\u20111", "C-1"), ("C 1\u200e", "C 1"), ("x" * 40, "x" * 40)]
)
def test_a_barcode_is_kept_as_it_is_seen(typed, kept):
    assert validation.barcode(typed) == kept


@pytest.mark.parametrize(
    ("typed", "sentence"), [("\u200e", "may not be empty"), ("", "may not be empty"), ("x" * 41, "At most 40")]
)
def test_a_barcode_that_cannot_be_seen_or_is_too_long_is_refused(typed, sentence):
    assert sentence in refused(validation.barcode, typed)


# -- all of it -----------------------------------------------------------------------------------------------------


def test_every_field_that_is_wrong_is_told_and_the_first_sentence_stands_for_all():
    with pytest.raises(InvalidInput) as refusal:
        validation.checked({"title": "", "publisher": "ok", "page_count": 0, "year": 0}, validation.BOOK)
    assert list(refusal.value.fields) == ["title", "page_count", "year"]
    assert refusal.value.detail == "This may not be empty."


def test_a_field_that_nobody_knows_is_a_fault_of_the_program():
    with pytest.raises(KeyError, match="smell"):
        validation.checked({"smell": "old"}, validation.BOOK)
