"""Browser sessions in the database, each under the hash of its key and beside what its owner may know about it.

Django's own database store with two differences: the key itself is only in the browser's cookie, and ``user``,
``seen_at``, ``agent`` and ``address`` are columns, so that people see where they are signed in without another query
in any request.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User
from accounts.models.sessions import BrowserSession
from accounts.sessions import signed_in

# What a session says about its browser: {"began_at", "seen_at", "agent", "address"}, the times in ISO format.
DEVICE = "accounts.device"
_CHANGED = [field for field in BrowserSession._meta.concrete_fields if not field.primary_key]
_CHANGE = f"""
UPDATE accounts_session SET {", ".join(f'"{field.column}" = %s' for field in _CHANGED)} WHERE session_key = %s"""


def hash_key(session_key: str) -> str:
    """What the database knows a session by: 64 hex digits. The key has 165 random bits, so no salt is needed."""
    return sha256(session_key.encode("utf-8", "surrogatepass")).hexdigest()


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> Any:
        return BrowserSession

    # Whose session it is, read with it; None where it is nobody's, or was not read.
    person: User | None = None

    def _get_session_from_db(self) -> Any:
        found = signed_in.by_session(hash_key(self.session_key or ""), at=timezone.now())
        if found is None:
            self._session_key = None
            return None
        session, self.person = found
        return session

    async def _aget_session_from_db(self) -> Any:
        found = await self._living(self.session_key).afirst()
        if found is None:
            self._session_key = None
        return found

    def save(self, must_create: bool = False) -> None:
        """As Django's; what is there is changed by one statement alone. Errors: ``CreateError``, ``UpdateError``."""
        if must_create or self.session_key is None:
            super().save(must_create)
            return
        row = self.create_model_instance(dict(self.items()))
        values = [getattr(row, field.attname) for field in _CHANGED]
        with connection.cursor() as cursor:
            cursor.execute(_CHANGE, [*values, row.pk])
            if not cursor.rowcount:  # somebody ended it meanwhile
                raise UpdateError

    def exists(self, session_key: str) -> bool:
        return super().exists(hash_key(session_key))

    async def aexists(self, session_key: str) -> bool:
        return await super().aexists(hash_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        return self._described(super().create_model_instance(data), data)

    async def acreate_model_instance(self, data: dict[str, Any]) -> Any:
        return self._described(await super().acreate_model_instance(data), data)

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            BrowserSession.objects.filter(session_key=hash_key(key)).delete()

    async def adelete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            await BrowserSession.objects.filter(session_key=hash_key(key)).adelete()

    def _living(self, session_key: str | None) -> Any:
        return BrowserSession.objects.filter(session_key=hash_key(session_key or ""), expire_date__gt=timezone.now())

    def _described(self, row: Any, data: dict[str, Any]) -> Any:
        now, device = timezone.now(), data.get(DEVICE, {})
        row.session_key = hash_key(row.session_key)
        row.user_id = data.get(SESSION_KEY)
        row.began_at, row.seen_at = (_time(device.get(name), now) for name in ("began_at", "seen_at"))
        row.agent, row.address = device.get("agent", ""), device.get("address", "")
        return row


def person_of(session: SessionBase) -> User | None:
    """Who is signed in, as read with the session; None where nobody is, or anything is out of the ordinary."""
    key, user = session.get(SESSION_KEY), getattr(session, "person", None)
    if not isinstance(user, User) or str(user.pk) != key or not user.is_active:
        return None
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    is_of_this_password = constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    return user if is_of_this_password else None


def _time(written: str | None, otherwise: datetime) -> datetime:
    return datetime.fromisoformat(written) if written else otherwise
