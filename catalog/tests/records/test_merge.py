"""Two records of one book become one, with all that hangs on them; or nothing changes."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.tests.factories import make_librarian
from catalog import services
from catalog.errors import BookMerged, MergeFileUnclear, MergeIncomplete
from catalog.models import Author, Book, BookFile, BookMerge, Copy, Subject
from catalog.queries import get_book
from catalog.services import merging
from catalog.signals import books_merging
from catalog.tests.factories import make_copy, pdf, record, stored
from library.activity.models import Activity
from library.core.errors import InvalidInput, NotFound

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF another\n"


def merge(keep: Book, merged: Book, **given: Any) -> Book:
    return services.merge_books(keep=keep, merged=merged, by=None, **given)


def test_copies_numbers_and_headings_come_along_and_blanks_are_filled():
    keep = record("The Gene", "Ann Lee", isbn="9780306406157", categories=["Biology"], subjects=["Genetics"])
    other = record(
        "Gene, The",
        "Lee, A.",
        isbn="9780804429573",
        year=2016,
        series="Life",
        series_position="2-3",
        categories=["Biology", "History"],
        subjects=["Heredity"],
        description="Told twice.",
        identifiers=[{"kind": "oclc", "value": "42"}],
        contributors=[{"name": "Cy", "role": "editor"}],
    )
    copies = [make_copy(book=keep), make_copy(book=other), make_copy(book=other, status="on_loan")]
    Book.objects.filter(pk=other.pk).update(popularity=4)
    Book.objects.filter(pk=keep.pk).update(popularity=3)

    book = merge(keep, other)

    book.refresh_from_db()
    assert not Book.objects.filter(pk=other.pk).exists()
    assert (book.title, book.author_names, book.isbn, book.year) == ("The Gene", ["Ann Lee"], "9780306406157", 2016)
    assert (str(book.series), str(book.series_place), book.description) == ("Life", "2-3", "Told twice.")
    assert sorted(book.copies.values_list("pk", flat=True)) == [copy.pk for copy in copies]
    assert (book.total_copies, book.available_copies, book.popularity) == (3, 2, 7)
    assert list(book.identifiers.values_list("kind", "value")) == [("isbn", "9780804429573"), ("oclc", "42")]
    assert sorted(book.categories.values_list("name", flat=True)) == ["Biology", "History"]
    assert sorted(book.subjects.values_list("name", flat=True)) == ["Genetics", "Heredity"]
    assert list(book.authorships.values_list("author__name", "role")) == [("Ann Lee", "author"), ("Cy", "editor")]
    assert "heredity" in book.search_c
    assert book.facts.branch_ids == sorted({copy.branch_id for copy in copies})


def test_a_record_with_a_place_in_a_series_keeps_its_own():
    keep = record("The Gene", series="Life", series_position=4)
    book = merge(keep, record("Gene", series="Life", series_position="1-3"))
    book.refresh_from_db()
    assert str(book.series_place) == "4"


def test_an_isbn_that_the_record_lacks_becomes_its_own():
    keep = record("The Gene", identifiers=[{"kind": "isbn", "value": "9780804429573"}])
    book = merge(keep, record("Gene", isbn="9780306406157"))
    assert (book.isbn, [row.value for row in book.identifiers.all()]) == ("9780306406157", ["9780804429573"])


def test_whoever_asks_for_the_old_record_is_sent_to_the_one_that_stays():
    user, keep, other, third = make_librarian(), record("A"), record("B"), record("C")
    merge(keep, other)
    with pytest.raises(BookMerged, match="A") as sent:
        get_book(other.pk, user)
    assert sent.value.address("GET", f"/books/{other.pk}/study/?q=1") == f"/books/{keep.pk}/study/?q=1"
    assert sent.value.address("POST", f"/books/{other.pk}/") is None
    merge(third, keep)
    assert dict(BookMerge.objects.values_list("old_id", "book_id")) == {other.pk: third.pk, keep.pk: third.pk}


def test_nobody_is_sent_to_a_record_that_is_hidden_from_them(client):
    keep, other = record("A", is_suppressed=True), record("B")
    merge(keep, other)
    for path in (f"/books/{other.pk}/", f"/api/v1/books/{other.pk}/"):
        assert client.get(path).status_code == 404
        assert "merged" not in client.get(path).content.decode()
    client.force_login(make_librarian())
    assert client.get(f"/books/{other.pk}/").status_code == 301


def test_pages_and_the_api_answer_301_to_readers_and_404_to_writers(client):
    keep, other = record("A"), record("B")
    merge(keep, other)
    for path in ("/books/{}/", "/books/{}/study/?x=1", "/api/v1/books/{}/", "/api/v1/books/{}/copies/"):
        response = client.get(path.format(other.pk))
        assert (response.status_code, response["Location"]) == (301, path.format(keep.pk))
    client.force_login(make_librarian())
    refused = client.patch(f"/api/v1/books/{other.pk}/", {"title": "X"}, content_type="application/json")
    assert refused.status_code == 404
    assert (refused.json()["code"], refused.json()["fields"]) == ("book_merged", {"book": [str(keep.pk)]})


def test_done_once_more_it_changes_nothing():
    keep, other = record("A"), record("B")
    merge(keep, other)
    count = Activity.objects.count()
    assert merge(keep, other) == keep
    assert Activity.objects.count() == count


def test_what_cannot_be_merged_is_told():
    keep, other, third = record("A"), record("B"), record("C")
    with pytest.raises(InvalidInput, match="itself"):
        merge(keep, keep)
    merge(keep, other)
    with pytest.raises(BookMerged):
        merge(third, other)
    with pytest.raises(BookMerged):
        merge(other, third)
    third.delete()
    with pytest.raises(NotFound):
        merge(keep, Book(pk=10**9))


def test_a_file_comes_along_and_what_was_confidential_stays_so(media):
    keep, other = record("A"), record("B", file=pdf(), is_public=False)
    book = merge(keep, other)
    assert BookFile.objects.get().book == book
    assert not book.is_public
    assert len(stored(media)) == 1


def test_of_two_files_the_librarian_chooses_one(media, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        keep, other = record("A", file=pdf(name="a.pdf")), record("B", file=pdf(PDF, name="b.pdf"))
    with pytest.raises(MergeFileUnclear, match="whose file"):
        merge(keep, other)
    assert Book.objects.count() == 2
    with django_capture_on_commit_callbacks(execute=True):
        merge(keep, other, file="merged")
    assert BookFile.objects.get().original_name == "b.pdf"
    assert len(stored(media)) == 1


def test_the_same_file_twice_needs_no_choice(media):
    keep = merge(record("A", file=pdf(name="a.pdf")), record("B", file=pdf(name="b.pdf")), file=None)
    assert keep.digital_file.original_name == "a.pdf"


def test_something_that_nobody_takes_along_stops_the_merge(monkeypatch):
    keep, other = record("A"), record("B")
    known = merging.relations(Book)
    monkeypatch.setattr(merging, "relations", lambda model: {*known, "club.Meeting.book"})
    with pytest.raises(MergeIncomplete, match=r"club\.Meeting\.book"):
        merge(keep, other)
    assert Book.objects.count() == 2


def test_everything_that_points_to_a_book_is_taken_along_today():
    keep, other = record("A"), record("B")
    sent = books_merging.send(sender=Book, kept=keep, merged=other, takes_file=False, by=None)
    answers: list[Any] = [answer for _to, answer in sent]
    assert merging.relations(Book) == merging.OURS.union(*answers)


def test_a_merge_is_written_down():
    by, keep, other = make_librarian(), record("A"), record("B", year=2016)
    services.merge_books(keep=keep, merged=other, by=by)
    deeds = {deed.verb: deed.data for deed in Activity.objects.filter(object_id=str(keep.pk), actor=by)}
    assert deeds["book.merged"] == {"merged": other.pk, "title": "B"}
    assert deeds["book.changed"] == {"year.old": None, "year.new": 2016}


def test_two_authors_become_one_with_both_names():
    first = record("A", "Mark Twain", contributors=[{"name": "Samuel Clemens", "role": "editor"}])
    second = record("B", "Samuel Clemens", "Mark Twain")
    twain, clemens = Author.objects.get(name="Mark Twain"), Author.objects.get(name="Samuel Clemens")
    services.set_aliases(author=clemens, names=["Sieur Louis de Conte"])
    Author.objects.filter(pk=clemens.pk).update(birth_year=1835)
    services.merge_authors(keep=twain, merged=clemens, by=None)
    twain = Author.objects.get()
    assert twain.birth_year == 1835
    assert sorted(alias.name for alias in twain.aliases.all()) == ["Samuel Clemens", "Sieur Louis de Conte"]
    assert list(second.authorships.values_list("author", "role")) == [(twain.pk, "author")]
    first.refresh_from_db()
    assert "sieur" in first.search_b
    with pytest.raises(NotFound):
        services.merge_authors(keep=twain, merged=clemens, by=None)


def test_two_subjects_become_one():
    book = record("A", subjects=["Genes"])
    record("B", subjects=["Genetics", "Genes"])
    keep, other = Subject.objects.get(name="Genetics"), Subject.objects.get(name="Genes")
    services.merge_subjects(keep=keep, merged=other, by=None)
    assert Subject.objects.get().books.count() == 2
    book.refresh_from_db()
    assert book.search_c == "genetics"


@pytest.mark.django_db(transaction=True)
def test_a_copy_added_to_a_record_that_goes_in_the_same_moment_is_not_lost():
    keep, other = record("A"), record("B")
    branch = make_copy(book=keep).branch
    begin = threading.Barrier(2)
    outcome: list[object] = []

    def run(work: Any) -> None:
        begin.wait(10)
        try:
            outcome.append(work())
        except Exception as fault:
            outcome.append(fault)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=[lambda: merge(keep, other)]),
        threading.Thread(target=run, args=[lambda: services.add_copy(book=other, branch=branch, barcode="NEW")]),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [fault for fault in outcome if isinstance(fault, Exception)]
    assert all(isinstance(fault, BookMerged) for fault in refused)
    assert Copy.objects.filter(barcode="NEW", book=keep).count() == 1 - len(refused)
    assert Book.objects.get().total_copies == Copy.objects.count()


@pytest.mark.django_db(transaction=True)
def test_two_librarians_merging_the_same_two_each_way_end_with_one_record():
    one, other = record("A"), record("B")
    copies = {make_copy(book=one).pk, make_copy(book=other).pk}
    begin = threading.Barrier(2)
    faults: list[BaseException] = []

    def run(keep: Book, merged: Book) -> None:
        begin.wait(10)
        try:
            merge(keep, merged)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(fault) for fault in faults] == [BookMerged]
    assert set(Book.objects.get().copies.values_list("pk", flat=True)) == copies


@pytest.mark.django_db(transaction=True)
def test_a_merge_that_the_database_ends_to_break_a_deadlock_is_done_again(monkeypatch):
    """Somebody else has a copy and wants its record, which the merge has, while it wants the copy."""
    keep, other = record("A"), record("B")
    copy = make_copy(book=other)
    has_copy, has_books = threading.Event(), threading.Event()
    move, tries = merging._move_copies, []

    def slow(*books: Book) -> None:
        tries.append(books)
        has_books.set()
        move(*books)

    monkeypatch.setattr(merging, "_move_copies", slow)

    def in_the_wrong_order() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '30s'")  # the merge is the one that notices
            Copy.objects.select_for_update(no_key=True).get(pk=copy.pk)
            has_copy.set()
            has_books.wait(10)
            Copy.objects.filter(pk=copy.pk).update(not_for_loan=True)
        connection.close()

    thread = threading.Thread(target=in_the_wrong_order)
    thread.start()
    has_copy.wait(10)
    merge(keep, other)
    thread.join()
    assert len(tries) > 1
    assert Copy.objects.get().book == keep
