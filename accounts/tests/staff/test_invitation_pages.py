"""Invitations in the browser, the admin and the API."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Invitation, OneTimeCode, Role, User
from accounts.services import invitations
from accounts.tests.factories import PASSWORD, make_librarian, make_user
from accounts.tests.helpers import deliver, other_than, post, sign_in_by_api
from library.notices import outbox
from tests.html import assert_valid

pytestmark = pytest.mark.django_db
ADDRESS = "ada@example.org"
GIVEN = {"full_name": "Ada Lovelace", "username": "ada", "password": PASSWORD}
FIRST, CONFIRM = reverse("accounts:invitation"), reverse("accounts:invitation-confirm")
LIST, ADD = reverse("admin:accounts_invitation_changelist"), reverse("admin:accounts_invitation_add")
API, API_ACCEPT = "/api/v1/auth/invitations/", "/api/v1/auth/invitations/accept/"


@pytest.fixture
def administrator():
    return make_user(Role.ADMINISTRATOR, full_name="Grace Hopper")


def entered(user):
    client = Client()
    client.force_login(user)
    return client


def link_to(administrator, email=ADDRESS, role=Role.LIBRARIAN):
    invitations.invite(email=email, role=role, by=administrator)
    return reverse("accounts:accept-invitation", args=[post()])


def begin(client, link):
    """Open the link and ask for the code; gives its digits."""
    assert client.get(link)["Location"] == FIRST
    page = client.get(FIRST)
    assert page.status_code == 200
    assert_valid(page.content)
    assert client.post(FIRST)["Location"] == CONFIRM
    return deliver()


def test_somebody_new_is_invited_in_the_admin_accepts_on_two_pages_and_is_signed_in(client, administrator):
    answer = entered(administrator).post(ADD, {"email": ADDRESS, "role": "librarian"})
    assert answer["Location"] == LIST
    digits = begin(client, reverse("accounts:accept-invitation", args=[post()]))
    page = client.get(CONFIRM)
    assert_valid(page.content)
    assert ADDRESS in page.text
    assert digits not in page.text
    answer = client.post(CONFIRM, GIVEN | {"code": digits, "role": "administrator", "is_superuser": "on"})
    assert answer.status_code == 302
    user = User.objects.get(email=ADDRESS)
    assert (user.role, user.is_superuser) == ("librarian", False)
    assert client.session["_auth_user_id"] == str(user.pk)
    assert client.get(reverse("circulation:desk")).status_code == 200


def test_opening_the_link_sends_no_code_and_uses_nothing_up(client, administrator):
    link = link_to(administrator)
    for _time in range(3):
        assert Client().get(link).status_code == 302
    assert not OneTimeCode.objects.exists()
    begin(client, link)


def test_neither_the_pages_nor_the_session_hold_the_links_secret(client, administrator):
    link = link_to(administrator)
    secret = link.rstrip("/").rsplit("/", 1)[1]
    begin(client, link)
    for page in (client.get(FIRST), client.get(CONFIRM)):
        assert secret not in page.text
        assert page["Cache-Control"].startswith("max-age=0")
    assert secret not in str(dict(client.session.items()))
    boss = entered(administrator)
    shown = boss.get(LIST).text + boss.get(_page_of(Invitation.objects.get())).text
    assert secret not in shown
    assert Invitation.objects.get().token_hash not in shown


def test_the_session_gets_a_new_key_at_both_steps(client, administrator):
    link = link_to(administrator)
    client.get(link)
    keys = [client.session.session_key]
    client.post(FIRST)
    keys.append(client.session.session_key)
    client.post(CONFIRM, GIVEN | {"code": deliver()})
    keys.append(client.session.session_key)
    assert len(set(keys)) == 3


@pytest.mark.parametrize("token", ["x", "a" * 43, "a" * 3000, "%00", "confirm%20"])
def test_a_link_that_is_none_is_told_so(client, token):
    page = client.get(f"/accounts/invitation/{token}/")
    assert page.status_code == 400
    assert "This invitation no longer works" in page.text


@pytest.mark.parametrize("url", [FIRST, CONFIRM])
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_pages_without_a_link_are_refused(client, url, method):
    assert getattr(client, method)(url).status_code == 400
    assert not OneTimeCode.objects.exists()


def test_a_code_works_in_no_browser_that_did_not_open_the_link(client, administrator):
    digits = begin(client, link_to(administrator))
    assert Client().post(CONFIRM, GIVEN | {"code": digits}).status_code == 400
    assert not User.objects.filter(email=ADDRESS).exists()


def test_a_revoked_invitation_ends_in_the_middle(client, administrator):
    digits = begin(client, link_to(administrator))
    invitations.revoke(invitation=Invitation.objects.get(), by=administrator)
    page = client.post(CONFIRM, GIVEN | {"code": digits})
    assert page.status_code == 400
    assert "no longer works" in page.text
    assert not User.objects.filter(email=ADDRESS).exists()


def test_what_is_wrong_stands_beside_its_field(client, administrator):
    make_user(username="ada")
    digits = begin(client, link_to(administrator))
    page = client.post(CONFIRM, GIVEN | {"code": digits})
    assert page.status_code == 422
    assert page.context["form"].errors["username"] == ["This username is taken."]
    assert "ada2" in page.text
    page = client.post(CONFIRM, GIVEN | {"code": other_than(digits), "username": "ada2"})
    assert page.status_code == 422
    assert "4 attempts are left." in page.text
    assert_valid(page.content)


def test_another_code_too_soon_goes_on_to_the_page_and_says_so(client, administrator):
    begin(client, link_to(administrator))
    page = client.post(FIRST, follow=True)
    assert page.status_code == 200
    assert "less than a minute ago" in page.text
    assert OneTimeCode.objects.count() == 1


def test_a_reader_accepts_with_the_code_alone_and_signs_in_with_password_as_before(client, administrator):
    reader = make_user(email=ADDRESS)
    digits = begin(client, link_to(administrator))
    page = client.get(CONFIRM)
    assert set(page.context["form"].fields) == {"code"}
    assert "has an account already" in page.text
    assert_valid(page.content)
    answer = client.post(CONFIRM, {"code": digits})
    assert answer["Location"] == reverse("accounts:sign-in")
    assert "_auth_user_id" not in client.session
    reader.refresh_from_db()
    assert reader.role == Role.LIBRARIAN


def test_a_reader_who_is_signed_in_stays_so_with_a_new_key(administrator):
    reader = make_user(email=ADDRESS)
    client = entered(reader)
    digits = begin(client, link_to(administrator))
    before = client.session.session_key
    assert client.post(CONFIRM, {"code": digits})["Location"] == reverse("pages:home")
    assert client.session.session_key != before
    assert client.get(reverse("circulation:desk")).status_code == 200


def test_somebody_else_who_is_signed_in_is_told_to_sign_out(administrator):
    client = entered(make_user())
    client.get(link_to(administrator))
    page = client.get(FIRST)
    assert "You are signed in as" in page.text
    assert_valid(page.content)
    assert client.post(FIRST).status_code == 200
    assert not OneTimeCode.objects.exists()
    assert client.post(CONFIRM, GIVEN | {"code": "123456"})["Location"] == FIRST


# The admin


def _page_of(invitation):
    return reverse("admin:accounts_invitation_change", args=[invitation.pk])


def test_an_administrator_sends_again_and_revokes_in_the_list(administrator):
    link_to(administrator)
    invitation = Invitation.objects.get()
    client = entered(administrator)
    page = client.post(LIST, {"action": "send_again", "_selected_action": [str(invitation.pk)]}, follow=True)
    assert [str(message) for message in page.context["messages"]] == ["ada@example.org gets another letter."]
    assert outbox.send_due() == 1
    page = client.post(LIST, {"action": "revoke", "_selected_action": [str(invitation.pk)]}, follow=True)
    assert "The invitation of ada@example.org is revoked." in page.text
    page = client.post(LIST, {"action": "revoke", "_selected_action": [str(invitation.pk)]}, follow=True)
    assert "no longer works" in page.text
    assert "revoked" in client.get(_page_of(invitation)).text


def test_an_address_that_is_invited_or_works_here_is_refused_in_the_admin(administrator):
    client = entered(administrator)
    client.post(ADD, {"email": ADDRESS, "role": "librarian"})
    page = client.post(ADD, {"email": ADDRESS.upper(), "role": "librarian"}, follow=True)
    assert "has an open invitation" in page.text
    page = client.post(ADD, {"email": make_librarian().email, "role": "librarian"}, follow=True)
    assert "may do that already" in page.text
    assert client.post(ADD, {"email": "b@example.org", "role": "patron"}).status_code == 200
    assert Invitation.objects.count() == 1


def test_what_was_sent_is_neither_edited_nor_deleted(administrator):
    invitations.invite(email=ADDRESS, role=Role.LIBRARIAN, by=administrator)
    invitation, client = Invitation.objects.get(), entered(administrator)
    body = {"email": "mallory@example.org", "role": "administrator"}
    assert client.post(_page_of(invitation), body).status_code == 403
    assert client.post(reverse("admin:accounts_invitation_delete", args=[invitation.pk])).status_code == 403


def test_no_librarian_enters_the_invitations_whatever_permissions_they_have(administrator):
    invitations.invite(email=ADDRESS, role=Role.LIBRARIAN, by=administrator)
    librarian = make_librarian()
    librarian.user_permissions.set(Permission.objects.all())
    client = entered(librarian)
    page = _page_of(Invitation.objects.get())
    assert "invitation" not in client.get(reverse("admin:index")).text
    for url in (LIST, ADD, page):
        assert client.get(url).status_code == 403
    body = {"email": "m@example.org", "role": "administrator"}
    for url in (ADD, page):
        assert client.post(url, body).status_code == 403
    assert client.post(LIST, {"action": "revoke", "_selected_action": ["x"]}).status_code == 403
    assert Invitation.objects.count() == 1


def test_the_list_takes_as_many_queries_for_many_rows_as_for_two(administrator):
    client, counts = entered(administrator), []
    for number in range(20):
        invitations.invite(email=f"a{number}@example.org", role=Role.LIBRARIAN, by=administrator)
        if number in {1, 19}:
            client.get(LIST)
            with CaptureQueriesContext(connection) as queries:
                client.get(LIST)
            counts.append(len(queries))
    assert counts[0] == counts[1]


# The API


def ask_api(client, administrator, email=ADDRESS):
    invitations.invite(email=email, role=Role.LIBRARIAN, by=administrator)
    token = post()
    assert client.post(API, {"token": token}, "application/json").status_code == 202
    return {"token": token, "otp": deliver()}


def test_a_client_accepts_with_token_and_code_and_gets_tokens(client, administrator):
    body = ask_api(client, administrator) | GIVEN | {"role": "administrator", "is_superuser": True}
    answer = client.post(API_ACCEPT, body, "application/json")
    assert answer.status_code == 201, answer.content
    assert answer.json()["user"]["role"] == "librarian"
    bearer = {"Authorization": f"Bearer {answer.json()['access']}"}
    assert client.get("/api/v1/pick-list/", headers=bearer).status_code == 200
    assert client.post(API_ACCEPT, body, "application/json").json()["code"] == "invitation_gone"


def test_a_reader_accepts_by_api_and_signs_in_as_before(client, administrator):
    make_user(email=ADDRESS)
    answer = client.post(API_ACCEPT, ask_api(client, administrator), "application/json")
    assert (answer.status_code, answer.content) == (204, b"")
    assert sign_in_by_api(client, ADDRESS).json()["user"]["role"] == "librarian"


def test_a_client_is_told_what_is_wrong(client, administrator):
    body = ask_api(client, administrator)
    for wrong, status, code in [
        (body | GIVEN | {"token": "x"}, 400, "invitation_gone"),
        (body | GIVEN | {"otp": other_than(body["otp"])}, 400, "code_wrong"),
        (body, 400, "invalid"),
        (body | GIVEN | {"password": 12345678}, 400, "invalid"),
        (body | GIVEN | {"username": make_user().username}, 409, "username_taken"),
    ]:
        answer = client.post(API_ACCEPT, wrong, "application/json")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    again = client.post(API, {"token": body["token"]}, "application/json")
    assert (again.status_code, again.json()["code"]) == (429, "code_too_soon")
    assert 0 < int(again["Retry-After"]) <= 60


def test_no_request_of_a_reader_makes_them_staff(client):
    """Whatever stands in a body beside what is asked for changes no role, here and at registration."""
    extra = {"role": "administrator", "is_staff": True, "is_superuser": True, "tier": "x", "groups": [1]}
    client.post("/api/v1/auth/otp/", {"email": ADDRESS, "purpose": "register"} | extra, "application/json")
    body = {"email": ADDRESS, "otp": deliver()} | GIVEN | extra
    answer = client.post("/api/v1/auth/register/", body, "application/json")
    assert answer.json()["user"]["role"] == "patron"
    bearer = {"Authorization": f"Bearer {answer.json()['access']}"}
    for method in ("patch", "put", "post"):
        getattr(client, method)("/api/v1/me/", extra, "application/json", headers=bearer)
    user = User.objects.get(email=ADDRESS)
    assert (user.role, user.is_staff, user.is_superuser, user.patron.tier.code) == ("patron", False, False, "reader")


def test_the_links_host_is_the_librarys_own_whatever_the_request_says(administrator, settings):
    settings.ALLOWED_HOSTS = ["*"]
    entered(administrator).post(
        ADD,
        {"email": ADDRESS, "role": "librarian"},
        headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
    )
    post()
    assert "evil.example" not in mail.outbox[-1].body
    assert Invitation.objects.get().created_at <= timezone.now()
