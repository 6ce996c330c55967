"""People in the admin: who may do what, and what is never shown."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import OneTimeCode, Role, Tier, User
from accounts.tests.factories import PASSWORD, make_librarian, make_user
from accounts.tests.helpers import deliver

pytestmark = pytest.mark.django_db
USERS, ADD = reverse("admin:accounts_user_changelist"), reverse("admin:accounts_user_add")
PATRONS = reverse("admin:accounts_patron_changelist")


def page_of(user):
    return reverse("admin:accounts_user_change", args=[user.pk])


def entered(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def administrator():
    return make_user(Role.ADMINISTRATOR)


@pytest.fixture
def librarian():
    return make_librarian()


@pytest.fixture
def trusted():
    """A librarian to whom an administrator gave every permission about users."""
    user = make_librarian()
    user.user_permissions.set(Permission.objects.filter(codename__in=["add_user", "change_user", "delete_user"]))
    return user


def values(user, **changes):
    return {
        "email": user.email,
        "username": user.username,
        "full_name": user.full_name,
        "role": user.role,
        "is_active": "on",
    } | changes


def test_the_admin_is_entered_by_the_two_step_sign_in(client, librarian):
    first = client.get(USERS)
    second = client.get(first["Location"])
    assert second["Location"] == f"{reverse('accounts:sign-in')}?next={USERS}"
    client.get(second["Location"])
    client.post(second["Location"], {"email": librarian.email, "password": PASSWORD})
    ended = client.post(reverse("accounts:sign-in-code"), {"code": deliver()})
    assert ended["Location"] == USERS
    assert client.get(USERS).status_code == 200


def test_the_admins_own_door_takes_no_password_and_leads_nowhere_else(client, librarian):
    answer = client.post(
        reverse("admin:login") + "?next=//evil.example", {"username": librarian.email, "password": PASSWORD}
    )
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("accounts:sign-in"))
    client.post(answer["Location"], {"email": librarian.email, "password": PASSWORD})
    assert client.post(reverse("accounts:sign-in-code"), {"code": deliver()})["Location"] == reverse("pages:home")


def test_a_reader_is_told_that_the_admin_is_not_for_them():
    client = entered(make_user())
    assert client.get(client.get(USERS)["Location"]).status_code == 403


def test_neither_codes_nor_tokens_are_in_the_admin():
    shown = {model.__name__ for model in admin.site._registry}
    assert {"User", "Patron", "Tier"} <= shown
    assert not shown & {"OneTimeCode", "OutstandingToken", "BlacklistedToken", "RoleGrant"}
    assert OneTimeCode not in admin.site._registry


def test_no_page_shows_a_password_hash(administrator):
    user = make_user()
    client = entered(administrator)
    for url in (page_of(user), USERS, ADD, f"{USERS}?q={user.email}"):
        page = client.get(url)
        assert page.status_code == 200
        assert user.password not in page.content.decode()
        assert user.password.split("$")[-1][:6] not in page.content.decode()


def test_an_administrator_makes_a_librarian_of_a_patron(administrator):
    user = make_user()
    answer = entered(administrator).post(page_of(user), values(user, role="librarian", full_name="New Name"))
    assert answer.status_code == 302, answer.context["adminform"].errors
    user = User.objects.get(pk=user.pk)
    assert (user.role, user.is_staff, user.is_superuser, user.full_name) == ("librarian", True, False, "New Name")
    assert user.has_perm("accounts.view_patron")


def test_the_last_administrator_is_told_why_they_stay_one(administrator):
    client = entered(administrator)
    answer = client.post(page_of(administrator), values(administrator, role="patron", full_name="Other"), follow=True)
    assert b"This is the only administrator." in answer.content
    administrator.refresh_from_db()
    assert (administrator.role, administrator.full_name != "Other") == (Role.ADMINISTRATOR, True)


def test_keeping_somebody_out_takes_one_click(administrator):
    user = make_user()
    body = values(user)
    del body["is_active"]
    entered(administrator).post(page_of(user), body)
    user.refresh_from_db()
    assert not user.is_active


def test_an_address_that_differs_only_in_case_is_refused(administrator):
    one, two = make_user(), make_user()
    page = entered(administrator).post(page_of(two), values(two, email=one.address.upper()))
    assert page.status_code == 200
    assert "This address is already in use." in page.content.decode()


def test_who_is_added_is_a_reader_with_a_card_and_without_a_password(administrator):
    body = {"email": "New@EXAMPLE.org", "username": "newone", "full_name": "New One"}
    client = entered(administrator)
    page = client.get(ADD)
    assert not {"role", "password", "is_superuser"} & set(page.context["adminform"].form.fields)
    answer = client.post(ADD, body | {"role": "administrator", "password": PASSWORD, "is_superuser": "on"})
    assert answer.status_code == 302, answer.context["adminform"].errors
    user = User.objects.get(email="New@example.org")
    assert (user.role, user.is_staff, user.is_superuser, user.patron.tier.code) == ("patron", False, False, "reader")
    assert not user.has_usable_password()


def test_a_librarian_sees_people_but_changes_none(librarian, administrator):
    client = entered(librarian)
    assert client.get(USERS).status_code == 200
    assert client.get(ADD).status_code == 403
    for user in (make_user(), administrator, librarian):
        assert client.get(page_of(user)).status_code == 200
        assert client.post(page_of(user), values(user, full_name="Changed")).status_code == 403
    assert not User.objects.filter(full_name="Changed").exists()


def test_a_trusted_librarian_edits_patrons_but_gives_no_role(trusted):
    client, user = entered(trusted), make_user()
    answer = client.post(page_of(user), values(user, full_name="Changed", role="administrator", is_superuser="on"))
    assert answer.status_code == 302
    user.refresh_from_db()
    assert (user.full_name, user.role, user.is_staff, user.is_superuser) == ("Changed", "patron", False, False)


def test_a_trusted_librarian_edits_no_administrator_nor_librarian(trusted, administrator):
    client = entered(trusted)
    for user in (administrator, make_librarian(), trusted):
        assert client.post(page_of(user), values(user, email="mine@example.org")).status_code == 403
    assert not User.objects.filter(email="mine@example.org").exists()


def test_a_trusted_librarian_adds_patrons_only(trusted):
    body = {"email": "new@example.org", "username": "newone", "full_name": "New One"}
    assert entered(trusted).post(ADD, body | {"role": "administrator"}).status_code == 302
    assert User.objects.get(email="new@example.org").role == Role.PATRON


def test_people_are_not_deleted(administrator):
    client, user = entered(administrator), make_user()
    assert client.post(reverse("admin:accounts_user_delete", args=[user.pk]), {"post": "yes"}).status_code == 403
    assert client.post(reverse("admin:accounts_patron_delete", args=[user.pk]), {"post": "yes"}).status_code == 403
    client.post(USERS, {"action": "delete_selected", "_selected_action": [str(user.pk)], "post": "yes"})
    assert User.objects.filter(pk=user.pk).exists()


def test_a_librarian_changes_a_card_and_a_tier_but_not_whose_they_are(librarian):
    user, other = make_user(), make_user()
    tier = Tier.objects.create(code="student", name="Student")
    url = reverse("admin:accounts_patron_change", args=[user.pk])
    client = entered(librarian)
    no_blocks = {"blocks-TOTAL_FORMS": 0, "blocks-INITIAL_FORMS": 0}
    client.post(url, {"card_number": "NEW-1", "tier": tier.pk, "user": str(other.pk)} | no_blocks)
    user.patron.refresh_from_db()
    assert (user.patron.card_number, user.patron.tier, user.patron.user_id) == ("NEW-1", tier, user.pk)
    page = client.post(url, {"card_number": other.patron.card_number.lower(), "tier": tier.pk})
    assert "This card number is in use." in page.content.decode()
    assert client.get(reverse("admin:accounts_patron_add")).status_code == 403


def test_the_code_of_a_tier_is_fixed_once_it_is_made(administrator):
    tier = Tier.objects.get(code="reader")
    url = reverse("admin:accounts_tier_change", args=[tier.pk])
    answer = entered(administrator).post(url, {"code": "other", "name": "Readers", "max_loans": "5", "max_holds": ""})
    assert answer.status_code == 302
    tier.refresh_from_db()
    assert (tier.code, tier.name, tier.max_loans) == ("reader", "Readers", 5)


@pytest.mark.parametrize("url", [USERS, PATRONS])
def test_a_list_takes_as_many_queries_for_many_rows_as_for_two(administrator, url):
    client = entered(administrator)
    make_user()
    counts = []
    for more in (0, 20):
        for _ in range(more):
            make_user()
        client.get(url)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(url)
        counts.append(len(queries))
    assert counts[0] == counts[1]
