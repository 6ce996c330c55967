"""What the library knows of a person by themselves: account, card, where they are signed in, codes and invitations."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import (
    BrowserSession,
    Invitation,
    KnownDevice,
    OneTimeCode,
    Patron,
    PatronBlock,
    Role,
    Tally,
    Ticket,
    TokenFamily,
    User,
)
from library.core.privacy.registry import Person, rows

FIELDS = (
    "accounts.BrowserSession.address",
    "accounts.BrowserSession.user",
    "accounts.Invitation.accepted_by",
    "accounts.Invitation.email",
    "accounts.Invitation.invited_by",
    "accounts.KnownDevice.user",
    "accounts.OneTimeCode.asker",
    "accounts.OneTimeCode.email",
    "accounts.OneTimeCode.user",
    "accounts.Patron.card_folded",
    "accounts.Patron.card_number",
    "accounts.Patron.user",
    "accounts.PatronBlock.by",
    "accounts.PatronBlock.patron",
    "accounts.Tally.user",
    "accounts.Ticket.user",
    "accounts.TokenFamily.address",
    "accounts.TokenFamily.user",
    "accounts.User.email",
    "admin.LogEntry.user",  # Django's own table, whose app says nothing
)
ACCOUNT = ("email", "username", "full_name", "role", "is_active", "created_at", "last_login", "language")
CARD = (
    "card_number",
    "tier__name",
    "expires_on",
    "birth_date",
    "wants_auto_renewal",
    "wants_receipts",
    "keeps_history",
)
DEVICE = ("began_at", "seen_at", "agent", "address")


def exported(person: Person) -> Mapping[str, Any]:
    """All of it but what is secret even to them: hashes of passwords, codes and tokens."""
    pk = person.id
    placed = PatronBlock.objects.filter(by=pk).exclude(patron=pk)
    changed = LogEntry.objects.filter(user=pk).order_by("action_time", "id")
    return {
        "account": rows(User.objects.filter(pk=pk), *ACCOUNT),
        "card": rows(Patron.objects.filter(pk=pk), *CARD),
        "blocks": rows(PatronBlock.objects.filter(patron=pk), "code", "level", "until", "note", "at", "owner"),
        "blocks_placed": rows(placed, "code", "at"),
        "browsers": rows(BrowserSession.objects.filter(user=pk), *DEVICE),
        "apps": rows(TokenFamily.objects.filter(user=pk), *DEVICE),
        "tickets": rows(Ticket.objects.filter(user=pk), "created_at", "used_at"),
        "known_devices": rows(KnownDevice.objects.filter(user=pk), "name", "is_browser", "seen_at"),
        "codes": rows(_codes(person), "email", "purpose", "created_at", "sent_at", "used_at"),
        "lock_outs": rows(Tally.objects.filter(user=pk), "kind", "count", "locked_at"),
        "invitations": rows(_invitations(person), "email", "role", "created_at", "accepted_at", "revoked_at"),
        "invited": rows(Invitation.objects.filter(invited_by=pk), "role", "created_at"),
        "changed_in_the_back_office": rows(changed, "action_time", "content_type__model", "object_id"),
    }


def blockers(person: Person) -> Iterable[str]:
    """Staff are made readers first: what they may do must not go without somebody deciding it."""
    if User.objects.filter(pk=person.id).exclude(role=Role.PATRON).exists():
        yield _("Whoever belongs to the staff cannot be forgotten. Make them a reader first.")


def erase(person: Person) -> None:
    """Account and card stay as an empty shell, so that what points to them is counted on; nobody can enter with it."""
    pk = person.id
    for held in (BrowserSession, TokenFamily, Ticket, KnownDevice, Tally):
        held._default_manager.filter(user=pk).delete()
    PatronBlock.objects.filter(patron=pk).delete()
    PatronBlock.objects.filter(by=pk).update(by=None)
    _codes(person).delete()
    _invitations(person).delete()
    _written_about(person).update(object_repr="", change_message="")
    _empty_account(person)
    _empty_card(person)


def _empty_account(person: Person) -> None:
    user = User.objects.get(pk=person.id)
    user.groups.clear()
    user.user_permissions.clear()
    user.email, user.full_name, user.last_login = None, "", None
    user.username = f"forgotten-{secrets.token_hex(8)}"
    user.is_active, user.token_epoch = False, user.token_epoch + 1
    user.set_unusable_password()
    user.save()


def _empty_card(person: Person) -> None:
    card = Patron.objects.get(pk=person.id)
    card.card_number = f"forgotten-{secrets.token_hex(8)}"
    card.expires_on = card.birth_date = None
    card.save()


def _codes(person: Person) -> QuerySet[OneTimeCode]:
    return OneTimeCode.objects.filter(Q(user=person.id) | _by_address(person))


def _invitations(person: Person) -> QuerySet[Invitation]:
    return Invitation.objects.filter(Q(accepted_by=person.id) | _by_address(person))


def _by_address(person: Person) -> Q:
    return Q(email__iexact=person.email) if person.email else Q(pk__in=[])


def _written_about(person: Person) -> QuerySet[LogEntry]:
    """Django's own record of changes in the back office names whom it was about."""
    kinds = ContentType.objects.get_for_models(User, Patron).values()
    return LogEntry.objects.filter(content_type__in=list(kinds), object_id=str(person.id))
