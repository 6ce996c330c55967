"""Filters, bulk edit, merge and history in the admin."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import make_librarian, make_user
from catalog import services
from catalog.admin.history import of_book
from catalog.models import Author, AuthorAlias, Book, BookIdentifier, Category, Copy, ItemType, Series, Subject
from catalog.services import bulk
from catalog.tests.admin.test_admin import ADD, LIST, NAMES, change, form, rows, saved
from catalog.tests.factories import make_branch, make_copy, pdf, record
from library.activity.models import Activity
from tests.html import assert_valid

pytestmark = pytest.mark.django_db
BULK, MERGE = reverse("admin:catalog_book_bulk"), reverse("admin:catalog_book_merge")


@pytest.fixture
def librarian():
    return make_librarian()


@pytest.fixture
def desk(client, librarian):
    client.force_login(librarian)
    return client


def found(desk, **query: Any) -> set[str]:
    return {book.title for book in desk.get(LIST, query).context["cl"].result_list}


def test_each_filter_narrows_the_list(desk, media):
    science = Category.objects.create(name="Science")
    Category.objects.create(name="Cells", parent=science)
    north = make_branch(name="North")
    lent = record("Lent", language="fr", categories=["Cells"], series="Saga", is_public=False)
    make_copy(book=lent, branch=north, status="on_loan")
    make_copy(book=record("Free", is_suppressed=True))
    record("Digital", file=pdf())
    saga = Series.objects.get()
    narrowed: list[tuple[dict[str, Any], set[str]]] = [
        ({"category": science.pk}, {"Lent"}),
        ({"branch": north.pk}, {"Lent"}),
        ({"language": "fr"}, {"Lent"}),
        ({"available": "yes"}, {"Free"}),
        ({"available": "no"}, {"Lent", "Digital"}),
        ({"copies": "no"}, {"Digital"}),
        ({"file": "yes"}, {"Digital"}),
        ({"series": saga.pk}, {"Lent"}),
        ({"series": "none"}, {"Free", "Digital"}),
        ({"series": "any"}, {"Lent"}),
        ({"is_public__exact": "0"}, {"Lent"}),
        ({"is_suppressed__exact": "1"}, {"Free"}),
        ({"category": "9" * 30}, set()),
        ({"branch": "x"}, set()),
        ({"language": "a\0"}, set()),
        ({"series": "-"}, set()),
    ]
    for query, titles in narrowed:
        assert found(desk, **query) == titles, query


def test_books_are_found_by_beginnings_of_words_and_by_whole_numbers(desk):
    book = record("The Gene", "Ann Lée", subjects=["Heredity"], identifiers=[{"kind": "oclc", "value": "4242"}])
    make_copy(book=book, barcode="L-77 x")
    record("Other", "Somebody")
    for query in ("gen", "lee an", "hered the", "4242", "l-77 X"):
        assert found(desk, q=query) == {"The Gene"}, query
    for query in ("zzz", "gene other", "424", "'&|!:*", "\0", "x" * 5000, "٣", "&"):
        assert found(desk, q=query) in ({"The Gene", "Other"} if query == "\0" else set(), set()), query


def test_people_numbers_and_copies_come_in_with_the_record(desk, librarian):
    author = Author.objects.create(name="Ann Lee", sort_name="lee, ann")
    dvd = ItemType.objects.create(code="dvd", name="DVD")
    branch = make_branch()
    saga = Series.objects.create(name="Saga", sort_name="saga")
    sent = form(
        isbn="9780306406157",
        series=saga.pk,
        series_position="1.5",
        reading_level="teens",
        minimum_age="12",
        authors=rows("authorships", 0, {"author": author.pk, "role": "editor", "position": 0}),
        copies=rows(
            "copies",
            0,
            {
                "barcode": "C-1",
                "branch": branch.pk,
                "status": "available",
                "item_type": dvd.pk,
                "condition": "new",
                "price": "12.50",
            },
        ),
    ) | rows("identifiers", 0, {"kind": "issn", "value": "ISSN 0317-8471"}, {"kind": "isbn", "value": "0-306-40615-2"})
    saved(desk.post(ADD, sent))
    book, copy = Book.objects.get(), Copy.objects.get()
    assert (str(book.series_position), book.reading_level, book.minimum_age) == ("1.50", "teens", 12)
    assert list(book.identifiers.values_list("kind", "value")) == [("issn", "03178471")]
    assert (copy.item_type, copy.condition, str(copy.price)) == (dvd, "new", "12.50")
    verbs = set(Activity.objects.filter(actor=librarian).values_list("verb", flat=True))
    assert {"book.added", "book.copy_added"} <= verbs


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (rows("identifiers", 0, {"kind": "issn", "value": "0317-8472"}), "check digit"),
        (rows("identifiers", 0, {"kind": "doi", "value": "x"}), "10.1000/182"),
        ({"series_position": "2"}, "needs the series"),
        ({"series_position": "-2"}, "number from 0"),
        ({"series_position": "1-3"}, "needs the series"),
        ({"series_position": "3-1"}, "ends after its start"),
        ({"series_position": "1-many"}, "a range, for example 1-3"),
        ({"minimum_age": "22"}, "21"),
        ({"isbn": "9780804429573"}, "already has the ISBN"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(desk, more, sentence):
    record("Taken", identifiers=[{"kind": "isbn", "value": "9780804429573"}])
    response = desk.post(ADD, form() | more)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert Book.objects.count() == 1


def test_a_range_in_a_series_is_typed_shown_kept_and_made_one_number_again(desk):
    saga = Series.objects.create(name="Saga", sort_name="saga")
    book = record("Omnibus")
    for typed, kept in (("1–3", "1-3"), ("1-3", "1-3"), ("1-4", "1-4"), ("2.5", "2.5"), ("2-3", "2-3"), ("", "None")):
        saved(desk.post(change(book), form(title="Omnibus", series=saga.pk, series_position=typed)))
        book.refresh_from_db()
        assert str(book.series_place) == kept
        field = desk.get(change(book)).context["adminform"].form["series_position"]
        assert str(field.value() or "None") == kept
    page = desk.get(reverse("admin:catalog_book_history", args=[book.pk])).content.decode()
    assert "1-3" in page
    assert "2.5" in page


def test_a_change_in_the_form_is_told_on_the_history_page(desk, librarian):
    book = record("The Gene", "Ann Lee")
    bea = Author.objects.create(name="Bea Poe", sort_name="poe, bea")
    row = book.authorships.get()
    known = {"id": row.pk, "book": book.pk, "author": row.author_id, "role": "author", "position": 0}
    authors = rows("authorships", 1, known, {"author": bea.pk, "role": "translator", "position": 1})
    saved(desk.post(change(book), form(title="The <Song>", authors=authors)))
    page = desk.get(reverse("admin:catalog_book_history", args=[book.pk])).content.decode()
    for text in ("The Gene", "The &lt;Song&gt;", "Bea Poe (translator)", librarian.full_name, "Record changed"):
        assert text in page
    assert_valid(page)
    assert desk.get(reverse("admin:catalog_book_history", args=[10**9])).status_code == 302


def test_the_history_of_a_record_has_that_of_the_records_merged_into_it(librarian):
    keep, other = record("A"), record("B")
    copy = make_copy(book=other)
    services.change_copy(copy=copy, changes={"status": "lost"}, by=librarian)
    services.merge_books(keep=keep, merged=other, by=librarian)
    deeds = {deed.what: deed for deed in of_book(str(keep.pk))}
    assert deeds["Copy changed"].about == f"{copy.barcode} · in record {other.pk}, merged since"
    assert [(c.label, c.old, c.new) for c in deeds["Copy changed"].changes] == [("Status", "available", "lost")]
    assert deeds["Another record merged into it"].about == "B"
    assert of_book("x") == []


def choose(desk, *books: Book, **more: Any) -> Any:
    return desk.post(LIST, {"action": "change_several", "_selected_action": [book.pk for book in books]} | more)


def test_many_books_are_changed_after_they_were_counted_and_confirmed(desk, librarian):
    books = [record(f"Book {n}", categories=["Old", "Other"]) for n in range(3)]
    untouched = record("Untouched", categories=["Old"])
    new, old = Category.objects.create(name="New"), Category.objects.get(name="Old")
    page = choose(desk, *books)
    assert "3 books are chosen" in page.content.decode()
    assert_valid(page.content)
    sent = {
        "ids": page.context["ids"],
        "add_categories": [new.pk],
        "remove_categories": [old.pk],
        "language": "FR",
        "is_suppressed": "true",
        "is_public": "unknown",
        "reading_level": "teens",
    }
    asked = desk.post(BULK, sent)
    text = asked.content.decode()
    assert "Change 3 books like this?" in text
    assert "Add categories</b>: New" in text
    assert_valid(text)
    assert not Book.objects.filter(language="fr").exists()

    assert desk.post(BULK, sent | {"confirmed": "1"}).status_code == 302
    for book in books:
        book.refresh_from_db()
        assert sorted(book.categories.values_list("name", flat=True)) == ["New", "Other"]
        assert (book.language, book.is_suppressed, book.is_public, book.reading_level) == ("fr", True, True, "teens")
        assert "new" in book.search_c.split()
    untouched.refresh_from_db()
    assert untouched.language == "en"
    deed = Activity.objects.get(verb="book.changed", object_id=str(books[0].pk))
    assert (deed.actor, deed.data["categories.old"], deed.data["categories.new"]) == (
        librarian,
        "Old; Other",
        "New; Other",
    )


def test_what_was_chosen_is_still_there_after_going_back_and_nothing_to_change_is_said(desk):
    book = record("Book")
    back = desk.post(BULK, {"ids": str(book.pk), "publisher": "Scribner", "back": "1"})
    assert 'value="Scribner"' in back.content.decode()
    nothing = desk.post(BULK, {"ids": str(book.pk)})
    assert nothing.status_code == 422
    assert "Choose something to change" in nothing.content.decode()
    wrong = desk.post(BULK, {"ids": str(book.pk), "language": "english", "confirmed": "1"})
    assert wrong.status_code == 422
    assert Book.objects.get().language == "en"


@pytest.mark.parametrize("ids", ["", "x", "1;2", "٣", "9" * 30])
def test_ids_that_no_page_of_ours_sent_lead_back_to_the_list(desk, ids):
    assert desk.post(BULK, {"ids": ids, "language": "fr", "confirmed": "1"}).status_code == 302


def test_over_the_limit_nothing_is_changed(desk, monkeypatch):
    monkeypatch.setattr("catalog.admin.bulk.AT_MOST", 2)
    monkeypatch.setattr(bulk, "AT_MOST", 2)
    books = [record(f"Book {n}") for n in range(3)]
    assert (
        "At most 2 records"
        in desk.post(
            LIST,
            {"action": "change_several", "_selected_action": [book.pk for book in books]},
            follow=True,
        ).content.decode()
    )
    refused = desk.post(BULK, {"ids": ",".join(str(book.pk) for book in books), "language": "fr", "confirmed": "1"})
    assert refused.status_code == 422
    assert not Book.objects.filter(language="fr").exists()


def test_batches_of_a_bulk_change_ask_the_database_equally_often(monkeypatch):
    pks = [record(f"Book {n}").pk for n in range(9)]

    def number(*chosen: int) -> int:
        with CaptureQueriesContext(connection) as ran:
            services.change_books(pks=chosen, changes={"publisher": f"P{len(chosen)}"}, by=None)
        return len(ran)

    one, four = number(*pks[:2]), number(*pks[2:9])
    assert four - one <= 5, "one row of history for each book, nothing else"


def test_two_records_are_merged_from_the_list(desk, librarian):
    keep, other = record("Gene", year=2016), record("The <Gene>", isbn="9780306406157")
    make_copy(book=other)
    sent = desk.post(LIST, {"action": "merge_two", "_selected_action": [keep.pk, other.pk]})
    page = desk.get(sent["Location"])
    text = page.content.decode()
    assert "The &lt;Gene&gt;" in text
    assert "Copies" in text
    assert_valid(text)
    unchosen = desk.post(sent["Location"])
    assert unchosen.status_code == 422
    assert "Choose which record stays" in unchosen.content.decode()
    done = desk.post(sent["Location"], {"keep": keep.pk}, follow=True)
    assert "is now part of" in done.content.decode()
    assert (Book.objects.get().pk, Book.objects.get().isbn, Book.objects.get().total_copies) == (
        keep.pk,
        "9780306406157",
        1,
    )
    old = desk.get(change(other), follow=True)
    assert (old.redirect_chain[0][0], "was merged into this one" in old.content.decode()) == (change(keep), True)
    again = desk.get(sent["Location"], follow=True)
    assert "merged already" in again.content.decode()


def test_of_two_files_one_is_chosen_on_the_page(desk, media):
    keep, other = record("A", file=pdf(name="a.pdf")), record("B", file=pdf(b"%PDF-1.7 other", name="b.pdf"))
    address = f"{MERGE}?ids={keep.pk},{other.pk}"
    assert "b.pdf" in desk.get(address).content.decode()
    refused = desk.post(address, {"keep": keep.pk})
    assert refused.status_code == 422
    assert "Choose whose file stays" in refused.content.decode()
    assert desk.post(address, {"keep": keep.pk, "file": other.pk}).status_code == 302
    assert Book.objects.get().digital_file.original_name == "b.pdf"


@pytest.mark.parametrize("query", ["", "?ids=", "?ids=1", "?ids=x,y", "?ids=0,-1", "?ids=" + "9" * 40 + ",1"])
def test_a_merge_of_anything_but_two_records_leads_back(desk, query):
    assert desk.get(MERGE + query).status_code == 302


def test_one_or_three_rows_are_not_merged(desk):
    one = record("A")
    sent = desk.post(LIST, {"action": "merge_two", "_selected_action": [one.pk]}, follow=True)
    assert "exactly two" in sent.content.decode()


def test_who_may_not_delete_may_not_merge(client):
    user = make_user(role=Role.LIBRARIAN)
    user.groups.clear()
    client.force_login(user)
    one, two = record("A"), record("B")
    assert client.get(f"{MERGE}?ids={one.pk},{two.pk}").status_code == 403
    assert client.post(BULK, {"ids": str(one.pk), "language": "fr", "confirmed": "1"}).status_code == 403


@pytest.mark.parametrize("kind", ["author", "subject"])
def test_two_names_are_merged_from_their_list(desk, kind):
    record("A", "Mark Twain", subjects=["Rivers"])
    record("B", "Samuel Clemens", subjects=["Streams"])
    model: Any = {"author": Author, "subject": Subject}[kind]
    keep, other = model.objects.order_by("pk")
    sent = desk.post(
        reverse(f"admin:catalog_{kind}_changelist"), {"action": "merge_two", "_selected_action": [keep.pk, other.pk]}
    )
    page = desk.get(sent["Location"])
    assert_valid(page.content)
    assert desk.post(sent["Location"], {"keep": keep.pk}).status_code == 302
    assert model.objects.get().books.count() == 2


def test_other_names_of_an_author_are_filed_and_found(desk):
    book = record("Roughing It", "Mark Twain")
    author = Author.objects.get()
    address = reverse("admin:catalog_author_change", args=[author.pk])
    sent = {"name": "Mark Twain", "sort_name": author.sort_name, "birth_year": "1835", "death_year": "1910"}
    saved(desk.post(address, sent | rows("aliases", 0, {"name": "Samuel Clemens", "author": author.pk})))
    assert AuthorAlias.objects.get().sort_name == "clemens, samuel"
    book.refresh_from_db()
    assert "clemens" in book.search_b
    twice = desk.post(address, sent | rows("aliases", 0, {"name": "Clemens, Samuel", "author": author.pk}))
    assert "already has this name" in twice.content.decode()
    dead = desk.post(address, sent | NAMES | {"death_year": "1800"})
    assert "dies before being born" in dead.content.decode()


def test_a_category_within_itself_is_refused_beside_the_field(desk):
    top = Category.objects.create(name="Science")
    low = Category.objects.create(name="Cells", parent=top)
    response = desk.post(reverse("admin:catalog_category_change", args=[top.pk]), {"name": "Science", "parent": low.pk})
    assert response.status_code == 200
    assert "lies within it" in str(response.context["adminform"].form.errors["parent"])


def test_series_lead_to_their_books(desk):
    record("Third", series="Saga", series_position=3)
    series = Series.objects.get()
    assert f"?series={series.pk}" in desk.get(reverse("admin:catalog_series_changelist")).content.decode()
    saved(desk.post(reverse("admin:catalog_series_change", args=[series.pk]), {"name": "Cycle"}))
    assert (Series.objects.get().sort_name, Book.objects.get().search_c) == ("cycle", "cycle")


def test_a_withdrawn_copy_offers_only_what_may_follow(desk):
    copy = make_copy(status="withdrawn")
    page = desk.get(reverse("admin:catalog_copy_change", args=[copy.pk]))
    choices = dict(page.context["adminform"].form.fields["status"].choices)
    assert set(choices) == {"withdrawn", "available", "in_repair", "damaged"}


def test_the_merge_of_a_book_with_everything_shows_and_takes_all(desk):
    keep, other = record("A"), record("B", identifiers=[{"kind": "doi", "value": "10.1/x"}] * 0)
    BookIdentifier.objects.create(book=other, kind="control", value="7")
    desk.post(f"{MERGE}?ids={keep.pk},{other.pk}", {"keep": keep.pk})
    assert keep.identifiers.get().value == "7"


def test_the_same_number_or_name_twice_in_one_form_is_no_fault_of_the_server(desk):
    twice = rows("identifiers", 0, {"kind": "oclc", "value": "42"}, {"kind": "oclc", "value": "ocm00042"})
    response = desk.post(ADD, form() | twice)
    assert response.status_code == 200
    assert not Book.objects.exists()
    names = rows("aliases", 0, {"name": "Samuel Clemens"}, {"name": "Clemens, Samuel"}, {"name": "Twain, Mark"})
    saved(desk.post(reverse("admin:catalog_author_add"), names | {"name": "Mark Twain"}))
    assert [alias.name for alias in Author.objects.get().aliases.all()] == ["Samuel Clemens"]


def test_the_same_person_twice_in_one_role_is_said(desk):
    author = Author.objects.create(name="Ann Lee", sort_name="lee, ann")
    row = {"author": author.pk, "role": "author", "position": 0}
    response = desk.post(ADD, form(authors=rows("authorships", 0, row, row)))
    assert response.status_code == 200
    assert not Book.objects.exists()
