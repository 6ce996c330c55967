"""The databases of one server: one is made beside the library's own, filled, and put in its place in one step."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from library.backup import interrupts
from library.backup.errors import LibraryInUse, NoVectors, RestoreUnderWay, RoleMayNotRestore
from library.backup.manifest import major
from library.backup.server import snapshot

PATIENCE = 3.0  # seconds for what was just stopped to leave the database
FROM = ("postgres", "template1")  # databases that are always there, to look at the others from
LONGEST = 63 - len("_restoring")  # bytes of a name in PostgreSQL
# Settings whose values are lists of names, already quoted as they must be.
LISTS = {"search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"}
# Tables in which a library has rows as soon as its tables are made; a test holds this to the migrations.
FILLED_FROM_THE_START = {
    "accounts_rolegrant",
    "accounts_tier",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "circulation_calendarversion",
    "circulation_lendingsettings",
    "circulation_libraryclock",
    "circulation_loanrule",
    "circulation_paymentkind",
    "django_content_type",
    "django_migrations",
    "profile_libraryprofile",
}
WHO = """
SELECT current_user, rolsuper, rolcreatedb,
       (SELECT bool_or(trusted) FROM pg_available_extension_versions WHERE name = 'vector')
FROM pg_roles WHERE rolname = current_user
"""
DESCRIBED = """
SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype, datlocprovider,
       coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'), datconnlimit, oid
