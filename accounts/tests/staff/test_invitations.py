"""Invitations: only administrators invite, the link is in the mail alone, and only the invited address gets in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import errors
from accounts.models import Invitation, OneTimeCode, Role, User
from accounts.services import invitations, people
from accounts.tests.factories import PASSWORD, make_librarian, make_user
from accounts.tests.helpers import deliver, digits_in, other_than, post
from library.activity.models import Activity
from library.core.errors import InvalidInput, NotAllowed
from library.notices import outbox
from library.notices.models import Notice, NoticeState

pytestmark = pytest.mark.django_db
ADDRESS = "ada@example.org"
ADA = invitations.Newcomer(password=PASSWORD, full_name="Ada Lovelace", username="ada")


@pytest.fixture
def administrator():
    return make_user(Role.ADMINISTRATOR, full_name="Grace Hopper")


def invite(by, email=ADDRESS, role=Role.LIBRARIAN, **values):
    return invitations.invite(email=email, role=role, by=by, **values)


def invited(by, **values):
    """An invitation that was mailed; gives the hash of its link."""
    invite(by, **values)
    return invitations.hash_token(post())


def code(token_hash):
    invitations.ask_for_code(token_hash=token_hash)
    return deliver()


@pytest.mark.parametrize("role", [Role.LIBRARIAN, Role.ADMINISTRATOR])
def test_somebody_new_accepts_and_has_the_role_a_card_and_a_password(administrator, role):
    token_hash = invited(administrator, role=role)
    accepted = invitations.accept(token_hash=token_hash, digits=code(token_hash), newcomer=ADA)
    user = User.objects.get(pk=accepted.user.pk)
    assert accepted.is_new
    assert (user.email, user.username, user.full_name, user.role) == (ADDRESS, "ada", "Ada Lovelace", role)
    assert (user.is_staff, user.is_superuser) == (True, role == Role.ADMINISTRATOR)
    assert user.check_password(PASSWORD)
    assert user.patron.card_number
    assert user.groups.get().name == role
    invitation = Invitation.objects.get()
    assert (invitation.accepted_by, invitation.accepted_at is not None) == (user, True)


def test_a_reader_who_is_invited_keeps_the_account_and_gets_the_role(administrator):
    reader = make_user(email="Reader@example.org")
    card = reader.patron.card_number
    token_hash = invited(administrator, email="reader@EXAMPLE.org")
    newcomer = invitations.Newcomer(password="another one 8", full_name="Mallory", username="mallory")
    accepted = invitations.accept(token_hash=token_hash, digits=code(token_hash), newcomer=newcomer)
    user = User.objects.get(pk=reader.pk)
    assert (accepted.user, accepted.is_new) == (user, False)
    assert (user.role, user.username, user.full_name, user.patron.card_number) == (
        "librarian",
        reader.username,
        reader.full_name,
        card,
    )
    assert user.check_password(PASSWORD)


def test_the_letter_names_who_invites_and_to_what_and_nothing_is_a_code(administrator):
    invite(administrator)
    post()
    letter = mail.outbox[-1]
    assert letter.to == [ADDRESS]
    assert "Grace Hopper invites you to the library's system as librarian." in letter.body
    assert digits_in(str(letter.body)) == ""


def test_the_links_secret_is_in_no_table(administrator):
    invite(administrator)
    with connection.cursor() as cursor:
        token = post()
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}" AS t WHERE t::text LIKE %s', [f"%{token}%"])  # noqa: S608
            assert cursor.fetchone() == (0,), model
        cursor.execute("SELECT token_hash FROM accounts_invitation")
        assert cursor.fetchone() == (invitations.hash_token(token),)


def test_the_queued_notice_holds_no_link_and_the_invitation_no_hash_before_it_is_sent(administrator):
    invitation = invite(administrator)
    assert Notice.objects.get().context == {"invitation": str(invitation.pk)}
    assert (invitation.token_hash, invitation.sent_at) == ("", None)


@pytest.mark.parametrize("role", Role)
def test_nobody_but_an_administrator_invites_whatever_permissions_they_have(role):
    librarian = make_librarian()
    librarian.user_permissions.set(Permission.objects.all())
    kept_out = make_user(Role.ADMINISTRATOR)
    kept_out.is_active = False
    for by in (librarian, make_user(), kept_out):
        with pytest.raises(NotAllowed):
            invite(by, role=role)
    assert not Invitation.objects.exists()
    assert not Notice.objects.exists()


def test_nobody_but_an_administrator_sends_again_or_revokes(administrator):
    invitation, librarian = invite(administrator), make_librarian()
    with pytest.raises(NotAllowed):
        invitations.send_again(invitation=invitation, by=librarian)
    with pytest.raises(NotAllowed):
        invitations.revoke(invitation=invitation, by=librarian)


def test_there_are_no_invitations_for_readers(administrator):
    with pytest.raises(InvalidInput) as refusal:
        invite(administrator, role=Role.PATRON)
    assert "role" in refusal.value.fields


def test_who_has_the_role_or_a_higher_one_is_not_invited(administrator):
    librarian = make_librarian()
    for email in (librarian.address.upper(), administrator.address):
        with pytest.raises(errors.AlreadyStaff):
            invite(administrator, email=email)
    invite(administrator, email=librarian.email, role=Role.ADMINISTRATOR)


def test_who_is_kept_out_is_not_invited(administrator):
    user = make_user()
    people.change_active(user=user, is_active=False, by=administrator)
    with pytest.raises(errors.KeptOut):
        invite(administrator, email=user.email)


def test_who_was_kept_out_after_the_letter_does_not_get_in(administrator):
    user = make_user()
    token_hash = invited(administrator, email=user.email)
    digits = code(token_hash)
    people.change_active(user=user, is_active=False, by=administrator)
    with pytest.raises(errors.InvitationGone):
        invitations.accept(token_hash=token_hash, digits=digits)
    user.refresh_from_db()
    assert user.role == Role.PATRON


def test_one_open_invitation_for_each_address_whatever_its_case(administrator):
    invite(administrator)
    with pytest.raises(errors.AlreadyInvited):
        invite(administrator, email=ADDRESS.upper())


def test_an_expired_invitation_gives_way_to_another(administrator):
    before = timezone.now() - timedelta(days=8)
    first = invite(administrator, at=before)
    second = invite(administrator, role=Role.ADMINISTRATOR)
    first.refresh_from_db()
    assert first.revoked_at is not None
    assert second.revoked_at is None


def test_an_invitation_works_for_seven_days(administrator):
    token_hash = invited(administrator)
    sent = Invitation.objects.get().created_at
    invitations.opened(token_hash=token_hash, at=sent + timedelta(days=7, seconds=-1))
    with pytest.raises(errors.InvitationGone):
        invitations.opened(token_hash=token_hash, at=sent + timedelta(days=7))
    with pytest.raises(errors.InvitationGone):
        invitations.ask_for_code(token_hash=token_hash, at=sent + timedelta(days=7))


def test_a_code_in_time_is_too_late_when_the_invitation_has_expired(administrator):
    token_hash = invited(administrator)
    end = Invitation.objects.get().expires_at
    with time_machine.travel(end - timedelta(minutes=2), tick=False):
        digits = code(token_hash)
    with pytest.raises(errors.InvitationGone):
        invitations.accept(token_hash=token_hash, digits=digits, newcomer=ADA, at=end)


def test_an_invitation_works_once(administrator):
    token_hash = invited(administrator)
    invitations.accept(token_hash=token_hash, digits=code(token_hash), newcomer=ADA)
    with pytest.raises(errors.InvitationGone):
        invitations.ask_for_code(token_hash=token_hash)
    with pytest.raises(errors.InvitationGone):
        invitations.accept(token_hash=token_hash, digits="123456", newcomer=ADA)


def test_another_letter_ends_the_link_of_the_first_and_runs_seven_days_more(administrator):
    first, other = invited(administrator), make_user(Role.ADMINISTRATOR)
    later = timezone.now() + timedelta(days=3)
    with time_machine.travel(later, tick=False):
        invitation = invitations.send_again(invitation=Invitation.objects.get(), by=other)
        with pytest.raises(errors.InvitationGone):
            invitations.opened(token_hash=first)
        second = invitations.hash_token(post())
        assert invitations.opened(token_hash=second) == invitation
    assert second != first
    assert (invitation.invited_by, invitation.expires_at) == (other, later + timedelta(days=7))


@pytest.mark.parametrize("changes", [{"token_hash": "", "sent_at": None}, {"revoked_at": timezone.now()}])
def test_a_link_that_ends_in_the_very_moment_of_accepting_opens_nothing(administrator, monkeypatch, changes):
    token_hash = invited(administrator)
    digits, lock = code(token_hash), invitations._locked

    def too_late(invitation_id):
        Invitation.objects.filter(pk=invitation_id).update(**changes)
        return lock(invitation_id)

    monkeypatch.setattr(invitations, "_locked", too_late)
    with pytest.raises(errors.InvitationGone):
        invitations.accept(token_hash=token_hash, digits=digits, newcomer=ADA)
    assert not User.objects.filter(email=ADDRESS).exists()


def test_a_letter_still_waiting_is_replaced_and_not_sent_twice(administrator):
    invitations.send_again(invitation=invite(administrator), by=administrator)
    assert outbox.send_due() == 1
    assert outbox.send_due() == 0


def test_a_revoked_invitation_opens_nothing_and_its_waiting_letter_is_not_sent(administrator):
    token_hash = invited(administrator)
    digits = code(token_hash)
    invitations.revoke(invitation=Invitation.objects.get(), by=administrator)
    with pytest.raises(errors.InvitationGone):
        invitations.accept(token_hash=token_hash, digits=digits, newcomer=ADA)
    waiting = invite(administrator)
    invitations.revoke(invitation=waiting, by=administrator)
    before = len(mail.outbox)
    assert outbox.send_due() == 0
    assert len(mail.outbox) == before
    for verb in (invitations.revoke, invitations.send_again):
        with pytest.raises(errors.InvitationGone):
            verb(invitation=waiting, by=administrator)


def test_a_letter_in_a_workers_hands_when_it_is_revoked_is_not_written(administrator):
    invitation = invite(administrator)
    row = outbox.claim(at=timezone.now())
    assert row is not None
    invitations.revoke(invitation=invitation, by=administrator)
    assert outbox.send(row) is False
    assert mail.outbox == []
    assert Notice.objects.get().state == NoticeState.FAILED


def test_an_invitation_ends_with_the_rights_of_who_wrote_it(administrator):
    token_hash = invited(administrator)
    make_user(Role.ADMINISTRATOR)
    digits = code(token_hash)
    people.change_role(user=administrator, role=Role.LIBRARIAN, by=None)
    with pytest.raises(errors.InvitationGone):
        invitations.accept(token_hash=token_hash, digits=digits, newcomer=ADA)


def test_who_rose_meanwhile_is_not_put_down(administrator):
    user = make_user()
    token_hash = invited(administrator, email=user.email)
    people.change_role(user=user, role=Role.ADMINISTRATOR, by=administrator)
    invitations.accept(token_hash=token_hash, digits=code(token_hash))
    user.refresh_from_db()
    assert user.role == Role.ADMINISTRATOR


def test_a_wrong_code_is_counted_and_five_end_the_code_but_not_the_invitation(administrator):
    token_hash = invited(administrator)
    digits = code(token_hash)
    for left in (4, 3, 2, 1):
        with pytest.raises(errors.CodeWrong, match=str(left) if left > 1 else "One"):
            invitations.accept(token_hash=token_hash, digits=other_than(digits), newcomer=ADA)
    for typed in (other_than(digits), digits):
        with pytest.raises(errors.CodeSpent):
            invitations.accept(token_hash=token_hash, digits=typed, newcomer=ADA)
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert invitations.accept(token_hash=token_hash, digits=code(token_hash), newcomer=ADA).is_new


def test_a_code_to_register_opens_no_invitation(administrator):
    token_hash = invited(administrator)
    people.ask_to_register(email=ADDRESS)
    with pytest.raises(errors.CodeSpent):
        invitations.accept(token_hash=token_hash, digits=deliver(), newcomer=ADA)


def test_a_code_for_an_invitation_registers_nobody(administrator):
    digits = code(invited(administrator))
    with pytest.raises(errors.CodeSpent):
        people.register(email=ADDRESS, digits=digits, password=PASSWORD, full_name="Ada")


def test_the_code_of_one_invitation_does_not_open_another(administrator):
    hashes = [invited(administrator, email=email) for email in (ADDRESS, "mallory@example.org")]
    digits = code(hashes[1])
    with pytest.raises(errors.CodeSpent):
        invitations.accept(token_hash=hashes[0], digits=digits, newcomer=ADA)


@pytest.mark.parametrize(
    ("newcomer", "field"),
    [
        (None, "password"),
        (invitations.Newcomer(password="short", full_name="Ada"), "password"),
        (invitations.Newcomer(password=PASSWORD, full_name="Ada", username="TAKEN"), "username"),
    ],
)
def test_what_is_wrong_with_a_newcomer_costs_no_attempt(administrator, newcomer, field):
    make_user(username="taken")
    token_hash = invited(administrator)
    digits = code(token_hash)
    with pytest.raises((InvalidInput, errors.UsernameTaken)) as refusal:
        invitations.accept(token_hash=token_hash, digits=digits, newcomer=newcomer)
    assert field in refusal.value.fields
    assert OneTimeCode.objects.get().attempts == 0
    assert invitations.accept(token_hash=token_hash, digits=digits, newcomer=ADA).is_new


def test_what_happened_is_in_the_record_without_secrets(administrator):
    token_hash = invited(administrator)
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        user = invitations.accept(token_hash=token_hash, digits=code(token_hash), newcomer=ADA).user
        invitations.revoke(invitation=invite(administrator, email="b@example.org"), by=administrator)
    rows = Activity.objects.filter(verb__startswith="invitation.").order_by("at", "id")
    assert [(row.verb, row.actor) for row in rows] == [
        ("invitation.sent", administrator),
        ("invitation.accepted", user),
        ("invitation.sent", administrator),
        ("invitation.revoked", administrator),
    ]
    assert all(row.object_label == "accounts.invitation" for row in rows)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_wins(administrator):
    token_hash = invited(administrator)
    digits = code(token_hash)
    start = Barrier(2)

    def take(number):
        newcomer = invitations.Newcomer(password=PASSWORD, full_name="Ada", username=f"ada{number}")
        start.wait()
        try:
            return invitations.accept(token_hash=token_hash, digits=digits, newcomer=newcomer)
        except errors.InvitationGone:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(take, range(2)))
    assert sum(accepted is not None for accepted in done) == 1
    assert User.objects.filter(email=ADDRESS).count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "patron"},
        {"expires_at": timezone.now() - timedelta(days=1)},
        {"accepted_at": timezone.now()},
        {"token_hash": "a" * 64},
        {"sent_at": timezone.now()},
    ],
)
def test_the_database_refuses_what_cannot_be(administrator, changes):
    invitation = invite(administrator)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk).update(**changes)


def test_the_database_refuses_an_invitation_both_accepted_and_revoked(administrator):
    invitation = invite(administrator)
    now = timezone.now()
    Invitation.objects.filter(pk=invitation.pk).update(accepted_at=now, accepted_by=administrator)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk).update(revoked_at=now)
