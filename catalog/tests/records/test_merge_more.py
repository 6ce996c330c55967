"""Merging: what each record gives, what cannot be joined, and that nothing is changed then."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.tests.factories import make_librarian
from catalog import services
from catalog.errors import MergeIncomplete
from catalog.models import Author, Authorship, Book, BookFile, Subject
from catalog.redirects import kept_id, moved_to, visible_book
from catalog.services import merging
from catalog.signals import copies_freed
from catalog.tests.factories import make_copy, pdf, record, stored
from library.activity.models import Activity
from library.core.errors import InvalidInput, NotFound

pytestmark = pytest.mark.django_db
FILLED = {
    "subtitle": ("A history", "Another"),
    "publisher": ("House", "Home"),
    "year": (2016, 1999),
    "description": ("About genes.", "About cells."),
    "page_count": (300, 20),
    "reading_level": ("teens", "adults"),
    "minimum_age": (8, 12),
}


def merged(keep, other, **given):
    return Book.objects.get(pk=services.merge_books(keep=keep, merged=other, by=None, **given).pk)


def author(name) -> Author:
    return Author.objects.get(name=name)


@pytest.mark.parametrize("field", FILLED)
def test_a_blank_is_filled_and_what_was_said_stays(field):
    theirs, ours = FILLED[field]
    assert getattr(merged(record("A"), record("B", **{field: theirs})), field) == theirs
    assert getattr(merged(record("C", **{field: ours}), record("D", **{field: theirs})), field) == ours


def test_people_of_a_role_come_along_only_where_there_are_none():
    keep = record("A", "Ann Lee", contributors=[{"name": "Ed Ito", "role": "editor"}])
    other = record(
        "B",
        "Bo Poe",
        contributors=[{"name": "Di Fox", "role": "editor"}, {"name": "Cy Day", "role": "translator"}],
    )
    book = merged(keep, other)
    told = list(book.authorships.order_by("role").values_list("author__name", "role"))
    assert told == [("Ann Lee", "author"), ("Ed Ito", "editor"), ("Cy Day", "translator")]


def test_a_number_that_both_have_is_kept_once():
    numbers = [{"kind": "oclc", "value": "42"}, {"kind": "issn", "value": "0378-5955"}]
    book = merged(record("A", identifiers=numbers[:1]), record("B", identifiers=numbers))
    assert sorted(book.identifiers.values_list("kind", "value")) == [("issn", "03785955"), ("oclc", "42")]


def test_a_series_comes_with_its_place_or_not_at_all():
    keep = record("A", series="Ours", series_position=4)
    book = merged(keep, record("B", series="Theirs", series_position=1))
    assert (book.series.name, str(book.series_place)) == ("Ours", "4")
    other = merged(record("C", series="Ours"), record("D", series="Theirs", series_position=1))
    assert (other.series.name, other.series_place) == ("Ours", None)


@pytest.mark.parametrize(
    ("ours", "theirs", "is_public"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_a_file_is_read_by_no_more_people_than_before(media, ours, theirs, is_public):
    book = merged(record("A", is_public=ours), record("B", file=pdf(), is_public=theirs))
    assert book.is_public is is_public


def test_without_its_file_the_other_record_closes_nothing(media):
    book = merged(record("A", file=pdf()), record("B", is_public=False))
    assert book.is_public


def test_the_file_that_was_not_chosen_leaves_the_disk_after_the_commit(media, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        keep, other = record("A", file=pdf(name="a.pdf")), record("B", file=pdf(b"%PDF-1.7 other", name="b.pdf"))
    with django_capture_on_commit_callbacks(execute=True):
        merged(keep, other, file="keep")
        assert len(stored(media)) == 2
    (left,) = stored(media)
    assert BookFile.objects.get().original_name == "a.pdf"
    assert left.read_bytes() != b"%PDF-1.7 other"


def test_a_hidden_record_stays_as_hidden_as_the_one_that_stays():
    assert merged(record("A", is_suppressed=True), record("B")).is_suppressed
    assert not merged(record("C"), record("D", is_suppressed=True)).is_suppressed


def test_whoever_waits_hears_of_the_copies_that_came():
    heard = []

    def hear(sender, *, book_id, **more):
        heard.append(book_id)

    keep, other = record("A"), record("B")
    make_copy(book=other)
    copies_freed.connect(hear)
    try:
        merged(keep, other)
    finally:
        copies_freed.disconnect(hear)
    assert heard == [keep.pk]


def test_old_numbers_lead_to_the_record_that_took_them_in():
    staff = make_librarian()
    keep, other = record("A"), record("B")
    merged(keep, other)
    assert (kept_id(other.pk), kept_id(keep.pk)) == (keep.pk, None)
    assert visible_book(other.pk, staff) == keep
    assert visible_book(10**9, staff) is None
    moved = moved_to(other.pk)
    assert moved is not None
    assert (moved.old, moved.new, moved.status) == (f"/books/{other.pk}/", f"/books/{keep.pk}/", 404)
    assert moved_to(keep.pk) is None
    assert moved_to(other.pk, among=Book.objects.none()) is None


# -- people and subjects -------------------------------------------------------------------------------------------


def test_an_author_is_not_merged_with_themselves_nor_with_nobody():
    record("A", "Ann Lee", subjects=["Genes"])
    both: list[tuple[Any, Any]] = [
        (services.merge_authors, Author.objects.get()),
        (services.merge_subjects, Subject.objects.get()),
    ]
    for merge, row in both:
        with pytest.raises(InvalidInput, match="merged with itself"):
            merge(keep=row, merged=row, by=None)
        with pytest.raises(NotFound):
            merge(keep=row, merged=type(row)(pk=10**9), by=None)
        with pytest.raises(NotFound):
            merge(keep=type(row)(pk=10**9), merged=row, by=None)


@pytest.mark.parametrize(
    ("kept", "other", "years"),
    [
        ((None, None), (1835, 1910), (1835, 1910)),
        ((1835, None), (1900, 1910), (1835, 1910)),
        ((1835, 1910), (1900, 1950), (1835, 1910)),
        ((None, None), (None, None), (None, None)),
        ((None, 1910), (1910, None), (1910, 1910)),
    ],
)
def test_years_that_are_unknown_are_taken_from_the_other(kept, other, years):
    record("A", "Ann Lee", "Bo Poe")
    for name, (birth, death) in (("Ann Lee", kept), ("Bo Poe", other)):
        Author.objects.filter(name=name).update(birth_year=birth, death_year=death)
    found = services.merge_authors(keep=author("Ann Lee"), merged=author("Bo Poe"), by=None)
    found.refresh_from_db()
    assert (found.birth_year, found.death_year) == years


def test_two_whose_years_do_not_fit_stay_two():
    book = record("A", "Ann Lee", "Bo Poe")
    Author.objects.filter(name="Ann Lee").update(death_year=1850)
    Author.objects.filter(name="Bo Poe").update(birth_year=1900)
    with pytest.raises(InvalidInput, match="one died before the other was born"):
        services.merge_authors(keep=author("Ann Lee"), merged=author("Bo Poe"), by=None)
    assert Author.objects.count() == 2
    assert book.author_names == ["Ann Lee", "Bo Poe"]


def test_somebody_who_was_both_editor_and_author_of_a_book_stays_both():
    book = record(
        "A", "Ann Lee", contributors=[{"name": "A. Lee", "role": "editor"}, {"name": "A. Lee", "role": "illustrator"}]
    )
    services.merge_authors(keep=author("Ann Lee"), merged=author("A. Lee"), by=None)
    assert sorted(Authorship.objects.filter(book=book).values_list("author__name", "role")) == [
        ("Ann Lee", "author"),
        ("Ann Lee", "editor"),
        ("Ann Lee", "illustrator"),
    ]


def test_a_name_that_both_have_is_another_name_once():
    record("A", "Ann Lee", "Bo Poe")
    for name in ("Ann Lee", "Bo Poe"):
        services.set_aliases(author=author(name), names=["Cy Fox"])
    kept = services.merge_authors(keep=author("Ann Lee"), merged=author("Bo Poe"), by=None)
    assert sorted(alias.name for alias in kept.aliases.all()) == ["Bo Poe", "Cy Fox"]


def test_a_merge_of_people_or_subjects_is_written_down():
    by = make_librarian()
    record("A", "Ann Lee", "Bo Poe", subjects=["Genes", "Heredity"])
    poe, heredity = author("Bo Poe").pk, Subject.objects.get(name="Heredity").pk
    services.merge_authors(keep=author("Ann Lee"), merged=author("Bo Poe"), by=by)
    services.merge_subjects(keep=Subject.objects.get(name="Genes"), merged=Subject.objects.get(name="Heredity"), by=by)
    told = dict(Activity.objects.filter(actor=by).values_list("verb", "data"))
    assert told["author.merged"] == {"merged": poe, "name": "Bo Poe"}
    assert told["subject.merged"] == {"merged": heredity, "name": "Heredity"}


@pytest.mark.parametrize("kind", ["author", "subject"])
def test_what_nobody_takes_along_stops_a_merge_of_names_too(kind, monkeypatch):
    record("A", "Ann Lee", "Bo Poe", subjects=["Genes", "Heredity"])
    usual = merging.relations
    monkeypatch.setattr(merging, "relations", lambda model: {*usual(model), "club.Fan.author"})
    known: dict[str, tuple[Any, Any]] = {
        "author": (Author, services.merge_authors),
        "subject": (Subject, services.merge_subjects),
    }
    model, merge = known[kind]
    one, other = model.objects.all()
    with pytest.raises(MergeIncomplete, match=r"club\.Fan\.author.*Tell an administrator"):
        merge(keep=one, merged=other, by=None)
    assert model.objects.count() == 2
