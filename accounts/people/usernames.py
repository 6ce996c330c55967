"""Usernames: whether one is free, what one could take instead, and how often anybody may ask."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models.functions import Upper
from django.http import HttpRequest

from accounts.limits import services as limits
from accounts.models import User
from accounts.validators import validate_username
from library.core import email_addresses as addresses
from library.core.errors import InvalidInput
from library.search.fold import fold

SHORTEST = 3
SUGGESTIONS = 3


@dataclass(frozen=True)
class Availability:
    """``suggestions``: names like the one asked for that nobody has now; none where it is free itself."""

    name: str
    available: bool
    suggestions: Sequence[str] = ()


def availability(name: str) -> Availability:
    """Whether nobody has ``name``, whatever the case of its letters. Errors: ``InvalidInput`` for what is no name."""
    try:
        validate_username(name)
    except ValidationError as fault:
        raise InvalidInput(fault.messages[0], fields={"username": fault.messages}) from fault
    if _taken([name]):
        return Availability(name, available=False, suggestions=suggestions(name))
    return Availability(name, available=True)


def suggestions(wanted: str) -> list[str]:
    """Three free names like ``wanted``, which may be a person's name too: ``ada`` → ``ada2``, ``ada3``, ``ada4``."""
    return _free_like(wanted)[:SUGGESTIONS]


def like(full_name: str) -> str:
    """A username like the name (``ada.lovelace``) that nobody has now; never made from the address."""
    return _free_like(full_name)[0]


def check_rate(request: HttpRequest) -> None:
    """Count one question from the client's address; whoever asks too many could list everybody.

    Errors: ``RateLimited``; ``ServiceUnavailable`` where nothing can be counted just now.
    """
    limits.hit(limits.LimitKind.USERNAMES_CLIENT, limits.client_of(request))


def _free_like(wanted: str) -> list[str]:
    base = re.sub(r"[^a-z0-9]+", ".", fold(wanted)).strip(".")[:30].strip(".")
    base = base if len(base) >= SHORTEST else "reader"
    candidates = [base, *(f"{base}{number}" for number in range(2, 10))]
    candidates += [f"{base}{secrets.randbelow(10**6):06d}" for _unused in range(10)]
    taken = _taken(candidates)
    return [candidate for candidate in candidates if addresses.fold(candidate) not in taken]


def _taken(names: Iterable[str]) -> set[str]:
    """Those of ``names``, in capitals, that somebody has: one look into the index that keeps them unique."""
    wanted = [addresses.fold(name) for name in names]
    return set(User.objects.annotate(upper=Upper("username")).filter(upper__in=wanted).values_list("upper", flat=True))
