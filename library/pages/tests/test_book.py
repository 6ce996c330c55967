from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Author, Authorship, BookIdentifier, Category, Series, Subject
from catalog.tests.factories import make_branch, make_copy
from library.jobs.models import Job
from library.pages.tests.factories import make_digital_book, make_whole_book
from rag.models import Document
from tests.html import assert_valid

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def queries_of(client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def test_each_branch_says_in_words_what_is_free(client):
    book, branch = make_whole_book(), make_branch(name="Harbour")
    make_copy(book=book, branch=branch)
    make_copy(book=book, branch=branch, status="on_loan")
    book.refresh_from_db()

    page = client.get(book.get_absolute_url()).text

    assert "1 of 2 available in Harbour" in page
    assert "George Eliot" in page
    assert "&lt;b&gt;provincial&lt;/b&gt;" in page


def test_the_record_tells_all_and_leads_on(client):
    book = make_whole_book(reading_level="scholars", minimum_age=16, isbn="9780306406157")
    book.series = Series.objects.create(name="Lives of Science", sort_name="lives of science")
    book.series_position, book.series_position_end = Decimal("2.50"), Decimal("4.00")
    book.save()
    subject = Subject.objects.create(name="Village life", sort_name="village life")
    book.subjects.add(subject)
    BookIdentifier.objects.create(book=book, kind="oclc", value="12345")
    BookIdentifier.objects.create(book=book, kind="isbn", value="9780306406157")

    response = client.get(book.get_absolute_url())

    assert_valid(response.content)
    text = " ".join(re.sub(r"<[^>]+>", " ", response.text).split())
    for words in (
        "A. N. Editor (editor)",
        "Lives of Science , 2.5–4",
        "Written for scholars",
        "Minimum age 16 years",
        "OCLC number 12345",
        "ISBN 9780306406157",
    ):
        assert words in text, words
    assert text.count("9780306406157") == 1
    editor = Author.objects.get(name="A. N. Editor")
    category = book.categories.get()
    for asked in (
        f"author={editor.pk}",
        f"series={book.series_id}",
        f"subject={subject.pk}",
        f"category={category.pk}",
        "language=en",
    ):
        assert f'href="/catalogue/?{asked}"' in response.text
        assert book.title in client.get(f"/catalogue/?{asked}").text


def test_a_title_in_another_script_runs_its_own_way(client):
    text = client.get(make_whole_book(title="بين القصرين", language="ar").get_absolute_url()).text

    assert '<h1 lang="ar" dir="rtl">بين القصرين</h1>' in text


def test_as_many_queries_for_many_subjects_and_numbers_as_for_two(client):
    book = make_whole_book()

    def more(numbers: range) -> None:
        for n in numbers:
            book.subjects.add(Subject.objects.create(name=f"Subject {n}", sort_name=f"subject {n}"))
            book.categories.add(Category.objects.create(name=f"Category {n}"))
            BookIdentifier.objects.create(book=book, kind="oclc", value=str(n))
            author = Author.objects.create(name=f"Author {n}", sort_name=f"{n}, author")
            Authorship.objects.create(book=book, author=author, position=n + 2)

    more(range(2))
    few = queries_of(client, book.get_absolute_url())
    more(range(2, 30))

    assert queries_of(client, book.get_absolute_url()) == few


@pytest.mark.parametrize("who", ["client", "reader_client", "librarian_client"])
def test_as_many_queries_for_sixty_copies_as_for_two(who, request):
    visitor, book, branches = request.getfixturevalue(who), make_whole_book(), [make_branch() for _ in range(4)]
    for _ in range(2):
        make_copy(book=book, branch=branches[0])
    few = queries_of(visitor, book.get_absolute_url())
    for number in range(58):
        make_copy(book=book, branch=branches[number % 4])

    assert queries_of(visitor, book.get_absolute_url()) == few


@pytest.mark.parametrize("tab", ["", "study/", "ask/"])
def test_a_suppressed_book_is_not_there_for_readers(client, librarian_client, tab):
    book = make_digital_book(is_suppressed=True)

    refused = client.get(f"/books/{book.pk}/{tab}")

    assert refused.status_code == 404
    assert book.title not in refused.text
    assert_valid(refused.content)
    assert librarian_client.get(f"/books/{book.pk}/{tab}").status_code == 200


@pytest.mark.parametrize("tab", ["study/", "ask/"])
def test_the_digital_tabs_of_a_confidential_book_explain_themselves(reader_client, librarian_client, tab):
    book = make_digital_book(is_public=False)

    refused = reader_client.get(f"/books/{book.pk}/{tab}")

    assert refused.status_code == 403
    assert "Kept in the library" in refused.text
    assert book.title in refused.text  # the record itself stays open
    assert_valid(refused.content)
    assert reader_client.get(f"/books/{book.pk}/").status_code == 200
    assert librarian_client.get(f"/books/{book.pk}/{tab}").status_code == 200


def test_a_confidential_book_answers_no_question(reader_client):
    book = make_digital_book(is_public=False)

    assert reader_client.post(f"/books/{book.pk}/ask/", {"question": "Why?"}).status_code == 403
    assert reader_client.get(f"/catalogue/books/{book.pk}/file/").status_code == 403


def test_no_link_to_a_file_that_may_not_be_read(reader_client):
    book = make_digital_book(is_public=False)

    assert "/file/" not in reader_client.get(book.get_absolute_url()).text


@pytest.mark.parametrize("tab", ["study/", "ask/"])
def test_a_book_on_paper_only_says_so(reader_client, tab):
    book = make_whole_book()
    make_copy(book=book)

    page = reader_client.get(f"/books/{book.pk}/{tab}")

    assert page.status_code == 200
    assert "On paper only" in page.text


def test_a_visitor_who_asks_is_led_to_the_sign_in_and_back(client):
    path = f"/books/{make_digital_book().pk}/ask/"

    response = client.post(path, {"question": "Why?"})

    assert response.status_code == 302
    assert response["Location"] == f"/accounts/sign-in/?next={path.replace('/', '%2F')}"


def test_a_visitor_gets_no_answer_by_an_address_either(client):
    page = client.get(f"/books/{make_digital_book().pk}/ask/", {"question": "Why?"})

    assert page.status_code == 200
    assert page.context["answer"] is None
    assert not page.context["form"].is_bound


@pytest.mark.parametrize("question", ["", "   ", "x" * 5000])
def test_a_question_that_is_none_is_refused_beside_the_field(reader_client, question):
    response = reader_client.post(f"/books/{make_digital_book().pk}/ask/", {"question": question})

    assert response.status_code == 422
    assert response.context["form"].errors["question"]
    assert_valid(response.content)


def test_a_question_may_stand_in_the_address(reader_client):
    path = f"/books/{make_digital_book().pk}/ask/"

    assert reader_client.get(path, {"question": "Why?"}).context["form"].is_bound
    assert reader_client.get(path, {"question": ""}).status_code == 422
    assert not reader_client.get(path).context["form"].is_bound


def test_a_question_to_a_book_that_is_not_indexed_is_refused_in_words(reader_client):
    book = make_digital_book()

    response = reader_client.post(f"/books/{book.pk}/ask/", {"question": "Why?"}, headers=HTMX)

    assert response.status_code == 422
    assert_valid(response.content, fragment=True)


@pytest.mark.parametrize("state", ["queued", "failed"])
def test_the_staff_see_how_the_indexing_goes_and_readers_do_not(reader_client, librarian_client, state):
    book = make_digital_book()
    document = Document.objects.create(book=book)
    Job.objects.create(
        kind="index",
        subject_label="rag.document",
        subject_id=document.pk,
        state=state,
        error="It is encrypted.",
        ended_at="2026-11-21T10:00Z" if state == "failed" else None,
    )

    page = librarian_client.get(book.get_absolute_url())

    assert ("<progress" if state == "queued" else "It is encrypted.") in page.text
    assert f"/admin/catalog/book/{book.pk}/change/" in page.text
    assert_valid(page.content)
    assert "For staff" not in reader_client.get(book.get_absolute_url()).text


def test_the_back_button_gets_the_whole_page(reader_client):
    headers = HTMX | {"HX-History-Restore-Request": "true"}

    assert "<main" in reader_client.get(make_whole_book().get_absolute_url(), headers=headers).text
