"""Roles: rights, groups and what each starts with."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connection

from accounts import errors
from accounts.models import Role, RoleGrant, User
from accounts.services import people, roles
from accounts.tests.factories import make_librarian, make_user
from library.core.errors import NotAllowed

pytestmark = pytest.mark.django_db


def make_administrator():
    return make_user(Role.ADMINISTRATOR)


def names(user):
    return set(user.groups.values_list("name", flat=True))


@pytest.mark.parametrize(
    ("role", "is_staff", "is_superuser"),
    [(Role.PATRON, False, False), (Role.LIBRARIAN, True, False), (Role.ADMINISTRATOR, True, True)],
)
def test_rights_and_group_follow_the_role(role, is_staff, is_superuser):
    user = make_user(role)
    assert (user.is_staff, user.is_superuser, names(user)) == (is_staff, is_superuser, {role.value})
    assert user.patron.card_number


def test_a_librarian_sees_people_and_changes_cards_and_a_patron_does_neither():
    librarian, patron = make_librarian(), make_user()
    assert librarian.has_perms(
        ["accounts.view_user", "accounts.view_patron", "accounts.change_patron", "accounts.view_tier"]
    )
    assert not librarian.has_perm("accounts.change_user")
    assert not patron.has_perm("accounts.view_user")


def test_every_app_gives_its_own_grants(monkeypatch):
    monkeypatch.setattr(roles, "_GRANTS", {role: set() for role in Role})
    roles.grant(Role.LIBRARIAN, ["catalog.delete_book", "circulation.delete_loan", "catalog.no_such"])
    for label in ("accounts", "catalog", "circulation"):
        roles.apply_grants(sender=apps.get_app_config(label))
    librarian = make_librarian()
    assert librarian.has_perms(["catalog.delete_book", "circulation.delete_loan"])
    assert not RoleGrant.objects.filter(permission="catalog.no_such").exists()


def test_what_an_administrator_took_away_stays_away_and_what_they_gave_stays():
    group = Group.objects.get(name=Role.LIBRARIAN)
    group.permissions.remove(Permission.objects.get(codename="change_patron"))
    group.permissions.add(Permission.objects.get(codename="add_tier"))
    for app in apps.get_app_configs():
        roles.apply_grants(sender=app)
    librarian = make_librarian()
    assert not librarian.has_perm("accounts.change_patron")
    assert librarian.has_perm("accounts.add_tier")


def test_an_administrator_changes_a_role_with_rights_and_group_and_other_groups_stay():
    administrator, user = make_administrator(), make_user()
    user.groups.add(Group.objects.create(name="cataloguers"))
    people.change_role(user=user, role=Role.LIBRARIAN, by=administrator)
    user = User.objects.get(pk=user.pk)
    assert (user.is_staff, names(user)) == (True, {"librarian", "cataloguers"})
    people.change_role(user=user, role=Role.PATRON, by=administrator)
    user = User.objects.get(pk=user.pk)
    assert (user.is_staff, names(user)) == (False, {"patron", "cataloguers"})


@pytest.mark.parametrize("role", Role)
def test_nobody_else_changes_a_role_whatever_permissions_they_were_given(role):
    librarian = make_librarian()
    librarian.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    for user in (librarian, make_user(), make_administrator()):
        with pytest.raises(NotAllowed):
            people.change_role(user=user, role=role, by=librarian)


def test_a_librarian_with_the_permission_edits_patrons_and_nobody_above():
    librarian = make_librarian()
    assert not people.may_edit(librarian, make_user())
    librarian.user_permissions.set(Permission.objects.filter(codename="change_user"))
    librarian = User.objects.get(pk=librarian.pk)
    assert people.may_edit(librarian, make_user())
    for user in (make_administrator(), make_librarian(), librarian):
        assert not people.may_edit(librarian, user)
        with pytest.raises(NotAllowed):
            people.change_active(user=user, is_active=False, by=librarian)


def test_the_last_administrator_stays_one_and_stays_in():
    administrator = make_administrator()
    kept_out = make_administrator()
    people.change_active(user=kept_out, is_active=False, by=administrator)
    with pytest.raises(errors.LastAdministrator):
        people.change_role(user=administrator, role=Role.PATRON, by=administrator)
    with pytest.raises(errors.LastAdministrator):
        people.change_active(user=administrator, is_active=False, by=administrator)
    people.change_role(user=kept_out, role=Role.LIBRARIAN, by=administrator)
    other = make_administrator()
    people.change_role(user=administrator, role=Role.PATRON, by=other)


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_dismiss_each_other_at_once_leave_one():
    one, two = make_administrator(), make_administrator()
    start = Barrier(2)

    def dismiss(pair):
        start.wait()
        try:
            return people.change_role(user=pair[1], role=Role.PATRON, by=pair[0])
        except errors.LastAdministrator:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(dismiss, [(one, two), (two, one)]))
    assert sum(user is not None for user in done) == 1
    assert User.objects.filter(role=Role.ADMINISTRATOR).count() == 1
