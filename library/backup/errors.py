"""Why a library cannot be backed up or restored, in a sentence each."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from library.core.errors import LibraryError


class ProgramsMissing(LibraryError):
    code = "backup_programs_missing"
    message = _(
        "pg_dump and pg_restore are not here. Install PostgreSQL's client programs, version {major} or newer (Debian:"
        " postgresql-client-{major}), where PATH finds them."
    )


class ProgramsTooOld(LibraryError):
    code = "backup_programs_too_old"
    message = _(
        "The server is PostgreSQL {major}, and the newest pg_dump here is {found} ({folder}): it cannot read a newer"
        " server. Install PostgreSQL's client programs, version {major} or newer, where PATH finds them."
    )


class ProgramFailed(LibraryError):
    code = "backup_program_failed"
    message = _("{program} ended with an error: {words}")


class NothingToBackUp(LibraryError):
    code = "nothing_to_back_up"
    message = _("There is no library in {where} yet, so there is nothing to back up.")


class FilesInUse(LibraryError):
    code = "files_in_use"
    message = _("The list of stored files was being changed for ten seconds on end. Try again in a minute.")


class TargetUnusable(LibraryError):
    code = "backup_target_unusable"
    message = _("{path} cannot be written: {why}. Nothing was left there.")


class NotABackup(LibraryError):
    code = "not_a_backup"
    message = _("{path} is no backup of Lyceum: {why}.")


class BackupBroken(LibraryError):
    code = "backup_broken"
    message = _("The backup {path} is damaged: {why}. Nothing was changed. Take another backup.")


class BackupOfNewerLibrary(LibraryError):
    code = "backup_of_newer_library"
    message = _(
        "The backup was made by a newer Lyceum ({version}): it has steps that this one does not know ({steps})."
        " Install that version, or a later one, and restore with it."
    )


class BackupOfNewerServer(LibraryError):
    code = "backup_of_newer_server"
    message = _("The backup comes from PostgreSQL {made}, and this server is {server}. Restore into {made} or newer.")


class NoVectors(LibraryError):
    code = "no_pgvector"
    message = _("This PostgreSQL has no pgvector. Install it (Debian: postgresql-{major}-pgvector) and restore again.")


class LibraryThere(LibraryError):
    code = "library_there"
    message = _(
        "There is a library here already ({what}). Nothing was changed. To have the backup in its place, and lose what"
        " is here: --replace --yes-replace-everything."
    )


class LibraryInUse(LibraryError):
    code = "library_in_use"
    message = _(
        "The library is in use: {count} connections to its database are open. Stop everything that uses it (web,"
        " workers, beat, embedder), then restore. Nothing was changed."
    )


class RestoreUnderWay(LibraryError):
    code = "restore_under_way"
    message = _("Another restore into this library is under way. Nothing was changed.")


class RoleMayNotRestore(LibraryError):
    code = "role_may_not_restore"
    message = _(
        "Restoring makes a database beside the one that is there, and {role} may not: {why}. As a superuser of the"
        " server: {remedy} Then restore again. Nothing was changed."
    )


class RestoredDiffers(LibraryError):
    code = "restored_differs"
    message = _("What was restored is not what was backed up: {why}. It was thrown away, and nothing was changed.")


class MediaElsewhere(LibraryError):
    code = "media_elsewhere"
    message = _("The stored files lie in no folder of this machine, so these commands cannot keep them.")
