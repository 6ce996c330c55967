"""What a backup tells people: how to restore it, what must be kept elsewhere, which settings there were."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from library.backup.manifest import Secret
from library.backup.places import Place
from library.core.config import report as config_report
from library.core.config.model import Config

README = """\
A backup of a Lyceum library, made {at}.

It holds personal data: keep it where only those may read who look after the library.

  database.dump   everything in PostgreSQL, in pg_dump's custom format
  media/          the files of books, under the names by which the database knows them
  manifest.json   versions, sizes, digests, settings, and the secrets that are NOT in here
  SHA256SUMS      digests of the parts: sha256sum --check SHA256SUMS
  whole.sha256    digest of every byte of this file before that part

To restore it with Lyceum, of this version or a later one:

  manage.py restore FILE

Without Lyceum: take this file apart (tar -xf FILE), make an empty database with the extension pgvector available,

  pg_restore --no-owner --no-privileges --dbname=DATABASE database.dump

and put media/ where the settings say. Redis holds nothing that must be kept.
"""


def readme(at: datetime) -> str:
    return README.format(at=f"{at:%Y-%m-%d %H:%M} UTC")


def settings(chosen: Config) -> dict[str, str]:
    """Every setting that is not as it comes, secrets only as set."""
    return {row.name: row.value for row in config_report.rows(chosen) if row.source != "default"}


def secrets(chosen: Config, place: Place) -> list[Secret]:
    """Every secret that is set, with where it was found."""
    found = [
        Secret(name=row.name, words=row.words, where=row.source)
        for row in config_report.rows(chosen)
        if row.value == config_report.SET
    ]
    if place.embedded:
        text = _("Signs calendar addresses, invitations and codes under way. Lyceum made it itself.")
        found.append(Secret(name="secret_key", words=text, where=str(place.var / "secret_key")))
    return found
