"""What each role may do, adapted in the admin: at once, everywhere, and to stay."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, User
from accounts.services import roles
from accounts.sessions import tokens
from accounts.tests.factories import make_librarian, make_user
from library.activity.models import Activity
from library.core.errors import InvalidInput, NotAllowed

pytestmark = pytest.mark.django_db
LIST = reverse("admin:auth_group_changelist")


@pytest.fixture
def administrator():
    return make_user(Role.ADMINISTRATOR)


def entered(user):
    client = Client()
    client.force_login(user)
    return client


def page_of(role):
    return reverse("admin:auth_group_change", args=[Group.objects.get(name=role).pk])


def held(role=Role.LIBRARIAN):
    return roles.permissions_of(role)


def offered():
    return {right.name for rights in roles.adaptable().values() for right in rights}


def test_the_three_roles_stand_in_the_list_with_people_and_rights(administrator):
    Group.objects.create(name="cataloguers")
    make_librarian()
    page = entered(administrator).get(LIST)
    assert [str(group.name) for group in page.context["cl"].result_list] == ["patron", "librarian", "administrator"]
    assert {group.name: group.people for group in page.context["cl"].result_list}["librarian"] == 1


def test_permissions_are_told_in_words_under_the_parts_of_the_library(administrator):
    page = entered(administrator).get(page_of(Role.LIBRARIAN)).text
    for words in ("Loans: add", "Books: change", "Patrons: see"):
        assert words in page
    assert 'value="catalog.add_book"' in page
    assert "Lending" in page


def test_only_permissions_that_mean_something_are_offered():
    names = offered()
    assert {"catalog.add_book", "circulation.add_loan", "accounts.change_patron", "jobs.change_job"} <= names
    assert not {name for name in names if name.split(".")[0] in {"auth", "sessions", "contenttypes", "admin"}}
    for nothing in (
        "accounts.delete_user",
        "accounts.add_rolegrant",
        "accounts.view_onetimecode",
        "accounts.add_invitation",
        "token_blacklist.view_outstandingtoken",
    ):
        assert nothing not in names


def test_what_every_role_starts_with_is_offered():
    assert held() <= offered()


def test_a_permission_taken_from_librarians_is_gone_at_once_on_web_api_and_admin_and_survives_migrate(administrator):
    librarian = make_librarian()
    web = entered(librarian)
    bearer = {"Authorization": f"Bearer {tokens.issue(librarian).access}"}
    in_admin = reverse("admin:circulation_hold_changelist")

    def seen():
        return [
            web.get(reverse("circulation:pick-list")).status_code,
            Client().get("/api/v1/pick-list/", headers=bearer).status_code,
            web.get(in_admin).status_code,
        ]

    assert seen() == [200, 200, 200]
    boss = entered(administrator)
    holds = {"circulation.change_hold", "circulation.view_hold"}
    assert boss.post(page_of(Role.LIBRARIAN), {"rights": sorted(held() - holds)}).status_code == 302
    assert seen() == [403, 403, 403]
    call_command("migrate", verbosity=0)
    assert seen() == [403, 403, 403]
    assert boss.post(page_of(Role.LIBRARIAN), {"rights": sorted(held() | holds)}).status_code == 302
    assert seen() == [200, 200, 200]


def test_a_permission_given_to_patrons_counts_at_once(administrator):
    bearer = {"Authorization": f"Bearer {tokens.issue(make_user()).access}"}
    assert Client().get("/api/v1/pick-list/", headers=bearer).status_code == 403
    entered(administrator).post(page_of(Role.PATRON), {"rights": ["circulation.change_hold"]})
    assert Client().get("/api/v1/pick-list/", headers=bearer).status_code == 200


def test_what_is_not_offered_can_be_neither_given_nor_lost(administrator):
    group = Group.objects.get(name=Role.LIBRARIAN)
    group.permissions.add(Permission.objects.get(codename="add_group"))
    page = entered(administrator).post(page_of(Role.LIBRARIAN), {"rights": ["auth.change_group"]})
    assert page.status_code == 200
    assert "rights" in page.context["adminform"].errors
    entered(administrator).post(page_of(Role.LIBRARIAN), {"rights": ["catalog.add_book"]})
    assert held() == {"catalog.add_book", "auth.add_group"}


def test_the_service_itself_refuses_too(administrator):
    with pytest.raises(InvalidInput):
        roles.adapt(role=Role.LIBRARIAN, permissions=["accounts.add_invitation"], by=administrator)
    with pytest.raises(NotAllowed):
        roles.adapt(role=Role.ADMINISTRATOR, permissions=[], by=administrator)
    librarian = make_librarian()
    librarian.user_permissions.set(Permission.objects.all())
    for by in (librarian, make_user()):
        with pytest.raises(NotAllowed):
            roles.adapt(role=Role.LIBRARIAN, permissions=["catalog.add_book"], by=by)


def test_administrators_may_do_everything_and_lose_nothing(administrator):
    client, page = entered(administrator), page_of(Role.ADMINISTRATOR)
    assert "Administrators may do everything" in client.get(page).text
    assert client.post(page, {"rights": []}).status_code == 403


def test_no_role_is_made_renamed_or_deleted(administrator):
    client = entered(administrator)
    assert client.get(reverse("admin:auth_group_add")).status_code == 403
    group = Group.objects.get(name=Role.LIBRARIAN)
    assert client.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"}).status_code == 403
    client.post(page_of(Role.LIBRARIAN), {"name": "gods", "rights": []})
    group.refresh_from_db()
    assert group.name == Role.LIBRARIAN
    other = Group.objects.create(name="cataloguers")
    assert client.get(reverse("admin:auth_group_change", args=[other.pk])).status_code == 302


def test_no_librarian_adapts_a_role_whatever_permissions_they_have():
    librarian = make_librarian()
    librarian.user_permissions.set(Permission.objects.all())
    client, before = entered(librarian), held()
    assert client.get(LIST).status_code == 403
    for role in Role:
        assert client.get(page_of(role)).status_code == 403
        assert client.post(page_of(role), {"rights": sorted(offered())}).status_code == 403
    assert held() == before


def test_a_librarian_with_every_permission_makes_no_administrator_in_the_admin(administrator):
    librarian, reader = make_librarian(), make_user()
    librarian.user_permissions.set(Permission.objects.all())
    client = entered(librarian)
    extra = {"role": "administrator", "is_superuser": "on", "is_staff": "on", "groups": ["1"], "is_active": "on"}
    for user in (librarian, reader, administrator):
        body = {"email": user.email, "username": user.username, "full_name": user.full_name} | extra
        client.post(reverse("admin:accounts_user_change", args=[user.pk]), body)
    client.post(
        reverse("admin:accounts_user_add"),
        {"email": "m@example.org", "username": "mallory", "full_name": "M"} | extra,
    )
    assert User.objects.filter(is_superuser=True).get() == administrator
    assert set(User.objects.filter(is_staff=True)) == {administrator, librarian}
    assert User.objects.filter(email="m@example.org", role="patron").exists()


def test_what_was_adapted_is_in_the_record(administrator):
    wanted = (held() - {"circulation.add_loan"}) | {"accounts.add_user"}
    roles.adapt(role=Role.LIBRARIAN, permissions=wanted, by=administrator)
    roles.adapt(role=Role.LIBRARIAN, permissions=wanted, by=administrator)
    row = Activity.objects.get(verb="role.adapted")
    assert row.actor == administrator
    assert row.data == {"role": "librarian", "given": "accounts.add_user", "taken": "circulation.add_loan"}


def test_the_list_takes_as_many_queries_for_many_people_as_for_two(administrator):
    client, counts = entered(administrator), []
    for more in (0, 20):
        for _person in range(more):
            make_librarian()
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]
