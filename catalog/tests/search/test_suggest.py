"""What is suggested while one types."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests.factories import make_librarian
from catalog.models import Author, AuthorAlias, Book, Series, Subject
from catalog.search import beginnings, prepared
from catalog.search.suggestions import Suggestion, suggest
from catalog.tests.factories import record
from library.search.fold import fold
from tests.html import assert_valid

pytestmark = pytest.mark.django_db
API, PAGE = "/api/v1/books/suggest/", reverse("catalog:suggest")
NOBODY = AnonymousUser()


def about(book: Book, name: str) -> Subject:
    subject, _ = Subject.objects.get_or_create(name=name, defaults={"sort_name": fold(name)})
    book.subjects.add(subject)
    return subject


def texts(typed: str, kind: str = "", user=NOBODY) -> list[str]:
    return [one.text for one in suggest(typed, user=user) if not kind or one.kind == kind]


@pytest.fixture
def darwin() -> Book:
    book = record("On the Origin of Species", "Charles Darwin", year=1859)
    series = Series.objects.create(name="Origins", sort_name="origins")
    Book.objects.filter(pk=book.pk).update(series=series)
    about(book, "Natural selection")
    return book


def test_titles_people_subjects_and_series_in_this_order(darwin):
    about(darwin, "Oracles")
    Author.objects.update(name="Charles Oram", sort_name="oram, charles")
    record("Oranges", "Ann Lee")

    found = suggest("or", user=NOBODY)

    assert [(one.kind, one.text, one.detail) for one in found] == [
        ("title", "Oranges", "Ann Lee"),
        ("author", "Charles Oram", "1 book"),
        ("subject", "Oracles", "1 book"),
        ("series", "Origins", "1 book"),
    ]


def test_each_leads_to_what_it_names(darwin, client):
    author, subject, series = Author.objects.get(), Subject.objects.get(), Series.objects.get()
    places = {
        one.text: one.url for typed in ("on the", "darwin", "natural", "origins") for one in suggest(typed, user=NOBODY)
    }

    assert places == {
        "On the Origin of Species": reverse("pages:book", args=[darwin.pk]),
        "Charles Darwin": f"/catalogue/?author={author.pk}",
        "Natural selection": f"/catalogue/?subject={subject.pk}",
        "Origins": f"/catalogue/?series={series.pk}",
    }
    for url in places.values():
        assert "On the Origin of Species" in client.get(url).text


@pytest.mark.parametrize("typed", ["darwin", "Darwin, C", "darwin c", "charles d", "CHARLES DARWIN", " charles ", "dà"])
def test_a_person_is_found_by_either_name(darwin, typed):
    assert texts(typed, "author") == ["Charles Darwin"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [("Jean-Paul Sartre", "sar"), ("Émile Zola", "emi"), ("Ursula K. Le Guin", "le g"), ("Æsop", "aes")],
)
def test_names_are_found_however_their_letters_are_written(name, typed):
    record("A Book", name)

    assert texts(typed, "author") == [name]


@pytest.mark.parametrize("typed", ["twain", "mark t"])
def test_another_name_leads_to_the_person_and_says_so(typed):
    record("Roughing It", "Samuel Clemens")
    AuthorAlias.objects.create(author=Author.objects.get(), name="Mark Twain", sort_name="twain, mark")

    (found,) = suggest(typed, user=NOBODY)

    assert (found.text, found.detail) == ("Samuel Clemens", "also Mark Twain · 1 book")
    assert [one.detail for one in suggest("samuel", user=NOBODY)] == ["1 book"]


@pytest.mark.parametrize(
    ("title", "language", "typed"),
    [
        ("The Sea", "en", "sea"),
        ("The Sea", "en", "the se"),
        ("Les Misérables", "fr", "les mis"),
        ("L’Étranger", "fr", "l'et"),
        ("L’Étranger", "fr", "étr"),
        ("100% Wool", "en", "100%"),
        ("The", "en", "the"),
        ("Война и мир", "ru", "вой"),
    ],
)
def test_a_title_is_found_with_and_without_its_article(title, language, typed):
    record(title, language=language)

    assert texts(typed, "title") == [title]


@pytest.mark.parametrize("typed", ["origin", "origin of sp", "Species", "species ori"])
def test_a_title_is_found_by_words_within_it(darwin, typed):
    record("Oysters", "Ann Lee", description="The origin of species that live in the sea.")

    assert texts(typed, "title") == ["On the Origin of Species"]


def test_titles_that_begin_so_come_before_titles_that_have_the_words(darwin):
    Book.objects.update(popularity=1000)
    record("Origins")

    assert texts("origin", "title") == ["Origins", "On the Origin of Species"]


@pytest.mark.parametrize("typed", ["", " ", "o", "o ", "%", "__", "%%%", "\0\0", "-o"])
def test_fewer_than_two_letters_suggest_nothing_and_ask_nothing(darwin, typed):
    with CaptureQueriesContext(connection) as ran:
        assert suggest(typed, user=NOBODY) == []
    assert len(ran) == 0


@pytest.mark.parametrize("typed", ["o%", "o_", "on%", r"on\%", "o%igin", "on_the", "x" * 5000, "on\0the", "\ud800on"])
def test_signs_that_mean_something_to_the_database_are_only_signs(darwin, typed):
    assert suggest(typed, user=NOBODY) in ([], suggest("on the", user=NOBODY))
    assert texts("o%", "title") == []


def test_nothing_that_only_hidden_books_have_is_suggested(darwin):
    Book.objects.update(is_suppressed=True)

    for typed in ("origin", "on the", "darwin", "charles", "natural", "origins"):
        assert suggest(typed, user=NOBODY) == []
    assert texts("charles", user=make_librarian()) == ["Charles Darwin"]
    assert texts("natural", user=make_librarian()) == ["Natural selection"]


def test_names_of_hidden_books_never_crowd_out_the_others(darwin):
    for number in range(25):
        for _ in range(2):
            book = record(f"Hidden {number}", f"Darwall{number:02}")
            about(book, f"Naturism {number}")
            Book.objects.filter(pk=book.pk).update(is_suppressed=True)
    assert texts("darw", "author") == ["Charles Darwin"]
    assert texts("natur", "subject") == ["Natural selection"]
    assert len(texts("darw", "author", user=make_librarian())) > 3


def test_what_hidden_books_have_as_well_is_counted_without_them(darwin):
    hidden = record("Hidden", "Charles Darwin")
    Book.objects.filter(pk=hidden.pk).update(is_suppressed=True)

    assert [one.detail for one in suggest("darwin", user=NOBODY)] == ["1 book"]
    assert [one.detail for one in suggest("darwin", user=make_librarian())] == ["2 books"]


def test_a_name_without_any_book_is_not_suggested():
    Author.objects.create(name="No Body", sort_name="body, no")
    Subject.objects.create(name="Bodies", sort_name="bodies")

    assert suggest("bod", user=NOBODY) == []


def test_ten_at_most_shared_between_the_kinds_and_the_most_read_first():
    for n in range(12):
        book = record(f"Sea {n:02d}", f"Ann Sea{'abcdefghijkl'[n]}")
        about(book, f"Seas {n:02d}")
        series = Series.objects.create(name=f"Seaside {n:02d}", sort_name=f"seaside {n:02d}")
        Book.objects.filter(pk=book.pk).update(series=series, popularity=n)

    found = suggest("sea", user=NOBODY)

    kinds = [one.kind for one in found]
    assert kinds == ["title"] * 4 + ["author"] * 3 + ["subject"] * 2 + ["series"]
    assert found[0].text == "Sea 11"
    assert len(suggest("sea", user=NOBODY, limit=3)) == 3
    assert [one.kind for one in suggest("sea 0", user=NOBODY)] == ["title"] * 10


@pytest.mark.parametrize(
    ("typed", "people"),
    [
        ("garcia", ["Gabriel García Márquez", "Federico García Lorca"]),
        ("marq", ["Gabriel García Márquez"]),
        ("garcía m", ["Gabriel García Márquez"]),
        ("m garcia", ["Gabriel García Márquez"]),
        ("couto", ["Eduardo do Couto e Silva"]),
        ("do couto", ["Eduardo do Couto e Silva"]),
        ("couto e silva", ["Eduardo do Couto e Silva"]),
        ("silva edu", ["Eduardo do Couto e Silva"]),
        ("paul", ["Jean-Paul Sartre"]),
        ("neill", ["Eugene O’Neill"]),
        ("langhorne", ["Mark Twain"]),
        ("clem", ["Mark Twain"]),
        ("arcia", []),
        ("garcia x", []),
        ("garcia silva", []),
    ],
)
def test_a_person_is_found_by_any_word_of_a_name_the_one_with_most_books_first(typed, people):
    for number in range(2):
        record(f"Book {number}", "Gabriel García Márquez")
    for name in ("Federico García Lorca", "Eduardo do Couto e Silva", "Jean-Paul Sartre", "Eugene O’Neill"):
        record(f"A book of {name.split()[0]}", name)
    record("Another book", "Mark Twain")
    AuthorAlias.objects.create(
        author=Author.objects.get(name="Mark Twain"),
        name="Samuel Langhorne Clemens",
        sort_name="clemens, samuel langhorne",
    )

    assert texts(typed, "author") == people


def test_a_subject_and_a_series_are_found_by_any_word_too(darwin):
    Series.objects.update(name="Great Naturalists", sort_name="great naturalists")

    assert texts("selection", "subject") == ["Natural selection"]
    assert texts("naturalists", "series") == ["Great Naturalists"]


def test_one_query_however_many_there_are(darwin):
    for n in range(30):
        about(record(f"Origin {n}", f"Charles Origin {n}"), f"Origins of {n}")
    suggest("origin", user=NOBODY)  # from now on this connection has the statement
    with CaptureQueriesContext(connection) as ran:
        assert len(suggest("origin", user=NOBODY)) == 10
    assert len(ran) == 1


@pytest.mark.django_db(transaction=True)
def test_the_statement_is_planned_once_for_whatever_is_typed():
    def plans() -> tuple[int, int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name = %s",
                [prepared.name_of(beginnings.STATEMENT)],
            )
            general, own = cursor.fetchone() or (0, 0)
            return general, own

    record("On the Origin of Species", "Charles Darwin")
    assert texts("origin", "title") == ["On the Origin of Species"]
    general, for_these_letters = plans()
    for typed in ("dar", "the na", "charles d"):
        suggest(typed, user=NOBODY)
    assert plans() == (general + 3, for_these_letters)
    assert for_these_letters == 0


def test_an_article_and_a_letter_are_too_little_to_look_for_within():
    record("Into the Sea")
    assert texts("the s") == []
    assert texts("the sea") == texts("sea") == ["Into the Sea"]
    assert texts("die s") == []
    record("The Sea")
    assert texts("the se") == ["The Sea"], "but how a title is filed may begin so"


@pytest.mark.parametrize(
    "index",
    [
        "book_title_starts",
        "author_starts",
        "author_given_starts",
        "author_alias_starts",
        "author_alias_given_starts",
        "subject_starts",
        "series_starts",
        "facts_vector",
        "author_words",
        "author_alias_words",
        "subject_words",
        "series_words",
    ],
)
def test_a_plan_made_for_any_letters_reads_the_indexes(darwin, index):
    with connection.cursor() as cursor:
        # A full reading of some index is cheapest while there are so few names.
        others = ("enable_indexscan", "enable_indexonlyscan") if index.endswith(("words", "vector")) else ()
        for setting in ("enable_seqscan", "enable_sort", *others):
            cursor.execute(f"SET LOCAL {setting} = off")
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", beginnings.STATEMENT)))
        statement = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", beginnings.STATEMENT)
        cursor.execute(f"PREPARE suggesting AS {statement}")
        cursor.execute(f"EXPLAIN EXECUTE suggesting ({', '.join(['NULL'] * len(names))})")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("DEALLOCATE suggesting")
    assert re.search(rf"(?i)\b(using|on) {index}\b", plan), plan


def test_the_api_gives_kind_text_detail_and_url(darwin, client):
    body = client.get(API, {"q": "charles"}).json()

    assert body == {
        "results": [
            {
                "kind": "author",
                "text": "Charles Darwin",
                "detail": "1 book",
                "url": f"/catalogue/?author={Author.objects.get().pk}",
            }
        ]
    }
    assert client.get(API).json() == {"results": []}
    assert client.get(API, {"q": "\0" * 9}).json() == {"results": []}
    assert client.post(API, {"q": "x"}).status_code in {401, 403, 405}


def test_the_list_for_the_page_is_grouped_and_valid(darwin, client):
    response = client.get(PAGE, {"q": "ori"})

    assert_valid(response.content, fragment=True)
    assert re.findall(r'role="group" aria-label="(\w+)"', response.text) == ["Books", "Series"]
    assert response.text.count('role="option"') == 2
    assert "2 suggestions" in response.text
    assert "private" in response["Cache-Control"]
    empty = client.get(PAGE, {"q": "zzz"})
    assert 'role="option"' not in empty.text
    assert "No suggestions" in empty.text


def test_what_is_suggested_is_shown_and_never_run(client):
    record("<script>alert(1)</script> of the sea")

    assert "<script>alert" not in client.get(PAGE, {"q": "<script"}).text


def test_a_title_in_another_script_runs_its_own_way(client):
    record("ألف ليلة وليلة", language="ar")

    assert 'lang="ar" dir="rtl"' in client.get(PAGE, {"q": "ألف"}).text


def test_a_suggestion_says_what_it_is():
    assert Suggestion("title", "Sea", "/books/1/").detail == ""
