"""One author for one person however the name was entered; filing that a cataloguer corrects; titles in order."""

import pytest
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import make_librarian, make_user
from catalog import services
from catalog.models import Author, Book
from catalog.search.services import search
from catalog.tests.factories import record

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    client.force_login(make_user(Role.ADMINISTRATOR))
    return client


@pytest.mark.parametrize(
    ("first", "later", "filed"),
    [
        ("Gabriel García Márquez", "García Márquez, Gabriel", "garcia marquez, gabriel"),
        ("García Márquez, Gabriel", "Gabriel García Márquez", "garcia marquez, gabriel"),
        ("Vaughan Williams, Ralph", "Ralph Vaughan Williams", "vaughan williams, ralph"),
        ("Mao, Zedong", "Mao Zedong", "mao, zedong"),
        ("Smith, John, 1950-", "John Smith PhD", "smith, john"),
        ("Elizabeth II, Queen of Great Britain", "Elizabeth II", "elizabeth ii"),
        (
            "Ministry of Education, Science and Culture",
            "Ministry of Education, Science and Culture",
            "ministry of education, science and culture",
        ),
        ("The Library of Congress", "Library of Congress", "library of congress"),
        ("King, Martin Luther, Jr.", "Martin Luther King Jr.", "king, martin luther, jr."),
        ("村上 春樹", "村上, 春樹", "村上春樹"),
    ],
)
def test_a_later_entry_makes_no_second_author(first, later, filed):
    record("One", first)
    record("Two", later)
    record("Three", first, later)
    author = Author.objects.get()
    assert (author.sort_name, author.authorships.count()) == (filed, 3)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Smith, John, 1950-", "Smith, John, 1972-"),
        ("Thomas, John", "Thomas John"),
        ("Martin Luther King", "Martin Luther King Jr."),
    ],
)
def test_two_people_stay_two(one, other):
    record("One", one)
    record("Two", other)
    assert Author.objects.count() == 2


def test_years_behind_a_name_are_kept_with_the_author_who_was_known():
    record("One", "Jane Austen")
    record("Two", "Austen, Jane, 1775-1817")
    author = Author.objects.get()
    assert (author.name, author.birth_year, author.death_year) == ("Jane Austen", 1775, 1817)


def change(admin, author, **sent):
    rows = {"aliases-TOTAL_FORMS": "0", "aliases-INITIAL_FORMS": "0"}
    kept = {"name": author.name, "kind": author.kind, "sort_name": author.sort_name}
    answer = admin.post(reverse("admin:catalog_author_change", args=[author.pk]), kept | rows | sent)
    assert answer.status_code == 302, answer.content.decode()
    author.refresh_from_db()
    return author.sort_name


def test_a_cataloguer_corrects_the_filing_and_it_stays(admin):
    record("One", "Daphne du Maurier")
    author = Author.objects.get()
    assert author.sort_name == "maurier, daphne du"
    assert change(admin, author, sort_name="Du Maurier, Daphne") == "du maurier, daphne"
    assert change(admin, author) == "du maurier, daphne"  # saved again
    assert change(admin, author, name="Daphné du Maurier") == "du maurier, daphne"
    record("Two", "Daphne du Maurier", "Maurier, Daphne du")
    assert Author.objects.get().sort_name == "du maurier, daphne"
    assert change(admin, author, sort_name="") == "maurier, daphne du"


def test_another_kind_files_a_name_anew(admin):
    record("One", "Daft Punk")
    author = Author.objects.get()
    assert author.sort_name == "punk, daft"
    assert change(admin, author, kind="organisation") == "daft punk"
    record("Two", "Daft Punk")
    assert Author.objects.count() == 1


def sorted_books():
    ids = search("", user=make_librarian(), sort="title", page_size=50).ids
    books = Book.objects.in_bulk(ids)
    return [books[pk] for pk in ids]


def test_titles_are_in_the_order_of_their_numbers():
    wanted = [
        "1 is One",
        "The 39 Steps",
        "101 Dalmatians",
        "1984",
        "20,000 Leagues under the Sea",
        "1,000,000 Pounds",
        "Fairy tales vol. 1",
        "Fairy tales vol. 2",
        "Fairy tales vol. 10",
        "Fairy tales, part 007",
    ]
    for title in reversed(wanted):
        record(title)
    assert [book.title for book in sorted_books()] == wanted


def test_numbers_are_in_order_in_what_words_find_too():
    for number in (10, 2, 1):
        record(f"Fairy tales vol. {number}")
    found = search("fairy", user=make_librarian(), sort="title").ids
    assert [book.title[-2:].strip() for book in sorted_books()] == ["1", "2", "10"]
    assert found == [book.pk for book in sorted_books()]


def test_a_cataloguer_says_what_a_title_is_filed_by(admin, client):
    book = record("Los Ratones y yo", language="es")
    assert book.sort_title == "ratones y yo"
    services.update_book(book=book, changes={"filing_title": "Los Ratones y yo"}, by=None)
    services.update_book(book=book, changes={"title": "Los Ratones y yo"}, by=None)
    book.refresh_from_db()
    assert book.sort_title == "los ratones y yo"
    answer = client.patch(f"/api/v1/books/{book.pk}/", {"filing_title": ""}, content_type="application/json")
    book.refresh_from_db()
    assert (answer.status_code, book.sort_title) == (200, "ratones y yo")
