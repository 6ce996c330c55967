"""What the back office tells of a record, asks before it changes many, and lets each role do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from accounts.tests.factories import make_librarian, make_user
from catalog.admin.history import SHOWN, label, of_book, words
from catalog.admin.merging import MergeRow
from catalog.models import Book, Branch, Copy, ItemType
from catalog.tests.admin.test_admin import ADD, LIST, change, form, saved
from catalog.tests.factories import make_book, make_branch, make_copy, record
from library.activity import services as activity
from library.activity.models import Activity
from tests.html import assert_valid

pytestmark = pytest.mark.django_db
BULK = reverse("admin:catalog_book_bulk")
COPIES = reverse("admin:catalog_copy_changelist")
NEW_COPY = reverse("admin:catalog_copy_add")
MODELS = ("book", "copy", "author", "category", "subject", "series", "branch", "itemtype")


@pytest.fixture
def librarian():
    return make_librarian()


@pytest.fixture
def desk(client, librarian):
    client.force_login(librarian)
    return client


# -- what happened to a record -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("is_public", True, "yes"),
        ("is_public", False, "no"),
        ("year", None, ""),
        ("year", 0, "0"),
        ("status", "on_loan", "on loan"),
        ("status", "eaten", "eaten"),
        ("reading_level", "teens", "teenagers"),
        ("title", "on_loan", "on_loan"),
    ],
)
def test_a_value_is_told_in_words(name, value, said):
    assert words(name, value) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [("isbn", "ISBN"), ("shelf_mark", "shelf mark"), ("contributors", "contributors"), ("smell", "smell")],
)
def test_a_field_is_called_what_a_librarian_calls_it(name, said):
    assert label(name) == said


def test_the_newest_two_hundred_deeds_are_told_newest_first(monkeypatch):
    monkeypatch.setattr("catalog.admin.history.SHOWN", 3)
    book, now = record("A"), timezone.now()
    for number in range(5):
        activity.record(
            actor=None, verb="book.sniffed", object=book, data={"title": f"{number}"}, at=now + timedelta(1 + number)
        )
    told = of_book(str(book.pk))
    assert [(deed.about, deed.who, deed.what) for deed in told] == [
        (str(number), "the library itself", "book.sniffed") for number in (4, 3, 2)
    ]
    assert SHOWN == 200


@pytest.mark.parametrize("pk", ["0", "x", "٣", "9" * 40, "-1", ""])
def test_a_record_that_is_none_has_no_history(pk):
    make_book()
    assert of_book(pk) == []


def test_a_record_of_which_nothing_is_written_says_so(desk):
    page = desk.get(reverse("admin:catalog_book_history", args=[make_book().pk])).content.decode()
    assert "Nothing is written down about this record yet." in page


def test_rows_of_a_merge_know_whether_they_differ():
    assert MergeRow("Year", "1990", "1991").differs
    assert not MergeRow("Year", "1990", "1990").differs


# -- many at once --------------------------------------------------------------------------------------------------


def asked(desk, **sent) -> str:
    page = desk.post(BULK, {"ids": ",".join(map(str, Book.objects.order_by("pk").values_list("pk", flat=True)))} | sent)
    assert page.status_code == 200, page.context["form"].errors
    assert_valid(page.content)
    return str(page.content.decode())


def test_the_question_says_in_words_what_will_change(desk):
    make_book()
    text = asked(desk, is_public="false", is_suppressed="true", reading_level="-", publisher=" New  House ")
    assert "Change 1 book like this?" in text
    for said in (
        "Public</b>: no",
        "Suppressed</b>: yes",
        "Written for</b>: nobody in particular",
        "Publisher</b>: New House",
    ):
        assert said in text


def test_ten_of_many_titles_are_named(desk):
    for number in range(12):
        make_book(title=f"Book-{number:02d}-")
    text = asked(desk, language="fr")
    assert "12 books are chosen" in text
    assert text.count("Book-") == 10
    assert "…" in text


def test_a_reading_level_is_taken_away_from_many(desk):
    make_book(reading_level="teens")
    sent = {"ids": str(Book.objects.get().pk), "reading_level": "-", "confirmed": "1"}
    page = desk.post(BULK, sent, follow=True).content.decode()
    assert "1 book was changed." in page
    assert Book.objects.get().reading_level == ""


# -- who may do what -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("role", "status"), [(None, 302), (Role.PATRON, 302), (Role.LIBRARIAN, 200), (Role.ADMINISTRATOR, 200)]
)
def test_staff_alone_see_each_list_and_its_empty_form(client, model, role, status):
    if role:
        client.force_login(make_user(role))
    for page in ("changelist", "add"):
        answer = client.get(reverse(f"admin:catalog_{model}_{page}"))
        assert answer.status_code in ({status, 403} if role == Role.PATRON else {status})


def test_a_branch_is_closed_by_an_administrator_alone(client, librarian):
    branch = make_branch()
    address = reverse("admin:catalog_branch_delete", args=[branch.pk])
    client.force_login(librarian)
    assert client.post(address, {"post": "yes"}).status_code == 403
    client.force_login(make_user(Role.ADMINISTRATOR))
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert not Branch.objects.exists()


def test_whoever_may_only_look_changes_nothing(client):
    user = make_librarian()
    user.groups.clear()
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_book", "view_copy"]))
    client.force_login(user)
    book = make_copy(book=record("The Gene")).book
    assert "The Gene" in client.get(LIST).content.decode()
    assert client.get(change(book)).status_code == 200
    assert client.post(change(book), form(title="Changed")).status_code == 403
    assert client.post(ADD, form()).status_code == 403
    assert client.post(reverse("admin:catalog_book_delete", args=[book.pk]), {"post": "yes"}).status_code == 403
    assert client.post(LIST, {"action": "change_several", "_selected_action": [book.pk]}).status_code in {200, 302, 403}
    assert client.get(f"{reverse('admin:catalog_book_merge')}?ids=1,2").status_code == 403
    assert Book.objects.get().title == "The Gene"


def test_a_book_with_copies_is_not_deleted_from_the_list_or_its_page(desk):
    book = make_copy(book=record("Kept")).book
    desk.post(reverse("admin:catalog_book_delete", args=[book.pk]), {"post": "yes"})
    desk.post(LIST, {"action": "delete_selected", "_selected_action": [book.pk], "post": "yes"})
    assert Book.objects.filter(pk=book.pk).exists()


def test_several_books_are_deleted_from_the_list_and_that_is_written_down(desk, librarian):
    books = [record(f"Book {number}") for number in range(2)]
    desk.post(LIST, {"action": "delete_selected", "_selected_action": [book.pk for book in books], "post": "yes"})
    assert not Book.objects.exists()
    assert Activity.objects.filter(verb="book.deleted", actor=librarian).count() == 2


def test_several_copies_are_deleted_from_their_list(desk):
    copies = [make_copy(), make_copy()]
    desk.post(COPIES, {"action": "delete_selected", "_selected_action": [copy.pk for copy in copies], "post": "yes"})
    assert not Copy.objects.exists()
    assert set(Book.objects.values_list("total_copies", flat=True)) == {0}


def test_a_new_item_type_says_whether_it_is_a_place(desk):
    saved(desk.post(reverse("admin:catalog_itemtype_add"), {"name": "Room", "code": "room", "is_place": "on"}))
    assert ItemType.objects.get().is_place
