"""What keeps everything running: what it says, starts again and how it ends; its parts here are no programs."""

from __future__ import annotations

import json
import signal
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from library.core.config import model as configuration
from library.core.config.model import Config, ConfigError
from library.embedded import folders, healthcheck, log_files, processes, supervisor
from library.embedded.supervisor import ManagedProcess, Supervisor, secret_key


class Part:
    """A process that ends when it is told to."""

    def __init__(self, code: int | None = None) -> None:
        self.returncode = code
        self.pid = 0
        self.signals: list[int] = []

    def poll(self) -> int | None:
        return self.returncode


class Service:
    """PostgreSQL or Redis: starts after so many tries that fail."""

    def __init__(self, name: str, told: list[str], *, fails: int = 0, log: Path = Path("/nowhere")) -> None:
        self.name, self.told, self.fails, self.log = name, told, fails, log
        self.process: Any = Part()
        self.url = f"{name}://here"
        self.left_over = self.moved = self.is_orphaned = False
        self.data = Path("/var/lib/lyceum/0123/postgres")
        self.account = SimpleNamespace(name="nobody")

    def mend(self) -> bool:
        return self.left_over

    def start(self) -> None:
        self.told.append(f"start {self.name}")
        if self.fails:
            self.fails -= 1
            raise ConfigError(f"{self.name} did not start")
        self.process = Part()

    def stop(self, *, seconds: float) -> None:
        self.told.append(f"stop {self.name}")


@pytest.fixture
def clock(monkeypatch):
    """Time that goes by only where somebody waits."""
    made = SimpleNamespace(now=1000.0, slept=[])

    def sleep(seconds: float) -> None:
        made.slept.append(seconds)
        made.now += seconds

    monkeypatch.setattr(supervisor, "time", SimpleNamespace(monotonic=lambda: made.now, sleep=sleep))
    return made


@pytest.fixture
def told() -> list[str]:
    """What happens, in its order: what is said to people, and what is done to parts."""
    return []


@pytest.fixture
def var(tmp_path, monkeypatch):
    monkeypatch.setenv("LYCEUM_VAR", str(tmp_path))
    monkeypatch.setattr(configuration, "embedded_file", lambda: tmp_path / "embedded.json")
    return tmp_path


@pytest.fixture
def keeper(var, told, clock, monkeypatch):
    """A supervisor whose parts are none."""
    config = Config(_env_file=None, LYCEUM_VAR=var, PORT=8123, DATABASE_URL="", REDIS_URL="")  # type: ignore[call-arg]
    made = Supervisor(config, told.append)
    made.postgres, made.redis = Service("PostgreSQL", told), Service("Redis", told)  # type: ignore[assignment]

    def spawn(command: list[str], **given: Any) -> Part:
        told.append(f"spawn {command[0]}")
        return Part()

    monkeypatch.setattr(processes, "spawn", spawn)
    monkeypatch.setattr(processes, "signal_group", lambda process, number: told.append(f"signal {number}"))
    return made


def running(keeper: Supervisor, name: str = "web") -> ManagedProcess:
    part = ManagedProcess(name, [name], process=Part(), started_at=1000.0)  # type: ignore[arg-type]
    keeper.parts.append(part)
    return part


def die(part: ManagedProcess, code: int) -> None:
    assert part.process is not None
    part.process.returncode = code


# -- what died


@pytest.mark.parametrize(
    ("code", "words"), [(1, "exit code 1"), (0, "exit code 0"), (-9, "signal 9"), (-15, "signal 15")]
)
def test_a_part_that_ends_is_told_with_how_and_its_children_go_with_it(keeper, told, code, words):
    part = running(keeper)
    die(part, code)
    keeper._revive()
    assert told == ["signal 9", f"The web stopped ({words}); starting it again."]
    assert part.process is None


def test_a_part_that_dies_again_and_again_is_started_at_growing_intervals(keeper, told, clock):
    part, waited = running(keeper), []
    for _ in range(7):
        die(part, 1)
        keeper._revive()
        began = clock.now
        while part.process is None:
            clock.now += 0.5
            keeper._revive()
        waited.append(clock.now - began)
    assert waited == [1, 3, 7, 15, 29, 29, 29]


def test_a_part_that_lived_for_a_minute_is_started_again_at_once(keeper, clock):
    part = running(keeper)
    part.restarts = 5
    clock.now += 61
    die(part, 1)
    keeper._revive()
    keeper._revive()
    assert (part.process is not None, part.restarts) == (True, 0)


def test_parts_that_live_are_left_alone(keeper, told):
    running(keeper)
    keeper._revive()
    assert told == []


@pytest.mark.parametrize("name", ["PostgreSQL", "Redis"])
def test_a_service_that_died_is_started_again_and_people_are_told_that_no_job_is_lost(keeper, told, name):
    service: Any = keeper.postgres if name == "PostgreSQL" else keeper.redis
    service.process = Part(-9)
    keeper._revive()
    assert told == [f"{name} stopped; starting it again. No job is lost: jobs are rows.", f"start {name}"]


def test_what_a_service_left_may_need_a_moment_to_go(keeper, told, clock):
    keeper.redis.process, keeper.redis.fails = Part(1), 2
    keeper._revive()
    assert told[1:] == ["start Redis"] * 3
    assert clock.slept == [1, 3]


def test_a_service_that_does_not_come_back_ends_everything(keeper, told):
    keeper.redis.process, keeper.redis.fails = Part(1), 9
    with pytest.raises(ConfigError, match="Redis did not start"):
        keeper._revive()
    assert told[1:] == ["start Redis"] * 3


