"""Where embedded services keep their data and sockets."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from library.core.config.model import ConfigError

UNPRIVILEGED = ("postgres", "nobody")
ROOT_DATA = Path("/var/lib/lyceum")
LOCK = "up.lock"
RESTORED = "restored"  # in a data folder whose library came out of a backup: it has no demonstration


@dataclass(frozen=True)
class Account:
    """The system account that runs PostgreSQL, which refuses to run as root."""

    name: str
    uid: int
    gid: int


def postgres_account() -> Account:
    """Ourselves, or, as root, the first unprivileged account that the system has."""
    if os.geteuid() != 0:
        own = pwd.getpwuid(os.geteuid())
        return Account(own.pw_name, own.pw_uid, own.pw_gid)
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise ConfigError(
        f"PostgreSQL does not run as root, and there is no account {' or '.join(UNPRIVILEGED)} to run it."
    )


def prepare_var(var: Path) -> None:
    """Make the data folder, and say in one sentence if it cannot be written."""
    try:
        if not var.exists():
            make_passable(var.parent)
            var.mkdir()
            # As root the data of PostgreSQL may lie in it, so its account may pass, not list.
            var.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for folder in (var / "media", var / "mail", var / "uploads", var / "log"):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o700)
        probe = var / f".write-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as fault:
        raise ConfigError(
            f"The data folder {var} cannot be written: {fault.strerror}. Choose another with LYCEUM_VAR."
        ) from None


def try_lock(var: Path) -> TextIO | None:
    """The data folder for one process, until the file is closed or the process ends; None where another has it."""
    held = (var / LOCK).open("a+")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        return None
    held.truncate(0)
    held.write(str(os.getpid()))
    held.flush()
    return held


def lock(var: Path) -> TextIO:
    """The same. Errors: ``ConfigError`` naming the process that has it."""
    held = try_lock(var)
    if held is not None:
        return held
    owner = (var / LOCK).read_text().strip() or "unknown"
    raise ConfigError(
        f"Another `manage.py up` (process {owner}) already runs on {var}; "
        "stop it, or choose another data folder with LYCEUM_VAR."
    )


def socket_folder(var: Path) -> Path:
    """A short private folder for the sockets of this data folder (their paths may not exceed 107 bytes).

    Errors: ``ConfigError`` where somebody else owns a folder of that name.
    """
    short = Path("/tmp") if len(tempfile.gettempdir()) > 40 else Path(tempfile.gettempdir())  # noqa: S108 (0700, owner checked)
    folder = short / f"lyceum-{os.geteuid()}-{_digest(var)}"
    # As root the sockets of PostgreSQL live in a folder of its account below this one, so others may pass, not list.
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise ConfigError(
            f"{folder} belongs to somebody else; remove it, or choose another data folder with LYCEUM_VAR."
        )
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return folder


def reachable(path: Path, account: Account) -> bool:
    """Whether ``account`` may pass through every folder that leads to ``path``."""
    if os.geteuid() != 0:
        return True
    for folder in [path, *path.parents]:
        if not folder.exists():
            continue
        found = folder.stat()
        passes = stat.S_IXOTH if found.st_uid != account.uid else stat.S_IXUSR
        if not found.st_mode & passes:
            return False
    return True


def postgres_data(var: Path, account: Account) -> Path:
    """PostgreSQL's data folder: in ``var``, or, where its account cannot reach that, in one that it can."""
    wanted = var / "postgres"
    return wanted if reachable(var, account) else ROOT_DATA / _digest(var) / "postgres"


def give_folder(path: Path, account: Account) -> None:
    """Make ``path`` and hand it to ``account``, 0700. Parents that are made here stay ours and passable."""
    make_passable(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(path, account.uid, account.gid)
    path.chmod(0o700)


def make_passable(path: Path) -> None:
    """Make ``path`` and what leads to it where it is missing, so that others may pass, whatever the umask."""
    if not path.exists():
        make_passable(path.parent)
        path.mkdir(exist_ok=True)
        path.chmod(0o755)


def _digest(var: Path) -> str:
    return hashlib.sha256(str(var).encode()).hexdigest()[:10]
