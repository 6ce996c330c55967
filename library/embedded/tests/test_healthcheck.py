"""Whether a part lives: asked as the proxy asks, and never answered by a trace."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import UnixStreamServer
from typing import Any

import pytest

from library.core.background import wake
from library.core.config.model import Config, ConfigError
from library.embedded import healthcheck


def chosen(var: Path, **values: Any) -> Config:
    return Config(_env_file=None, **{"LYCEUM_VAR": var, **values})  # type: ignore[call-arg]


class Answering(BaseHTTPRequestHandler):
    """Answers with its server's status, and keeps what was asked."""

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def address_string(self) -> str:
        return "here"

    def log_message(self, *args: Any) -> None:
        pass


def served(server: Any, status: int = 200) -> Any:
    server.asked, server.status = [], status
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


@pytest.fixture
def web() -> Iterator[Any]:
    server = served(HTTPServer(("127.0.0.1", 0), Answering))
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def short() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lyceum-h-", dir="/tmp") as folder:
        yield Path(folder)


# -- web


@pytest.mark.parametrize(
    ("hosts", "name"),
    [
        ("", "localhost"),
        (" , ", "localhost"),
        ("library.example.org", "library.example.org"),
        (" .example.org, other.example.net", "example.org"),
        (",b.example", "b.example"),
    ],
)
def test_it_is_asked_by_a_name_that_it_takes_as_if_by_https(web, tmp_path, hosts, name):
    settings = chosen(tmp_path, PORT=web.server_port, LYCEUM_ALLOWED_HOSTS=hosts)
    assert healthcheck.web(settings)
    ((path, headers),) = web.asked
    assert (path, headers["Host"], headers["X-Forwarded-Proto"]) == ("/healthz", name, "https")


def test_what_listens_everywhere_is_asked_on_this_machine(web, tmp_path):
    assert healthcheck.web(chosen(tmp_path, HOST="0.0.0.0", PORT=web.server_port))


@pytest.mark.parametrize("status", [301, 400, 404, 500, 503])
def test_only_a_plain_yes_is_one(web, tmp_path, status):
    web.status = status
    assert not healthcheck.web(chosen(tmp_path, PORT=web.server_port))


def test_where_nobody_listens_or_speaks_another_language_it_does_not_live(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert not healthcheck.web(chosen(tmp_path, PORT=port))
    with socket.create_server(("127.0.0.1", 0)) as strange:

        def greet() -> None:
            with strange.accept()[0] as caller:
                caller.sendall(b"220 mail\r\n")

        greeting = threading.Thread(target=greet)
        greeting.start()
        assert not healthcheck.web(chosen(tmp_path, PORT=strange.getsockname()[1]))
        greeting.join(10)


# -- embedder


def test_the_embedder_is_asked_where_it_said_that_it_listens(short):
    server = served(UnixStreamServer(str(short / "e.sock"), Answering))
    (short / "embedder.json").write_text(json.dumps({"socket": str(short / "e.sock")}))
    try:
        assert healthcheck.embedder(chosen(short))
        server.status = 500
        assert not healthcheck.embedder(chosen(short))
        assert [path for path, _headers in server.asked] == ["/healthz"] * 2
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("written", [None, "", "{}", "{", '{"socket": "/nowhere/e.sock"}'])
def test_an_embedder_that_never_said_so_or_has_gone_does_not_live(tmp_path, written):
    if written is not None:
        (tmp_path / "embedder.json").write_text(written)
    assert not healthcheck.embedder(chosen(tmp_path))


# -- beat


@pytest.mark.parametrize(("ago", "lives"), [(0, True), (590, True), (610, False)])
def test_beat_lives_while_it_writes_its_schedule(tmp_path, ago, lives):
    assert not healthcheck.beat(chosen(tmp_path))
    for name, more in (("celerybeat-schedule", 9999), ("celerybeat-schedule.db", 0)):
        (tmp_path / name).touch()
        written = time.time() - ago - more
        os.utime(tmp_path / name, (written, written))
    assert healthcheck.beat(chosen(tmp_path)) is lives


# -- workers


class Control:
    """In the place of Celery's: answers pings of the workers that there are."""

    def __init__(self, *nodes: str) -> None:
        self.nodes = nodes
        self.control = self

    def ping(self, *, destination: list[str], timeout: float, limit: int) -> list[dict[str, Any]]:
        return [{node: {"ok": "pong"}} for node in destination if node in self.nodes]


def test_a_worker_is_asked_by_its_name_on_this_machine(monkeypatch, tmp_path):
    monkeypatch.setattr(wake, "application", lambda: Control(f"quick@{socket.gethostname()}", "slow@elsewhere"))
    assert healthcheck.worker("quick")(chosen(tmp_path))
    assert not healthcheck.worker("slow")(chosen(tmp_path))


def test_without_redis_no_worker_is_reached(monkeypatch, tmp_path):
    def away() -> Any:
        raise ConnectionError("redis is away")

    monkeypatch.setattr(wake, "application", away)
    assert not healthcheck.worker("quick")(chosen(tmp_path))


# -- the command of containers


@pytest.fixture
def here(monkeypatch, tmp_path):
    monkeypatch.setattr(healthcheck, "config", lambda: chosen(tmp_path))
    return tmp_path


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["web", "beat"], [""]])
def test_one_part_has_to_be_named(here, capsys, arguments):
    assert healthcheck.main(arguments) == 2
    assert capsys.readouterr().err == "Name one part: web, embedder, quick, slow, beat.\n"


def test_a_part_that_lives_is_silent_and_one_that_does_not_is_named(here, capsys):
    assert healthcheck.main(["beat"]) == 1
    assert capsys.readouterr().err == "The part beat does not answer.\n"
    (here / "celerybeat-schedule").touch()
    assert healthcheck.main(["beat"]) == 0
    assert capsys.readouterr().err == ""


def test_settings_that_cannot_be_used_are_told_in_their_own_words(monkeypatch, capsys):
    def broken() -> Config:
        raise ConfigError("PORT must be a whole number, not 'eighty'.")

    monkeypatch.setattr(healthcheck, "config", broken)
    assert healthcheck.main(["web"]) == 1
    assert capsys.readouterr().err == "PORT must be a whole number, not 'eighty'.\n"
