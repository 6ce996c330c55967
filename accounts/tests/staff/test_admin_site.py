"""Every address that Django's admin brings with it, and what becomes of it here."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import URLPattern, reverse

from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, make_librarian, make_user
from library.activity.models import Activity

pytestmark = pytest.mark.django_db
OWN_PAGE = reverse("accounts:password")
# By name, without those of the models: what a librarian gets. A new one of Django's is not in the table and fails.
OF_THE_SITE = {
    "index": 200,
    "login": 302,  # to the two-step sign-in
    "logout": 405,  # a link must not sign anybody out
    "password_change": 302,
    "password_change_done": 302,
    "autocomplete": 403,  # no field was named
    "jsi18n": 200,
    "view_on_site": 404,  # of a thing that is not there
    "app_list": 200,
    None: 404,  # whatever is left
}
# Of each model, besides its own pages: adding, changing, deleting and their lists.
OF_A_MODEL = {"changelist", "add", "history", "delete", "change", None}


def entered(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def of_the_site():
    models = {f"{model._meta.app_label}_{model._meta.model_name}_" for model in admin.site._registry}
    return [
        pattern
        for pattern in admin.site.get_urls()
        if isinstance(pattern, URLPattern) and not any((pattern.name or "").startswith(name) for name in models)
    ]


def address(name):
    args: Any = {"view_on_site": [ContentType.objects.get_for_model(User).pk, "0"], "app_list": ["accounts"]}.get(name)
    return "/admin/nothing/at/all/" if name is None else reverse(f"admin:{name}", args=args)


def test_each_address_of_the_site_itself_is_known():
    assert {pattern.name for pattern in of_the_site()} == set(OF_THE_SITE)


@pytest.mark.parametrize(("name", "status"), OF_THE_SITE.items())
def test_a_librarian_gets_what_the_table_says_and_others_are_sent_to_sign_in(name, status):
    assert entered(make_librarian()).get(address(name)).status_code == status
    outside = Client().get(address(name), follow=True)
    assert outside.redirect_chain[-1][0].split("?")[0] == reverse("accounts:sign-in")
    assert entered(make_user()).get(address(name), follow=True).status_code == 403


def test_the_admins_password_page_is_the_one_that_counts_tells_and_ends_tokens():
    librarian = make_librarian()
    client = entered(librarian)
    for name in ("password_change", "password_change_done"):
        assert client.get(address(name))["Location"] == OWN_PAGE
        sent = {"old_password": PASSWORD, "new_password1": "other horse 8", "new_password2": "other horse 8"}
        assert client.post(address(name), sent)["Location"] == OWN_PAGE
    librarian.refresh_from_db()
    assert librarian.check_password(PASSWORD)


def test_signing_out_by_the_admin_ends_the_session_and_is_written_down():
    librarian = make_librarian()
    client = entered(librarian)
    assert client.post(address("logout")).status_code in {200, 302}
    assert client.get(address("index")).status_code == 302
    assert Activity.objects.filter(actor=librarian, verb="account.signed_out").count() == 1


def test_no_page_of_a_person_sets_a_password():
    administrator = entered(make_user(Role.ADMINISTRATOR))
    someone = make_user()
    page = reverse("admin:accounts_user_change", args=[someone.pk])
    nowhere = administrator.get(f"{page}password/", follow=True)
    assert nowhere.redirect_chain[-1][0] == reverse("admin:index")
    assert not re.search(r'name="(new_)?password', administrator.get(page).content.decode())


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label)
def test_what_a_model_brings_is_for_staff_with_a_permission_alone(model):
    own = admin.site._registry[model]
    prefix = f"{model._meta.app_label}_{model._meta.model_name}_"
    names = {pattern.name.removeprefix(prefix) if pattern.name else None for pattern in own.get_urls()}
    assert names >= OF_A_MODEL
    for name in ("changelist", "add"):
        where = reverse(f"admin:{prefix}{name}")
        assert Client().get(where).status_code == 302
        assert entered(make_user()).get(where, follow=True).status_code == 403


@pytest.mark.parametrize("thing", ["{user}/x", "{user}/0", "x/1", "999999/1", "99999999999999999999/1"])
def test_an_id_that_is_none_leads_nowhere(thing):
    user = ContentType.objects.get_for_model(User).pk
    assert entered(make_librarian()).get(f"/admin/r/{thing.format(user=user)}/").status_code == 404
