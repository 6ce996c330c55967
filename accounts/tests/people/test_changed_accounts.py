"""What staff change of an account: written down, told where it must be, and whoever was signed in is not any more."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import errors
from accounts.models import Role, User
from accounts.models.sessions import BrowserSession, TokenFamily
from accounts.services import credentials, people
from accounts.sessions import tokens
from accounts.tests.factories import PASSWORD, make_librarian, make_user
from library.activity.models import Activity
from library.core.errors import InvalidInput, NotAllowed
from library.notices import outbox

pytestmark = pytest.mark.django_db
ELSEWHERE = "elsewhere@example.org"


@pytest.fixture
def administrator() -> User:
    return make_user(Role.ADMINISTRATOR)


@pytest.fixture
def reader() -> User:
    """Somebody who is signed in with a browser and an app."""
    user = make_user()
    Client().force_login(user)
    tokens.issue(user)
    return user


def is_signed_in(user: User) -> tuple[bool, bool]:
    browsers, apps = BrowserSession.objects.filter(user=user), TokenFamily.objects.filter(user=user, ended_at=None)
    return browsers.exists(), apps.exists()


def save(by: User, user: User, **changes: str) -> Client:
    client = Client()
    client.force_login(by)
    values = {"email": user.email, "username": user.username, "full_name": user.full_name, "role": user.role}
    answer = client.post(
        reverse("admin:accounts_user_change", args=[user.pk]), {**values, "is_active": "on", **changes}
    )
    assert answer.status_code == 302, answer.context["adminform"].errors
    return client


def written(user: User) -> list[tuple[str, dict[str, str]]]:
    rows = Activity.objects.filter(subject=user).order_by("at", "id")
    return [(row.verb, row.data) for row in rows]


def test_another_address_is_written_down_told_to_the_old_one_and_ends_every_session(administrator, reader):
    old = reader.email
    assert is_signed_in(reader) == (True, True)

    save(administrator, reader, email="Elsewhere@EXAMPLE.org")

    assert outbox.send_due() == 1
    assert (mail.outbox[0].to, "has another address" in mail.outbox[0].subject) == ([old], True)
    assert ELSEWHERE not in mail.outbox[0].body.lower()
    assert is_signed_in(reader) == (False, False)
    assert written(reader) == [("account.address_changed", {})]
    assert Activity.objects.get(verb="account.address_changed").actor == administrator
    reader.refresh_from_db()
    assert reader.email == "Elsewhere@example.org"


def test_codes_for_a_sign_in_under_way_and_for_a_new_password_end_with_the_old_address(administrator, reader):
    from accounts.sign_in import steps
    from accounts.tests.helpers import deliver

    old = reader.email
    begun = steps.begin(email=old, password=PASSWORD)
    to_sign_in = deliver()
    credentials.ask_to_reset(email=old)
    to_reset = deliver()

    credentials.change_address(user=reader, email=ELSEWHERE, by=administrator)

    with pytest.raises(errors.ChallengeGone):
        steps.finish(challenge=begun.challenge, digits=to_sign_in)
    with pytest.raises(errors.CodeSpent):
        credentials.reset(email=old, digits=to_reset, password="other horse 8")


def test_who_changes_their_own_address_stays_signed_in_here_alone(administrator):
    Client().force_login(administrator)
    here = save(administrator, administrator, email=ELSEWHERE)
    assert here.get(reverse("admin:index")).status_code == 200
    assert BrowserSession.objects.filter(user=administrator).count() == 1


def test_the_same_address_again_changes_nothing(administrator, reader):
    credentials.change_address(user=reader, email=f" {reader.email}", by=administrator)
    assert is_signed_in(reader) == (True, True)
    assert written(reader) == []


def test_an_address_of_somebody_else_or_none_at_all_is_refused_and_nothing_happens(administrator, reader):
    other = make_user()
    for address, refusal in ((other.address.upper(), errors.EmailTaken), ("ıvy@example.org", InvalidInput)):
        with pytest.raises(refusal):
            credentials.change_address(user=reader, email=address, by=administrator)
    with pytest.raises(NotAllowed):
        credentials.change_address(user=administrator, email=ELSEWHERE, by=make_librarian())
    assert is_signed_in(reader) == (True, True)
    assert written(reader) == []


def test_a_new_name_is_written_down_without_what_it_says(administrator, reader):
    save(administrator, reader, full_name="Somebody Else", username="somebody")
    assert written(reader) == [("account.name_changed", {"fields": "full_name, username"})]
    assert is_signed_in(reader) == (True, True)


def test_a_new_role_needs_a_new_sign_in(administrator, reader):
    """As a reader they may have signed in without a code."""
    people.change_role(user=reader, role=Role.PATRON, by=administrator)
    assert is_signed_in(reader) == (True, True)
    people.change_role(user=reader, role=Role.LIBRARIAN, by=administrator)
    assert is_signed_in(reader) == (False, False)


def test_who_is_kept_out_and_let_in_again_signs_in_anew(administrator, reader):
    people.change_active(user=reader, is_active=False, by=administrator)
    people.change_active(user=reader, is_active=True, by=administrator)
    assert is_signed_in(reader) == (False, False)


def test_a_password_that_is_set_by_any_way_ends_tokens_and_sessions(reader):
    """As ``manage.py changepassword`` does it, which is Django's own."""
    browser, pair = Client(), tokens.issue(reader)
    browser.force_login(reader)
    reader.set_password("other horse 8")
    reader.save()
    assert browser.get("/accounts/sessions/").status_code == 302
    for token in (pair.access, pair.refresh):
        with pytest.raises(errors.TokenNotValid):
            tokens.verify(token)
    with pytest.raises(errors.TokenNotValid):
        tokens.rotate(pair.refresh)
    assert Client().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {pair.access}").status_code == 401
