"""Rights that nobody gave, written beside what one may write: over the API, on the pages and in the admin."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group, Permission
from django.forms.models import model_to_dict
from django.urls import reverse

from accounts.models import Invitation, Role, Tier, User
from accounts.services import invitations
from accounts.tests.factories import PASSWORD, make_librarian, make_user
from accounts.tests.helpers import deliver, post
from tests.attack.world import bearer, browser

pytestmark = pytest.mark.django_db
EVE = "eve@example.org"
RIGHTS = {
    "role": "administrator",
    "is_staff": True,
    "is_superuser": True,
    "tier": "gold",
    "tier_id": 2,
    "groups": [1, 2, 3],
    "user_permissions": [1, 2, 3],
    "permissions": [1],
    "credits": 999,
    "token_epoch": 7,
    "card_number": "L-000000001",
    "patron": {"tier": "gold", "card_number": "L-000000001"},
    "user": {"role": "administrator"},
    "id": "00000000-0000-0000-0000-000000000000",
    "created_at": "2000-01-01T00:00:00Z",
    "last_login": None,
}
TICKED = {
    "role": "administrator",
    "is_staff": "on",
    "is_superuser": "on",
    "is_active": "on",
    "groups": ["1", "2", "3"],
    "user_permissions": ["1", "2", "3"],
    "token_epoch": "7",
    "password": "x",
    "tier": "2",
    "_save": "1",
}


@pytest.fixture
def trusted():
    """A librarian with every permission that there is, and still no administrator."""
    user = make_librarian()
    user.user_permissions.set(Permission.objects.all())
    return User.objects.get(pk=user.pk)


@pytest.fixture(autouse=True)
def gold(db):
    return Tier.objects.create(code="gold", name="Gold")


def rights(user):
    user = User.objects.select_related("patron__tier").get(pk=user.pk)
    return (
        user.role,
        user.is_staff,
        user.is_superuser,
        sorted(user.groups.values_list("name", flat=True)),
        user.user_permissions.count(),
        user.token_epoch,
        user.patron.tier.code,
    )


def expected(role, *, epoch=0):
    return (role, role != Role.PATRON, role == Role.ADMINISTRATOR, [role], 0, epoch, "reader")


@pytest.mark.parametrize("method", ["PATCH", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("way", [bearer, browser])
def test_me_is_read_and_not_written(world, way, method):
    client = way(world.reader)
    world.reader.refresh_from_db()
    before = model_to_dict(world.reader), rights(world.reader)
    for body in (RIGHTS, {"full_name": "Eve"}, [RIGHTS]):
        answer = client.generic(method, "/api/v1/me/", json.dumps(body), "application/json")
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    world.reader.refresh_from_db()
    assert (model_to_dict(world.reader), rights(world.reader)) == before


def test_whoever_registers_is_a_reader_whatever_they_write():
    client = browser()
    client.post("/api/v1/auth/otp/", {"email": EVE, "purpose": "register"} | RIGHTS, "application/json")
    body = RIGHTS | {"email": EVE, "otp": deliver(), "password": PASSWORD, "full_name": "Eve", "username": "eve"}
    assert client.post("/api/v1/auth/register/", body, "application/json").status_code == 201
    eve = User.objects.get(email=EVE)
    assert rights(eve) == expected(Role.PATRON)
    assert str(eve.pk) != RIGHTS["id"]
    assert eve.created_at.year > 2000
    assert eve.patron.card_number != RIGHTS["card_number"]


@pytest.mark.parametrize("role", [Role.LIBRARIAN, Role.ADMINISTRATOR])
@pytest.mark.parametrize("surface", ["api", "web"])
def test_whoever_is_invited_gets_the_role_of_the_invitation_and_no_other_right(surface, role):
    invitations.invite(email=EVE, role=role, by=make_user(Role.ADMINISTRATOR))
    token, client = post(), browser()
    asked = RIGHTS | {"role": "administrator" if role == Role.LIBRARIAN else "patron"}
    given = {"password": PASSWORD, "full_name": "Eve", "username": "eve"}
    if surface == "api":
        client.post("/api/v1/auth/invitations/", {"token": token} | asked, "application/json")
        body = asked | given | {"token": token, "otp": deliver(), "email": "mallory@example.org"}
        assert client.post("/api/v1/auth/invitations/accept/", body, "application/json").status_code == 201
    else:
        client.get(f"/accounts/invitation/{token}/")
        client.post("/accounts/invitation/", TICKED | {"role": asked["role"]})
        form = TICKED | {"role": asked["role"]} | given | {"code": deliver(), "email": "mallory@example.org"}
        assert client.post("/accounts/invitation/confirm/", form).status_code == 302
    assert rights(User.objects.get(username="eve")) == expected(role)
    assert User.objects.get(username="eve").email == EVE


@pytest.mark.parametrize("surface", ["api", "web"])
def test_a_reader_who_is_invited_as_librarian_becomes_no_more(surface):
    reader = make_user(email=EVE)
    invitations.invite(email=EVE, role=Role.LIBRARIAN, by=make_user(Role.ADMINISTRATOR))
    token, client = post(), browser()
    if surface == "api":
        client.post("/api/v1/auth/invitations/", {"token": token}, "application/json")
        body = RIGHTS | {"token": token, "otp": deliver(), "password": "another horse 8", "full_name": "X"}
        assert client.post("/api/v1/auth/invitations/accept/", body, "application/json").status_code == 204
    else:
        client.get(f"/accounts/invitation/{token}/")
        client.post("/accounts/invitation/", {})
        assert client.post("/accounts/invitation/confirm/", TICKED | {"code": deliver()}).status_code == 302
    assert rights(reader) == expected(Role.LIBRARIAN, epoch=1)  # another role ends the tokens of the one before
    assert User.objects.get(pk=reader.pk).check_password(PASSWORD)


def form_of(user):
    return {"email": user.email, "username": user.username, "full_name": user.full_name} | TICKED


def test_a_librarian_with_every_permission_makes_no_administrator_of_a_reader(trusted, world):
    page = reverse("admin:accounts_user_change", args=[world.reader.pk])
    assert browser(trusted).post(page, form_of(world.reader) | {"full_name": "Eve"}).status_code == 302
    world.reader.refresh_from_db()
    assert world.reader.full_name == "Eve"  # what they may change they did change
    assert rights(world.reader) == expected(Role.PATRON)
    assert world.reader.check_password(PASSWORD)


@pytest.mark.parametrize("who", ["trusted", "librarian", "administrator"])
def test_a_librarian_with_every_permission_changes_nobody_of_the_staff(trusted, world, who):
    user = trusted if who == "trusted" else getattr(world, who)
    before = rights(user)
    page = reverse("admin:accounts_user_change", args=[user.pk])
    assert browser(trusted).post(page, form_of(user)).status_code == 403
    assert rights(user) == before


def test_a_librarian_with_every_permission_adds_readers_only(trusted):
    form = {"email": EVE, "username": "eve", "full_name": "Eve"} | TICKED
    assert browser(trusted).post(reverse("admin:accounts_user_add"), form).status_code == 302
    eve = User.objects.get(email=EVE)
    assert rights(eve) == expected(Role.PATRON)
    assert not eve.has_usable_password()


def test_a_librarian_with_every_permission_finds_no_other_way_up(trusted, world):
    client, before = browser(trusted), rights(trusted)
    group = Group.objects.get(name=Role.LIBRARIAN)
    had = group.permissions.count()
    rights_form = {"rights": ["accounts.change_user", "accounts.add_invitation"], "_save": "1"}
    tried = {
        reverse("admin:auth_group_change", args=[group.pk]): rights_form,
        reverse("admin:auth_group_add"): {"name": "administrator2"} | rights_form,
        reverse("admin:accounts_invitation_add"): {"email": EVE, "role": "administrator"},
    }
    for page, form in tried.items():
        assert client.post(page, form).status_code == 403, page
        assert client.post(f"{page}?{urlencode(TICKED, doseq=True)}", form).status_code == 403, page
    # A patron's card is theirs to edit; whose it is, and that person's rights, are not.
    card = reverse("admin:accounts_patron_change", args=[world.reader.pk])
    form = {"card_number": "L-9", "tier": str(world.reader.patron.tier_id), "user": str(trusted.pk)}
    form |= {"blocks-TOTAL_FORMS": "0", "blocks-INITIAL_FORMS": "0"}
    answer = client.post(card, {**TICKED, **form, "user-role": "administrator", "user__role": "administrator"})
    assert answer.status_code == 302
    assert rights(world.reader) == expected(Role.PATRON)
    assert rights(trusted) == before
    assert group.permissions.count() == had
    assert not Invitation.objects.exists()
    assert User.objects.filter(is_superuser=True).get() == world.administrator
