"""What happens to people: they get an account, register, change their role."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import errors
from accounts.limits import services as limits
from accounts.models import OneTimeCode, Patron, Purpose, Role, Tier, User
from accounts.people import card_barcode, usernames
from accounts.sessions import services as sessions
from accounts.sign_in import codes
from library.activity import services as activity
from library.core import email_addresses as addresses
from library.core.errors import InvalidInput, LibraryError, NotAllowed, ServiceUnavailable
from library.core.typed import bare
from library.notices import services as notices

FIRST_TIER = "reader"
TRIES = 5
TAKEN: dict[str, type[errors.EmailTaken | errors.UsernameTaken | errors.CardTaken]] = {
    "user_email_unique": errors.EmailTaken,
    "user_username_unique": errors.UsernameTaken,
    "patron_card_unique": errors.CardTaken,
    "patron_card_is_a_barcode": errors.CardIsBarcode,  # a trigger of circulation's: this app knows no copies
}


def create_user(
    *,
    email: str | None,
    username: str,
    password: str | None,
    full_name: str = "",
    role: Role = Role.PATRON,
    card_number: str = "",
    tier: Tier | None = None,
) -> User:
    """A user with their role's rights, a library card and a tier, the first one if none is given.

    ``email=None``: known at the desk alone; ``password=None``: none will do. Errors: ``EmailTaken``, ``UsernameTaken``,
    ``CardTaken``, whatever the case of the letters.
    """
    user = User(email=addresses.clean(email) if email else None, username=username, full_name=full_name)
    user.set_password(password)
    _give_rights(user, role)
    try:
        with transaction.atomic():
            user.save()
            user.groups.set(Group.objects.filter(name=role))
            number = bare(card_number) or card_barcode.new_number()
            Patron.objects.create(user=user, card_number=number, tier=tier or first_tier())
    except IntegrityError as fault:
        raise what_is_taken(fault) from fault
    return user


def ask_to_register(*, email: str, client: str = "", at: datetime | None = None) -> OneTimeCode:
    """Let a registration code be sent, or, where there is an account already, a letter that says so.

    The same happens here for both, so that nobody outside learns which. ``client``: ``limits.client_of`` the request.
    Errors: ``CodeTooSoon``, ``RateLimited``.
    """
    limits.hit(limits.LimitKind.REGISTER_CLIENT, client, at=at)
    asker = codes.asker_of(client=client)
    return codes.request_code(email=addresses.clean(email), purpose=Purpose.REGISTER, asker=asker, at=at)


def register(
    *,
    email: str,
    digits: str,
    password: str,
    full_name: str,
    username: str = "",
    kept_password: str = "",
    client: str = "",
    at: datetime | None = None,
) -> User:
    """A new patron, proven by the code in their mail. Without ``username`` one is made from the name.

    ``kept_password``: the hash of a password that was looked at before, where none is given now.

    What is wrong with password or username is said before the code is tried, so it costs no attempt. Errors:
    ``InvalidInput``, ``UsernameTaken``, ``CodeWrong``, ``CodeSpent``, ``EmailTaken``, ``RateLimited``. Not inside a
    transaction: a wrong attempt must stay counted.
    """
    limits.hit(limits.LimitKind.REGISTER_TRY_CLIENT, client, at=at)
    email = addresses.clean(email)
    if username and User.objects.filter(username__iexact=username).exists():
        raise errors.UsernameTaken
    if password or not kept_password:
        check_password(password, User(email=email, username=username, full_name=full_name))
    for _try in range(TRIES):
        try:
            name = username or usernames.like(full_name)
            return _register(email, digits, password, full_name, name, client, at, kept=kept_password)
        except (errors.UsernameTaken, errors.CardTaken) as fault:
            # The username or card that we chose went to somebody else in this moment; the code is as good as before.
            if username and isinstance(fault, errors.UsernameTaken):
                raise
    raise ServiceUnavailable


def _register(
    email: str,
    digits: str,
    password: str,
    full_name: str,
    username: str,
    client: str,
    at: datetime | None,
    *,
    kept: str,
) -> User:
    user = None
    with transaction.atomic(durable=True):
        attempt = codes.verify_registration(email=email, digits=digits, asker=codes.asker_of(client=client), at=at)
        if attempt.is_right:
            user = create_user(email=email, username=username, password=password or None, full_name=full_name)
            if not password:
                user.password = kept
                user.save(update_fields=["password"])
            activity.record(actor=user, verb="account.registered", at=at)
            notices.queue(user=user, kind="welcome", at=at)
    attempt.raise_if_refused()
    assert user is not None
    return user


@transaction.atomic
def change_role(*, user: User, role: Role, by: User | None) -> User:
    """Give ``user`` another role, with its rights and its group, and sign them out; groups that are no role's stay.

    Only administrators may (``by=None``: a command). Errors: ``NotAllowed``, ``LastAdministrator``.
    """
    if by is not None and not by.is_superuser:
        raise NotAllowed(_("Only an administrator changes what somebody may do."))
    if role != Role.PATRON and user.email is None:
        raise InvalidInput(_("Staff need an e-mail address to sign in."))
    if role != Role.ADMINISTRATOR:
        _keep_an_administrator(besides=user)
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if user.role != role:
        activity.record(actor=by, verb="account.role_changed", subject=user, data={"old": user.role, "new": str(role)})
        # A reader's session may have begun without a code; what was a reader's must not become a librarian's.
        sessions.end_all(user=user, at=timezone.now())
    _give_rights(user, role)
    user.save(update_fields=["role", "is_staff", "is_superuser"])
    user.groups.remove(*Group.objects.filter(name__in=Role.values).exclude(name=role))
    user.groups.add(*Group.objects.filter(name=role))
    return user


@transaction.atomic
def change_active(*, user: User, is_active: bool, by: User) -> User:
    """Let somebody in again, or keep them out: their sessions and tokens end at once.

    Errors: ``NotAllowed`` where ``by`` may not edit ``user``, ``LastAdministrator``.
    """
    if not may_edit(by, user):
        raise NotAllowed
    if not is_active:
        _keep_an_administrator(besides=user)
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if user.is_active != is_active:
        activity.record(actor=by, verb="account.let_in" if is_active else "account.shut_out", subject=user)
        sessions.end_all(user=user, at=timezone.now())  # for good: none comes back should they be let in again
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    return user


@transaction.atomic
def change_name(*, user: User, fields: Collection[str], by: User) -> User:
    """Write the username or full name of ``user``. Which it was is written down; what it said is not.

    Errors: ``NotAllowed`` where ``by`` may not edit ``user``, ``UsernameTaken``.
    """
    if not may_edit(by, user):
        raise NotAllowed
    try:
        with transaction.atomic():
            user.save(update_fields=sorted(fields))
    except IntegrityError as fault:
        raise what_is_taken(fault) from fault
    activity.record(actor=by, verb="account.name_changed", subject=user, data={"fields": ", ".join(sorted(fields))})
    return user


@transaction.atomic
def change_patron(*, patron: Patron, fields: Collection[str], by: User) -> Patron:
    """Write ``fields`` of a patron's card, tier or standing. Which they were is written down; what they said is not.

    Errors: ``CardTaken``.
    """
    columns = {*fields, "card_folded"} if "card_number" in fields else fields
    try:
        with transaction.atomic():
            patron.save(update_fields=sorted(columns))
    except IntegrityError as fault:
        raise what_is_taken(fault) from fault
    activity.record(actor=by, verb="patron.changed", subject=patron.user, data={"fields": ", ".join(sorted(fields))})
    return patron


def may_edit(by: User, user: User) -> bool:
    """Whether ``by`` may change the account of ``user``: administrators everyone's, others at most patrons'."""
    return by.is_superuser or (user.role == Role.PATRON and by.has_perm("accounts.change_user"))


def check_password(password: str, user: User) -> None:
    """Errors: ``InvalidInput`` with every sentence about what the password of ``user`` lacks."""
    try:
        validate_password(password, user)
    except ValidationError as fault:
        raise InvalidInput(fault.messages[0], fields={"password": fault.messages}) from fault


def what_is_taken(fault: IntegrityError) -> LibraryError | IntegrityError:
    """The refusal for a row that the database did not take because somebody has that address, name or card."""
    constraint = getattr(getattr(fault.__cause__, "diag", None), "constraint_name", None)
    return TAKEN[constraint]() if constraint in TAKEN else fault


def first_tier() -> Tier:
    """What everybody begins with."""
    tier, _is_new = Tier.objects.get_or_create(code=FIRST_TIER, defaults={"name": _("Reader")})
    return tier


def _give_rights(user: User, role: Role) -> None:
    user.role = role
    user.is_staff = role != Role.PATRON
    user.is_superuser = role == Role.ADMINISTRATOR


def _keep_an_administrator(*, besides: User) -> None:
    # All are locked, in one order and before anybody else: two who dismiss each other at once queue up here.
    administrators = User.objects.select_for_update(no_key=True).filter(role=Role.ADMINISTRATOR, is_active=True)
    left = list(administrators.order_by("pk").values_list("pk", flat=True))
    if left == [besides.pk]:
        raise errors.LastAdministrator
