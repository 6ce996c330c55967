"""The back office: its door, its first page by parts, records nobody writes by hand, and tables that can be heard."""

from __future__ import annotations

import io
from typing import Any

import html5lib
import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import Patron, Role, User
from accounts.tests.factories import make_librarian, make_patron, make_user
from catalog.tests.factories import make_book, make_copy
from library.core import admin as office
from library.core.admin import PARTS, NamedCells, ReadOnly, banner, front, links, links_of

pytestmark = pytest.mark.django_db
FRONT = reverse("admin:index")
DELETED_BY_STAFF = {"JudgedQuestion"}  # which a person made with one press
READ_ONLY = [
    model
    for model, page in admin.site._registry.items()
    if isinstance(page, ReadOnly) and model.__name__ not in DELETED_BY_STAFF
]


def entered(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def staff(*permissions: str) -> User:
    """Somebody of the staff with these permissions alone."""
    user = make_librarian()
    user.groups.clear()
    for name in permissions:
        app, code = name.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=code))
    return User.objects.get(pk=user.pk)


# -- the door


def test_who_is_not_signed_in_is_led_to_the_one_sign_in_and_back():
    asked = f"{reverse('admin:jobs_job_changelist')}?state=failed"
    answer = Client().get(asked, follow=True)
    address = answer.redirect_chain[-1][0]
    assert address.startswith(reverse("accounts:sign-in"))
    assert "next=%2Fadmin%2Fjobs%2Fjob%2F%3Fstate%3Dfailed" in address or "next=/admin/jobs/job/" in address


def test_who_is_signed_in_and_may_not_enter_is_told_and_not_asked_again():
    assert entered(make_user()).get(FRONT, follow=True).status_code == 403
    assert entered(make_user()).get(reverse("admin:login")).status_code == 403


def test_nobody_signs_in_at_the_door_of_the_back_office_itself():
    user = make_librarian()
    answer = Client().post(reverse("admin:login"), {"username": user.email, "password": "correct horse 7"})
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("accounts:sign-in"))


@pytest.mark.parametrize("thing", ["0", "-1", "999999999999999999999", "%00", "x", "1.5", "../1"])
def test_an_address_of_a_thing_that_there_is_not_is_none(thing):
    kind = ContentType.objects.get_for_model(Patron).pk
    assert entered(make_librarian()).get(f"/admin/r/{kind}/{thing}/").status_code == 404


# -- the first page


def parts_of(client: Client) -> dict[str, list[str]]:
    return {
        part["app_label"]: [model["object_name"] for model in part["models"]]
        for part in client.get(FRONT).context["app_list"]
    }


def test_parts_in_which_somebody_may_open_nothing_are_not_shown():
    shown = parts_of(entered(staff("catalog.view_book", "jobs.view_job")))
    assert shown == {"catalogue": ["Book"], "system": ["Job"]}


def test_whoever_may_open_nothing_has_an_empty_page_and_no_fault():
    assert parts_of(entered(staff())) == {}


def test_an_administrator_has_every_page_once_and_in_the_order_of_the_parts():
    shown = parts_of(entered(make_user(Role.ADMINISTRATOR)))
    assert list(shown) == [name for name in PARTS if name in shown]
    pages = [page for part in shown.values() for page in part]
    assert len(pages) == len(set(pages)) > 20


def test_pages_of_a_part_stand_by_their_places():
    shown = parts_of(entered(make_user(Role.ADMINISTRATOR)))
    place = {model.__name__: getattr(page, "place", 9) for model, page in admin.site._registry.items()}
    for pages in shown.values():
        assert [place[page] for page in pages] == sorted(place[page] for page in pages)


def test_a_page_has_the_name_that_a_librarian_knows_it_by():
    names = {
        str(model["name"])
        for part in entered(make_user(Role.ADMINISTRATOR)).get(FRONT).context["app_list"]
        for model in part["models"]
    }
    assert {"Work in the background", "Who did what"} <= names