def test_logs_of_services_are_kept_short(keeper, monkeypatch, tmp_path):
    keeper.postgres.log, keeper.redis.log = tmp_path / "postgres.log", tmp_path / "redis.log"
    seen: list[Path] = []
    monkeypatch.setattr(log_files, "bound", seen.append)
    keeper._revive()
    assert seen == [tmp_path / "postgres.log", tmp_path / "redis.log"]


# -- beginning


def test_services_are_up_before_anybody_is_told_where_they_are(keeper, told, var):
    keeper._start_embedded(keeper.postgres, keeper.redis)
    left = json.loads((var / "embedded.json").read_text())
    assert told == ["start PostgreSQL", "start Redis"]
    assert (left["database_url"], left["redis_url"]) == ("PostgreSQL://here", "Redis://here")
    assert left["secret_key"] == secret_key(var)
    assert stat.S_IMODE((var / "embedded.json").stat().st_mode) == 0o600


def test_what_an_earlier_start_left_and_where_data_had_to_go_is_told(keeper, told, var):
    keeper.redis.left_over = keeper.postgres.moved = keeper.postgres.is_orphaned = True
    keeper._start_embedded(keeper.postgres, keeper.redis)
    assert told[:3] == [
        "An earlier start was killed and had left its services running; they were ended.",
        f"PostgreSQL cannot reach {var} as nobody; its data is in /var/lib/lyceum/0123/postgres.",
        "A library is there already: its data folder stood here, and has gone with the files of its books."
        " To begin anew, stop this, delete /var/lib/lyceum/0123 and start again.",
    ]


@pytest.mark.parametrize("is_restored", [False, True])
def test_who_may_sign_in_is_told_where_there_is_a_demonstration(keeper, told, var, is_restored):
    if is_restored:
        (var / folders.RESTORED).touch()
    keeper._greet()
    said = "\n".join(told)
    assert "Lyceum is open at http://127.0.0.1:8123\n" in said
    assert "http://127.0.0.1:8123/dev/mailbox/" in said
    assert ("password lyceum-demo" in said) is not is_restored


def test_with_services_of_one_s_own_no_password_is_told(keeper, told):
    keeper.embedded = False
    keeper._greet()
    assert told == ["\nLyceum is open at http://127.0.0.1:8123", "Ctrl-C stops everything.\n"]


def test_nobody_is_greeted_before_the_web_process_answers(keeper, monkeypatch):
    web, answers = running(keeper), [False, False, True]
    monkeypatch.setattr(healthcheck, "web", lambda config: answers.pop(0))
    monkeypatch.setattr(processes, "wait_until", lambda answers, **given: any(answers() for _ in range(5)))
    keeper._wait_for_web()
    assert answers == []
    monkeypatch.setattr(healthcheck, "web", lambda config: False)
    with pytest.raises(ConfigError, match=r"The web process did not answer on 127\.0\.0\.1:8123 within a minute\."):
        keeper._wait_for_web()
    die(web, 1)
    with pytest.raises(ConfigError, match="The web process stopped while starting; the lines above say why"):
        keeper._wait_for_web()


# -- the end


@pytest.fixture
def quiet_signals(monkeypatch):
    """Signals of this process stay as they are; which ones were to be ignored is kept."""
    ignored: list[int] = []
    monkeypatch.setattr(signal, "signal", lambda number, handler: ignored.append(number))
    return ignored


def test_parts_end_before_what_they_need_and_the_addresses_are_taken_back(
    keeper, told, var, quiet_signals, monkeypatch
):
    running(keeper)
    keeper._start_embedded(keeper.postgres, keeper.redis)
    monkeypatch.setattr(processes, "stop_all", lambda stopped, **given: told.append(f"stop {len(list(stopped))} parts"))
    told.clear()
    keeper._stop()
    assert told == ["stop 1 parts", "stop Redis", "stop PostgreSQL"]
    assert not (var / "embedded.json").exists()
    assert set(quiet_signals) == {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def test_whoever_never_started_services_takes_back_no_one_else_s_addresses(keeper, var, quiet_signals, monkeypatch):
    (var / "embedded.json").write_text("of another")
    monkeypatch.setattr(processes, "stop_all", lambda stopped, **given: None)
    keeper._stop()
    assert (var / "embedded.json").read_text() == "of another"


def test_ctrl_c_ends_everything_and_says_so(keeper, told, quiet_signals, monkeypatch):
    def interrupted() -> None:
        raise supervisor.Stopped

    monkeypatch.setattr(keeper, "_start", lambda: told.append("started"))
    monkeypatch.setattr(keeper, "_revive", interrupted)
    monkeypatch.setattr(keeper, "_stop", lambda: told.append("stopped"))
    keeper.run()
    assert told == ["started", "Stopping …", "stopped", "Stopped."]


def test_where_it_cannot_begin_everything_is_ended_and_the_reason_alone_is_told(
    keeper, told, quiet_signals, monkeypatch
):
    def taken() -> None:
        raise ConfigError("Port 8123 is taken.")

    monkeypatch.setattr(keeper, "_start", taken)
    monkeypatch.setattr(keeper, "_stop", lambda: told.append("stopped"))
    with pytest.raises(ConfigError, match="Port 8123 is taken"):
        keeper.run()
    assert told == ["stopped"]


def test_the_command_tells_what_cannot_be_without_a_trace(monkeypatch):
    def refuse() -> None:
        raise ConfigError("PORT must be a whole number, not 'eighty'.")

    monkeypatch.setattr(supervisor, "main", refuse)
    with pytest.raises(CommandError, match="PORT must be a whole number, not 'eighty'"):
        call_command("up")
