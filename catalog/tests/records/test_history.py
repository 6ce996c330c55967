"""What changed in a record, by whom, from what to what."""

import pytest

from accounts.tests.factories import make_librarian
from catalog import services
from catalog.tests.factories import make_branch, pdf, record
from library.activity.models import Activity
from library.core.errors import InvalidInput

pytestmark = pytest.mark.django_db


def last() -> Activity:
    return Activity.objects.latest("at", "id")


def test_a_change_tells_who_changed_what_from_what_to_what():
    by = make_librarian()
    book = record("The Gene", "Ann Lee", year=2016)
    services.update_book(
        by=by,
        book=book,
        changes={
            "title": "The Song",
            "authors": ["Ann Lee", "Bea Poe"],
            "categories": ["Biology"],
            "year": 2016,
            "series": "Life",
            "series_position": "1.50",
            "identifiers": [{"kind": "oclc", "value": "42"}],
            "contributors": [{"name": "Cy", "role": "editor"}],
            "is_public": False,
        },
    )
    deed = last()
    assert (deed.actor, deed.verb, deed.object_label, deed.object_id) == (
        by,
        "book.changed",
        "catalog.book",
        str(book.pk),
    )
    assert deed.data == {
        "title.old": "The Gene",
        "title.new": "The Song",
        "authors.old": "Ann Lee",
        "authors.new": "Ann Lee; Bea Poe",
        "categories.old": "",
        "categories.new": "Biology",
        "series.old": None,
        "series.new": "Life",
        "series_position.old": None,
        "series_position.new": "1.5",
        "identifiers.old": "",
        "identifiers.new": "oclc 42",
        "contributors.old": "",
        "contributors.new": "Cy (editor)",
        "is_public.old": True,
        "is_public.new": False,
    }


@pytest.mark.parametrize(
    ("was", "is_now", "told"),
    [
        ("1", "1-3", ["1", "1-3"]),
        ("1-3", "1-4", ["1-3", "1-4"]),
        ("1-3", "", ["1-3", None]),
        ("1-3", "1–3.0", ["untold", "untold"]),
    ],
)
def test_a_range_in_a_series_is_told_as_one_value(was, is_now, told):
    book = record("Omnibus", series="Life", series_position=was)
    services.update_book(by=None, book=book, changes={"series_position": is_now})
    assert [last().data.get(f"series_position.{age}", "untold") for age in ("old", "new")] == told


def test_nothing_is_written_where_nothing_changed_or_all_was_refused():
    book = record("The Gene")
    before = Activity.objects.count()
    services.update_book(book=book, changes={"title": " The  Gene "}, by=None)
    with pytest.raises(InvalidInput):
        services.update_book(book=book, changes={"title": "New", "year": 9999}, by=None)
    assert Activity.objects.count() == before


def test_copies_files_and_the_records_own_end_are_told_too(media):
    by = make_librarian()
    book = record("The Gene", file=pdf(name="gene.pdf"))
    copy = services.add_copy(book=book, branch=make_branch(name="North"), barcode="C-1", by=by)
    assert (last().verb, last().data["barcode.new"], last().data["branch.new"]) == ("book.copy_added", "C-1", "North")
    services.change_copy(copy=copy, changes={"status": "lost", "price": "9.90"}, by=by)
    assert last().data == {
        "copy": copy.pk,
        "barcode": "C-1",
        "status.old": "available",
        "status.new": "lost",
        "price.old": None,
        "price.new": "9.9",
    }
    services.delete_copy(copy=copy, by=by)
    assert last().verb == "book.copy_deleted"
    services.delete_book(book=book, by=by)
    assert (last().verb, last().data, last().actor) == ("book.deleted", {"title.old": "The Gene"}, by)
    verbs = Activity.objects.order_by("at", "id").values_list("verb", flat=True)
    assert [verb for verb in verbs if verb.startswith("book.")][:2] == ["book.added", "book.file_attached"]
