"""People with their roles and names, series, numbers, readers: what a record may say, and what is refused."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from catalog import services
from catalog.errors import CategoryCircle, CopyMoveImpossible, IsbnTaken
from catalog.models import Author, AuthorAlias, Book, Category, Copy, ItemType, Series, Subject
from catalog.semantic import similar
from catalog.services import authorities
from catalog.tests.factories import make_book, make_branch, make_copy, record
from library.core.errors import InvalidInput

pytestmark = pytest.mark.django_db


def contributors(book: Book) -> list[tuple[str, str]]:
    rows = book.authorships.exclude(role="author").select_related("author")
    return [(row.author.name, row.role) for row in rows]


def numbers(book: Book) -> list[tuple[str, str]]:
    return list(book.identifiers.values_list("kind", "value"))


def change(book: Book, **changes: Any) -> Book:
    services.update_book(book=book, changes=changes, by=None)
    return Book.objects.get(pk=book.pk)


def test_a_whole_record_is_kept():
    book = record(
        "The Hobbit",
        "J. R. R. Tolkien",
        isbn="9780306406157",
        series="Middle-earth",
        series_position="0.5",
        contributors=[
            {"name": "Douglas Anderson", "role": "editor"},
            {"name": "Tolkien, J. R. R.", "role": "illustrator"},
        ],
        identifiers=[
            {"kind": "oclc", "value": "ocm00000042"},
            {"kind": "oclc", "value": "42"},
            {"kind": "isbn", "value": "0-306-40615-2"},
            {"kind": "isbn", "value": "0-8044-2957-X"},
        ],
        reading_level="children",
        minimum_age=8,
        is_suppressed=True,
    )
    book.refresh_from_db()
    assert book.author_names == ["J. R. R. Tolkien"]
    assert contributors(book) == [("Douglas Anderson", "editor"), ("J. R. R. Tolkien", "illustrator")]
    assert (str(book.series), book.series_position) == ("Middle-earth", Decimal("0.5"))
    assert numbers(book) == [("isbn", "9780804429573"), ("oclc", "42")]
    assert (book.reading_level, book.minimum_age, book.is_suppressed) == ("children", 8, True)
    assert "middle earth" in book.search_c
    assert "anderson" in book.search_b
    assert Author.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "wrong", "sentence"),
    [
        ("contributors", [{"name": "Ann"}], "role"),
        ("contributors", [{"name": "Ann", "role": "author"}], "list of their own"),
        ("contributors", [{"name": "Ann", "role": "editor"}, {"name": " ", "role": "editor"}], "Number 2"),
        ("contributors", [{"name": "Ann", "role": "cook"}], "translator"),
        ("contributors", ["Ann"], "missing"),
        ("contributors", [{"name": "x" * 201, "role": "editor"}], "200"),
        ("identifiers", [{"kind": "issn", "value": "0317-8472"}], "check digit"),
        ("identifiers", [{"kind": "ean", "value": "1"}], "no kind"),
        ("identifiers", [{"value": "1"}], "missing"),
        ("identifiers", [{"kind": "control", "value": "\ud800"}], "characters"),
        ("identifiers", [{"kind": "control", "value": str(n)} for n in range(101)], "100"),
        ("series", "x" * 201, "200"),
        ("series_position", "two", "number"),
        ("series_position", "-1", "0 to"),
        ("series_position", "NaN", "0 to"),
        ("series_position", "1.125", "two places"),
        ("series_position", 10_000, "9999"),
        ("series_position", "one-three", "a range"),
        ("series_position", "1-three", "a range"),
        ("series_position", "1-2-3", "a range"),
        ("series_position", "-", "a range"),
        ("series_position", "1-", "last number"),
        ("series_position", "1 – ", "last number"),
        ("series_position", "3-1", "after its start"),
        ("series_position", "2-2.00", "after its start"),
        ("series_position", "1--3", "0 to"),
        ("series_position", "1-10000", "9999"),
        ("series_position", "1-2.125", "two places"),
        ("series_position", "1" * 30 + "-2", "0 to"),
        ("reading_level", "babies", "children"),
        ("minimum_age", 22, "21"),
        ("minimum_age", -1, "21"),
    ],
)
def test_what_cannot_be_right_is_named_and_nothing_is_stored(field, wrong, sentence):
    with pytest.raises(InvalidInput) as refusal:
        record(
            "The Hobbit",
            series=wrong if field == "series" else "Middle-earth",
            **({} if field == "series" else {field: wrong}),
        )
    assert list(refusal.value.fields) == [field]
    assert sentence in refusal.value.fields[field][0]
    assert not Book.objects.exists()
    assert not Author.objects.exists()


def test_a_place_in_a_series_needs_the_series_and_goes_with_it():
    with pytest.raises(InvalidInput, match="needs the series"):
        record("Alone", series_position=2)
    book = record("Third", series="Saga", series_position=3)
    assert change(Book.objects.defer("series_position").get(pk=book.pk), series="").series_position is None
    with pytest.raises(InvalidInput, match="needs the series"):
        change(book, series_position=1)  # the object still knows the series that the record lost


@pytest.mark.parametrize(
    ("typed", "start", "end", "text", "shown"),
    [
        ("1-3", "1", "3", "1-3", "1–3"),
        ("1–3", "1", "3", "1-3", "1–3"),  # an en dash
        (" 1 — 3 ", "1", "3", "1-3", "1–3"),
        ("1\u20113", "1", "3", "1-3", "1–3"),  # a hyphen that does not break
        ("4\u22126.50", "4", "6.5", "4-6.5", "4–6.5"),  # a minus sign
        ("9-10", "9", "10", "9-10", "9–10"),
        ("0-0.5", "0", "0.5", "0-0.5", "0–0.5"),
        ("10-20", "10", "20", "10-20", "10–20"),
        ("١-٣", "1", "3", "1-3", "1–3"),
        ("2", "2", None, "2", "2"),
        (Decimal("1.50"), "1.5", None, "1.5", "1.5"),
        (0, "0", None, "0", "0"),
    ],
)
def test_a_place_in_a_series_is_a_number_or_a_range(typed, start, end, text, shown):
    book = record("Omnibus", series="Saga", series_position=typed)
    book.refresh_from_db()
    assert (book.series_position, book.series_position_end) == (Decimal(start), end and Decimal(end))
    assert book.series_place is not None
    assert (str(book.series_place), book.series_place.shown) == (text, shown)


def test_a_range_becomes_a_number_again_and_goes_with_its_series():
    book = record("Omnibus", series="Saga", series_position="1-3")
    book = change(book, series_position=4)
    book.refresh_from_db()
    assert (str(book.series_place), book.series_position_end) == ("4", None)
    change(book, series_position="4-5")
    change(book, series="Cycle")
    book.refresh_from_db()
    assert str(book.series_place) == "4-5"
    change(book, series="")
    book.refresh_from_db()
    assert (book.series_position, book.series_position_end) == (None, None)


@pytest.mark.parametrize(("start", "end"), [("3", "1"), ("2", "2"), (None, "2")])
def test_the_database_refuses_a_range_that_does_not_end_after_its_start(start, end):
    book = record("Omnibus", series="Saga", series_position=1)
    with pytest.raises(IntegrityError, match="book_position_end_after_start"):
        Book.objects.filter(pk=book.pk).update(series_position=start, series_position_end=end)


@pytest.mark.parametrize(("most", "places"), [(1, "1"), (2, "1 1-2"), (3, "1 1-2 1-3"), (4, "1 1-2 1-3 2")])
def test_books_of_a_series_come_by_start_then_end(monkeypatch, most, places):
    monkeypatch.setattr(similar, "BY_SERIES", most)
    for place in ("2", "1-3", "", "1", "1-2"):
        record(f"Volume {place}", series="Saga", series_position=place)
    alike = [Book.objects.get(pk=one.book_id) for one in similar.like(record("Prequel", series="Saga"))]
    assert sorted(str(book.series_place) for book in alike) == places.split()


def test_each_list_is_replaced_by_itself():
    book = record(
        "A",
        "Ann Lee",
        contributors=[{"name": "Bea", "role": "editor"}],
        identifiers=[{"kind": "control", "value": "1"}],
    )
    book = change(book, authors=["Cy"])
    assert (book.author_names, contributors(book)) == (["Cy"], [("Bea", "editor")])
    book = change(book, contributors=[{"name": "Cy", "role": "translator"}], identifiers=[])
    assert (book.author_names, contributors(book), numbers(book)) == (["Cy"], [("Cy", "translator")], [])


def test_another_name_finds_the_author_and_their_books():
    book = record("Life on the Mississippi", "Mark Twain")
    twain = Author.objects.get()
    services.set_aliases(author=twain, names=["Samuel Clemens", "Twain, Mark", " ", "Clemens, Samuel"])
    assert [alias.name for alias in twain.aliases.all()] == ["Samuel Clemens"]
    assert AuthorAlias.objects.get().sort_name == "clemens, samuel"
    book.refresh_from_db()
    assert "samuel clemens" in book.search_b
    again = record("Roughing It", "Clemens, Samuel", "Mark Twain")
    assert list(again.authors.all()) == [twain]
    services.set_aliases(author=twain, names=[])
    book.refresh_from_db()
    assert "clemens" not in book.search_b


def test_a_name_wins_over_anothers_alias():
    one, other = record("A", "Ann Lee").authors.get(), record("B", "Bea Poe").authors.get()
    services.set_aliases(author=one, names=["Bea Poe"])
    assert record("C", "Bea Poe").authors.get() == other


def test_headings_and_series_are_folded_however_they_are_written():
    record("A", subjects=["Écologie"], series="Ça ira")
    assert (Subject.objects.get().sort_name, Series.objects.get().sort_name) == ("ecologie", "ca ira")
    record("B", subjects=["écologie"], series="ça IRA")
    services.rename_subject(subject=Subject.objects.get(), name="Öl")
    services.rename_series(series=Series.objects.get(), name="Straße")
    assert (Subject.objects.get().sort_name, Series.objects.get().sort_name) == ("ol", "strasse")
    assert [book.search_c for book in Book.objects.order_by("title")] == ["ol strasse"] * 2


def test_a_category_does_not_lie_within_itself_and_says_so():
    top = authorities.categories(["Science"])[0]
    low = services.save_category(category=Category(), name="Cells", parent=top)
    with pytest.raises(CategoryCircle, match="Cells is Science itself or lies within it") as refusal:
        services.save_category(category=top, name="Science", parent=low)
    assert "parent" in refusal.value.fields
    assert Category.objects.get(pk=top.pk).parent is None
    assert authorities.lies_within(low, top)
    assert not authorities.lies_within(top, low)


def test_an_isbn_that_another_record_has_as_a_further_number_is_taken():
    record("The Gene", identifiers=[{"kind": "isbn", "value": "9780306406157"}])
    with pytest.raises(IsbnTaken, match="The Gene"):
        record("The Gene, again", isbn="0306406152")
    other = record("Other")
    with pytest.raises(IsbnTaken):
        change(other, isbn="0306406152")


def test_a_record_that_has_such_an_isbn_already_can_still_be_changed():
    book = record("Set", isbn="9780306406157")
    record("Volume", identifiers=[{"kind": "isbn", "value": "9780306406157"}])
    assert change(book, title="Whole set", isbn="9780306406157").title == "Whole set"


def test_a_copy_keeps_type_condition_and_price():
    dvd = ItemType.objects.create(code="dvd", name="DVD")
    copy = services.add_copy(
        book=make_book(), branch=make_branch(), barcode="C-1", item_type="dvd", condition="good", price="12.50"
    )
    copy.refresh_from_db()
    assert (copy.item_type, copy.condition, copy.price) == (dvd, "good", Decimal("12.50"))
    services.change_copy(copy=copy, changes={"item_type": None, "price": None, "condition": "poor"})
    copy.refresh_from_db()
    assert (copy.item_type, copy.condition, copy.price) == (None, "poor", None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"price": "-1"}, "price"),
        ({"price": "1e9"}, "price"),
        ({"price": "free"}, "price"),
        ({"price": "1.001"}, "price"),
        ({"condition": "eaten"}, "condition"),
        ({"item_type": "scroll"}, "item_type"),
        ({"status": "on_loan"}, "status"),
    ],
)
def test_a_wrong_value_of_a_copy_is_named(wrong, field):
    with pytest.raises(InvalidInput) as refusal:
        services.add_copy(**{"book": make_book(), "branch": make_branch(), "barcode": "C-1"} | wrong)
    assert list(refusal.value.fields) == [field]
    assert not Copy.objects.exists()


def test_a_copy_goes_to_the_record_that_it_belongs_to():
    copy, right = make_copy(), make_book()
    wrong = copy.book
    services.move_copy(copy=copy, book=right)
    counts = dict(Book.objects.values_list("pk", "total_copies"))
    assert (counts[wrong.pk], counts[right.pk]) == (0, 1)


def test_a_withdrawn_copy_does_not_go_missing():
    copy = make_copy(status="withdrawn")
    with pytest.raises(CopyMoveImpossible, match="cannot become missing") as refusal:
        services.change_copy(copy=copy, changes={"status": "missing"})
    assert "status" in refusal.value.fields
    with pytest.raises(IntegrityError), transaction.atomic():
        Copy.objects.filter(pk=copy.pk).update(status="missing")
