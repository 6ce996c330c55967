"""What lies before the desk: who is open there, and what a scan names. One query, which locks nothing.

Only names and numbers: what decides is read by the verbs, under their locks.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from catalog.models import Branch
from library.core.database.raw_rows import Joined, fetch
from library.core.typed import folded


class ScannedReader(NamedTuple):
    """A reader by id, with card and name."""

    pk: UUID
    card_number: str
    name: str


class ScannedCopy(NamedTuple):
    """A copy by its barcode, with its title."""

    barcode: str
    title: str


class BeforeDesk(NamedTuple):
    """Each None where there is none: the open reader, whose card and which copy was scanned, where the desk stands."""

    reader: ScannedReader | None = None
    card: ScannedReader | None = None
    copy: ScannedCopy | None = None
    branch: Branch | None = None


BRANCH = Joined(branch=Branch)
_PERSON = """(SELECT json_build_array(patron.user_id, patron.card_number,
     coalesce(nullif(person.full_name, ''), person.username))
   FROM accounts_patron AS patron JOIN accounts_user AS person ON person.id = patron.user_id WHERE {which})"""
_READER, _CARD = _PERSON.format(which="patron.user_id = %(reader)s"), _PERSON.format(which="card_folded = %(scanned)s")
BEFORE_DESK = f"""
SELECT {BRANCH.columns}, {_READER}, {_CARD},
  (SELECT json_build_array(copy.barcode, book.title)
   FROM catalog_copy AS copy JOIN catalog_book AS book ON book.id = copy.book_id WHERE barcode_folded = %(scanned)s)
FROM (SELECT) AS desk LEFT JOIN catalog_branch AS branch ON branch.id = %(branch)s"""


def before_desk(*, text: str = "", reader: UUID | None = None, branch: int | None = None) -> BeforeDesk:
    """Who and what is meant: ``text`` as it was typed or scanned, the reader and the branch by their ids."""
    (row,) = fetch(BEFORE_DESK, {"scanned": folded(text), "reader": reader, "branch": branch})
    opened, card, copy = row[BRANCH.width :]
    return BeforeDesk(
        _person(opened), _person(card), ScannedCopy(*copy) if copy else None, BRANCH.read(row[: BRANCH.width])[0]
    )


def _person(row: list[str] | None) -> ScannedReader | None:
    return ScannedReader(UUID(row[0]), *row[1:]) if row else None
