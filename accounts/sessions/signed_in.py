"""Who asks: the user, their card and what they may do, read with the session or the token in one statement.

A request asks all of this before it does anything, and five small questions cost more than one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from accounts.models import Patron, User
from accounts.models.sessions import BrowserSession
from library.core.database.raw_rows import Joined, fetch

PERSON = Joined(person=User, patron=Patron)
SESSION = Joined(session=BrowserSession)
# What a user may do, by name: their own permissions and those of their groups. An administrator is asked nothing.
PERMISSIONS = """ARRAY(
  SELECT kind.app_label || '.' || permission.codename
  FROM auth_permission AS permission JOIN django_content_type AS kind ON kind.id = permission.content_type_id
  WHERE permission.id IN (
    SELECT own.permission_id FROM accounts_user_user_permissions AS own WHERE own.user_id = {user}
    UNION ALL
    SELECT given.permission_id FROM accounts_user_groups AS member
    JOIN auth_group_permissions AS given ON given.group_id = member.group_id WHERE member.user_id = {user}))"""
_OF_PERSON = PERMISSIONS.format(user="person.id")
# What every page shows of them at its head.
HEAD = """(SELECT ARRAY[bell.newest, bell.unread] FROM notices_bell AS bell WHERE bell.user_id = person.id),
  EXISTS(SELECT FROM notices_addressmark AS mark
         WHERE UPPER(mark.address) = UPPER(person.email) AND mark.about = '' AND mark.lifted_at IS NULL)"""
BY_SESSION = f"""
SELECT {SESSION.columns}, {PERSON.columns}, {_OF_PERSON}, {HEAD}
FROM accounts_session AS session LEFT JOIN accounts_user AS person ON person.id = session.user_id
LEFT JOIN accounts_patron AS patron ON patron.user_id = person.id
WHERE session.session_key = %s AND session.expire_date > %s"""
BY_TOKEN = f"""
SELECT {PERSON.columns}, {_OF_PERSON}
FROM accounts_tokenfamily AS family JOIN accounts_user AS person ON person.id = family.user_id
LEFT JOIN accounts_patron AS patron ON patron.user_id = person.id
WHERE family.id = %s AND family.ended_at IS NULL AND person.id = %s AND person.is_active AND person.token_epoch = %s"""
BY_USER = f"SELECT {PERMISSIONS.format(user='%(user)s')}"


def by_session(session_key_hash: str, *, at: Any) -> tuple[BrowserSession, User | None] | None:
    """The session that lives ``at`` this moment, and whose it is; None: there is none. One query."""
    rows = fetch(BY_SESSION, [session_key_hash, at])
    if not rows:
        return None
    (session,) = SESSION.read(rows[0])
    user = _person(rows[0][SESSION.width :])
    if user is not None:
        (user.newest_notice, user.unread), user.mail_comes_back = rows[0][-2] or (0, 0), rows[0][-1]
    return session, user


def by_token(*, user: str, family: str, epoch: int) -> User | None:
    """The active user whose token is of a family and an epoch that have not ended; one query."""
    rows = fetch(BY_TOKEN, [family, user, epoch])
    return _person(rows[0]) if rows else None


def permissions_of(user: UUID) -> frozenset[str]:
    """What a user may do, by name, as ``catalog.add_book``; one query."""
    ((names,),) = fetch(BY_USER, {"user": user})
    return frozenset(names)


def _person(row: Sequence[Any]) -> User | None:
    user, patron = PERSON.read(row)
    if user is None:
        return None
    if patron is not None:
        patron.user = user  # which tells the user of the card, too
    else:
        User._meta.get_field("patron").set_cached_value(user, None)
    user.permission_names = frozenset(row[PERSON.width])
    found: User = user
    return found