def test_the_pages_of_one_app_are_still_found_by_the_app():
    answer = entered(make_user(Role.ADMINISTRATOR)).get(reverse("admin:app_list", args=["jobs"]))
    assert answer.status_code == 200
    assert [app["app_label"] for app in answer.context["app_list"]] == ["jobs"]


@pytest.fixture
def own_words(monkeypatch):
    """Banners, figures and links of nobody but the test."""
    monkeypatch.setattr(office, "_banners", [])
    monkeypatch.setattr(office, "_fronts", [])
    monkeypatch.setattr(office, "_links", {})


def test_the_first_page_says_what_staff_should_know_and_nothing_where_there_is_nothing(own_words):
    banner(lambda request: "")
    banner(lambda request: f"Good morning, {request.user}.")
    front(lambda request: {"deeds": [("Do it", "/do/")]})
    answer = entered(make_librarian(full_name="Jun <Ito>")).get(FRONT)
    assert answer.context["banners"] == ["Good morning, Jun <Ito>."]
    assert "Good morning, Jun &lt;Ito&gt;." in answer.text
    assert 'href="/do/"' in answer.text


def test_a_record_leads_where_each_app_says_and_only_from_its_own_kind(own_words):
    links_of(Patron)(lambda request, patron: [("One", "/1/")])
    links_of(Patron)(lambda request, patron: [])
    links_of(Patron)(lambda request, patron: [("Two", f"/{patron.pk}/")])
    request, patron = RequestFactory().get("/"), make_patron()
    assert links(request, patron) == [("One", "/1/"), ("Two", f"/{patron.pk}/")]
    assert links(request, patron.user) == []


# -- records that nobody writes by hand


def address(model: type[models.Model], name: str) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}")


def test_there_are_records_to_look_at():
    assert {model.__name__ for model in READ_ONLY} >= {"Activity", "Job", "Notice", "Loan", "Hold"}


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model.__name__)
def test_what_services_write_even_an_administrator_only_looks_at(model):
    client = entered(make_user(Role.ADMINISTRATOR))
    shown = client.get(address(model, "changelist"))
    assert shown.status_code == 200
    assert "delete_selected" not in shown.text
    assert client.get(address(model, "add")).status_code == 403


# -- tables that can be heard


def unnamed(page: str) -> list[str]:
    """Controls in the rows of tables that say nothing to who does not see the head of their column."""
    tree = html5lib.parse(io.StringIO(page), treebuilder="etree", namespaceHTMLElements=False)
    found: list[str] = []
    for row in tree.iter("td"):
        for control in row.iter():
            if control.tag not in {"input", "select", "textarea"} or control.get("type") in {"hidden", "submit"}:
                continue
            name = control.get("aria-label") or control.get("aria-labelledby") or control.get("title")
            if not name:
                found.append(str(control.get("name")))
    return found


def test_each_control_in_a_row_of_a_record_s_tables_has_a_name():
    copy = make_copy()
    client = entered(make_user(Role.ADMINISTRATOR))
    book = client.get(reverse("admin:catalog_book_change", args=[copy.book_id]))
    patron = client.get(reverse("admin:accounts_patron_change", args=[make_patron().pk]))
    assert unnamed(book.text) == []
    assert unnamed(patron.text) == []
    assert book.text.count('aria-label="Delete"') >= 1


def test_a_name_that_a_field_has_already_is_not_taken_from_it():
    class Own(admin.TabularInline[Any, Any]):
        def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
            field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
            field.widget.attrs["aria-label"] = "Own words"
            return field

    class Named(NamedCells, Own):
        model = type(make_book())

    made = Named(type(make_book()), admin.site)
    field: Any = made.formfield_for_dbfield(type(make_book())._meta.get_field("title"), RequestFactory().get("/"))
    assert field.widget.attrs["aria-label"] == "Own words"