FROM pg_database d WHERE datname = %s
"""
SETTINGS = """
SELECT pg_get_userbyid(nullif(setrole, 0)), split_part(one, '=', 1), substr(one, strpos(one, '=') + 1)
FROM pg_db_role_setting, unnest(setconfig) one WHERE setdatabase = %s
"""
RIGHTS = """
SELECT CASE grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(grantee) END, privilege_type, is_grantable
FROM pg_database, aclexplode(datacl) WHERE oid = %s
"""
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@dataclass(frozen=True)
class Described:
    """How a database was made, so that another can be made alike."""

    owner: str
    encoding: str
    collate: str
    ctype: str
    provider: str
    locale: str | None
    limit: int
    oid: int


class Server:
    """The server behind the library's URL."""

    def __init__(self, url: str, connection: psycopg.Connection[Any]) -> None:
        self.url = url
        self.name = str(conninfo_to_dict(url).get("dbname"))
        self.restoring = f"{self.name.encode()[:LONGEST].decode(errors='ignore')}_restoring"
        self.replaced = f"{self.name.encode()[:LONGEST].decode(errors='ignore')}_replaced"
        self._connection = connection

    @property
    def major(self) -> int:
        return major(str(self._connection.info.parameter_status("server_version")))

    def exists(self) -> bool:
        return self._described() is not None

    def refuse_what_cannot_be(self) -> None:
        """Errors: ``NoVectors``, ``RoleMayNotRestore``, ``LibraryInUse``; all of them before anything is done."""
        role, is_superuser, may_create, is_trusted = self._row(WHO)
        if is_trusted is None:
            raise NoVectors(major=self.major)
        known = self._described()
        if not is_superuser and not may_create:
            remedy = f"ALTER ROLE {_quoted(role)} CREATEDB;"
            raise RoleMayNotRestore(role=role, why=_("it makes no databases"), remedy=remedy)
        if not is_superuser and not is_trusted:
            remedy = f"ALTER ROLE {_quoted(role)} SUPERUSER;"
            why = _("it makes no extensions such as vector")
            raise RoleMayNotRestore(role=role, why=why, remedy=remedy)
        if known and known.owner != role:
            remedy = f"ALTER DATABASE {_quoted(self.name)} OWNER TO {_quoted(role)};"
            why = _("the database %(name)s belongs to %(owner)s") % {"name": self.name, "owner": known.owner}
            raise RoleMayNotRestore(role=role, why=why, remedy=remedy)
        if count := self._others_after(PATIENCE):
            raise LibraryInUse(count=count)

    def others(self) -> int:
        """How many connections to the library's database are open."""
        return int(self._row(OTHERS, [self.name])[0])

    def _others_after(self, seconds: float) -> int:
        """As ``others``, once they had time to go: the server lets go of what was just killed a moment later."""
        until = time.monotonic() + seconds
        while (count := self.others()) and time.monotonic() < until:
            time.sleep(0.1)
        return count

    @contextlib.contextmanager
    def beside(self) -> Iterator[str]:
        """A new, empty database, made as the library's own is; gives its URL. It goes where the block fails."""
        self._drop(self.restoring)
        try:
            self._create(self.restoring, self._described())
            yield with_database(self.url, self.restoring)
        except BaseException:
            with contextlib.suppress(psycopg.Error):
                self._drop(self.restoring)
            raise

    def switch(self) -> None:
        """The database beside becomes the library's, in one step, and the old one goes. Errors: ``LibraryInUse``."""
        self._drop(self.replaced)
        known = self._described()
        if known:
            self._grant_alike(known)
        try:
            with self._connection.transaction():
                if known:
                    self._rename(self.name, self.replaced)
                self._rename(self.restoring, self.name)
        except psycopg.errors.ObjectInUse:
            raise LibraryInUse(count=max(1, self.others())) from None
        with contextlib.suppress(psycopg.Error):  # the library is restored; the next restore tries again
            self._drop(self.replaced)

    # -- how ------------------------------------------------------------------------------------------------------

    def _described(self) -> Described | None:
        row = self._connection.execute(DESCRIBED, [self.name]).fetchone()
        return Described(*row) if row else None

    def _create(self, name: str, like: Described | None) -> None:
        words: list[sql.Composable] = [sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))]
        if like:
            provider = {"c": "libc", "i": "icu", "b": "builtin"}[like.provider]
            words.append(sql.SQL("ENCODING {} LOCALE_PROVIDER {}").format(like.encoding, sql.SQL(provider)))
            words.append(sql.SQL("LC_COLLATE {} LC_CTYPE {}").format(like.collate, like.ctype))
            if like.locale:
                option = sql.SQL("ICU_LOCALE {}" if like.provider == "i" else "BUILTIN_LOCALE {}")
                words.append(option.format(like.locale))
            words.append(sql.SQL("CONNECTION LIMIT {}").format(like.limit))
        else:
            words.append(sql.SQL("ENCODING 'UTF8'"))
        self._do(sql.SQL(" ").join(words))

    def _grant_alike(self, known: Described) -> None:
        """What was set and granted on the library's database, on the one beside it."""
        new = sql.Identifier(self.restoring)
        for role, name, value in self._connection.execute(SETTINGS, [known.oid]).fetchall():
            whose = sql.SQL("ROLE {} IN DATABASE {}").format(sql.Identifier(role), new) if role else None
            shown = sql.SQL(value) if name in LISTS else sql.Literal(value)
            target = whose or sql.SQL("DATABASE {}").format(new)
            self._connection.execute(sql.SQL("ALTER {} SET {} = {}").format(target, sql.Identifier(name), shown))
        rights = self._connection.execute(RIGHTS, [known.oid]).fetchall()
        if rights:
            self._connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(new))
        for role, right, may_grant in rights:
            to = sql.Identifier(role) if role else sql.SQL("PUBLIC")
            further = sql.SQL(" WITH GRANT OPTION" if may_grant else "")
            self._connection.execute(
                sql.SQL("GRANT {} ON DATABASE {} TO {}{}").format(sql.SQL(right), new, to, further)
            )

    def _rename(self, old: str, new: str) -> None:
        words = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
        self._connection.execute(words)

    def _drop(self, name: str) -> None:
        self._do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _do(self, statement: sql.Composed) -> None:
        """Run it to its end: a connection that was left in the middle could not tidy up."""
        with interrupts.put_off():
            self._connection.execute(statement)

    def _row(self, query: str, values: Sequence[Any] = ()) -> tuple[Any, ...]:
        row = self._connection.execute(query, values).fetchone()
        assert row is not None
        return tuple(row)


@contextlib.contextmanager
def server(url: str) -> Iterator[Server]:
    """The server, seen from a database that is none of the library's; for one restore at a time.

    Errors: ``RestoreUnderWay``.
    """
    with _connected(url) as connection:
        connection.execute("SET client_min_messages = error")
        found = Server(url, connection)
        row = connection.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [found.restoring]).fetchone()
        if row != (True,):
            raise RestoreUnderWay
        yield found


def _connected(url: str) -> psycopg.Connection[Any]:
    last: psycopg.Error | None = None
    for other in FROM:
        if other == conninfo_to_dict(url).get("dbname"):
            continue
        try:
            return psycopg.connect(make_conninfo(url, dbname=other), autocommit=True, connect_timeout=10)
        except psycopg.OperationalError as fault:
            last = last or fault
    assert last is not None
    raise last


def what_is_in(url: str) -> dict[str, int]:
    """Tables of a library that have rows of their own; empty where there are only those of every new library."""
    with psycopg.connect(url) as connection:
        counted = snapshot.count_rows(connection)
    return {
        name: rows for name, rows in counted.items() if rows and name.partition(".")[2] not in FILLED_FROM_THE_START
    }


def with_database(url: str, name: str) -> str:
    """``url`` for another database of the same server."""
    return urlsplit(url)._replace(path="/" + quote(name, safe="")).geturl()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
