"""Which devices somebody has signed in with, and the letter about one that was not seen before.

A device is what *Sessions and devices* calls one: a browser or an app by its name and system, without its version,
which changes every month, and without the address, which changes on every train. docs/adr/0010-new-devices.md says why.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.models import User
from accounts.models.sessions import KnownDevice
from accounts.sessions.user_agents import in_words, kind_of
from library.notices import services as notices

KEEP = timedelta(days=365)


def recognise(*, user: User, agent: str, address: str, is_browser: bool, at: datetime) -> bool:
    """Whether ``user`` has signed in with this device before; if not, it is remembered and they are told by mail.

    The first device of all is their own: nobody is told of it. For the transaction of a sign-in, after it has written
    ``last_login``: that row's lock lets two sign-ins at once know of each other.
    """
    known = KnownDevice.objects.filter(user=user)
    is_first = not known.exists()
    device, is_new = KnownDevice.objects.update_or_create(
        user=user, is_browser=is_browser, name=kind_of(agent), defaults={"seen_at": at}
    )
    if is_new and not is_first:
        notices.queue(
            user=user,
            kind="signed_in_elsewhere",
            dedupe=f"device:{device.pk}",
            at=at,
            device=in_words(agent),
            address=address,
        )
    return not is_new


def forget(*, at: datetime) -> None:
    """Forget devices with which nobody signed in for a year: they are new again."""
    KnownDevice.objects.filter(seen_at__lt=at - KEEP).delete()
