"""`manage.py up`: one plain sentence when it cannot start, everything up when it can, nothing left when it stops."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from library.embedded import folders
from tests.stack import ROOT, Stack, environment, eventually, free_port, processes_naming

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


@pytest.fixture(scope="module")
def var():
    """One folder for all of these: the first start fills it, the others find it filled."""
    folder = ROOT / "var" / "up"
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    Stack(folder).remove()


def up(var: Path | str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=environment(**{"LYCEUM_VAR": str(var), "PORT": str(free_port())} | extra),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def one_sentence(refused: subprocess.CompletedProcess[str]) -> str:
    assert refused.returncode != 0
    assert "Traceback" not in refused.stderr + refused.stdout
    assert "Stopped." not in refused.stdout  # the reason alone: nothing had begun that could stop
    lines = [line for line in refused.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, refused.stderr
    return lines[0]


def test_taken_port_is_told_in_a_sentence(var):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port}" in one_sentence(up(var, PORT=str(port)))
    assert processes_naming(str(var)) == []


def test_one_url_without_the_other_is_refused(var):
    alone = {"DATABASE_URL": "postgresql:///x", "LYCEUM_SECRET_KEY": "x" * 64, "LYCEUM_ALLOWED_HOSTS": "localhost"}
    assert "DATABASE_URL and REDIS_URL go together" in one_sentence(up(var, **alone))


def test_wrong_database_url_is_told_without_its_password(var):
    urls = {
        "DATABASE_URL": f"postgresql://lyceum:very-secret@127.0.0.1:{free_port()}/lyceum",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "LYCEUM_SECRET_KEY": "x" * 64,
        "LYCEUM_ALLOWED_HOSTS": "localhost",
    }
    refused = up(var, **urls)
    assert "DATABASE_URL cannot be used" in one_sentence(refused)
    assert "very-secret" not in refused.stderr + refused.stdout
    assert "LYCEUM_SECRET_KEY" in one_sentence(up(var, **(urls | {"LYCEUM_SECRET_KEY": "short"})))


def test_data_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path):
    file = tmp_path / "file"
    file.touch()
    assert "cannot be written" in one_sentence(up(file / "var"))


def test_nonsense_setting_is_told_in_a_sentence(var):
    assert "PORT" in one_sentence(up(var, PORT="eighty"))


def test_commands_say_what_to_do_without_services(var):
    refused = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=ROOT,
        env=environment(LYCEUM_VAR=str(var)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "manage.py up" in one_sentence(refused)


def test_embedded_mode_answers_on_this_machine_only(var):
    assert "only on this machine" in one_sentence(up(var, HOST="192.0.2.1"))


def test_killed_start_is_mended_by_the_next_one_which_stops_and_leaves_no_process(var):
    running = Stack(var)
    running.start()
    first = running.sql("SELECT count(*) FROM catalog_book")
    assert running.process is not None
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    again = Stack(var)
    again.start()
    assert "Another `manage.py up`" in one_sentence(up(var, PORT=str(free_port())))
    assert len(processes_naming(str(var))) >= 6  # PostgreSQL, Redis, embedder, web, workers, supervisor
    assert again.sql("SELECT count(*) FROM catalog_book") == first
    assert again.stop() < 10
    assert eventually(lambda: not processes_naming(str(var)), seconds=1)
    assert not (var / "embedded.json").exists()
    mode = (var / "secret_key").stat().st_mode & 0o777
    assert mode == 0o600


def test_part_that_dies_is_started_again(stack):
    was = stack.part("uvicorn library.asgi")
    stack.kill("uvicorn library.asgi")
    eventually(lambda: "The web stopped (signal 9); starting it again." in stack.words, seconds=5)

    def is_back() -> bool:
        try:
            return stack.part("uvicorn library.asgi") != was and httpx.get(f"{stack.url}/healthz").status_code == 200
        except (AssertionError, httpx.TransportError):
            return False

    assert eventually(is_back, seconds=15)


def test_sockets_and_data_are_for_us_alone(stack):
    sockets = folders.socket_folder(stack.var)
    assert (sockets / "redis.sock").stat().st_mode & 0o077 == 0
    assert (sockets / "pg").stat().st_mode & 0o077 == 0
    assert (stack.var / "embedded.json").stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in (stack.var / "mail").glob("*"))
