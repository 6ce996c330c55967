"""The web process with its sockets, in a thread of the test: real uvicorn, real Redis, real database."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from websockets.sync.client import ClientConnection, connect

from accounts.models import Tier
from library.core.errors import LibraryError
from library.live import feeds, nudges, sockets, switchboard
from tests.stack import eventually, free_port

SAID: list[str] = []  # what the feed of these tests has to tell
CLOSED = "closed"


class Gone(LibraryError):
    code = "gone"
    message = "It is gone."
    status = 404


def topic(user: Any) -> str:
    return f"scribble:{user.pk}"


def since(user: Any, *, after: str) -> list[feeds.FeedEntry]:
    if "gone" in SAID:
        raise Gone
    first = int(after or 0)
    found = list(enumerate(SAID, 1))[first : first + 3]
    return [feeds.FeedEntry(str(number), {"word": word}, is_last=word == "the end") for number, word in found]


def shout(user: Any, *, message: dict[str, Any]) -> dict[str, Any] | None:
    word = message.get("word")
    return {"word": word.upper()} if word else None


SCRIBBLE = feeds.Feed(
    code="scribble",
    app="tests",
    route="scribble/",
    topic=f"{__name__}.topic",
    since=f"{__name__}.since",
    at_once=3,
    takes={"shout": f"{__name__}.shout"},
)


class Server:
    """The web process."""

    def __init__(self) -> None:
        from library import asgi
        from library.live import application

        self.port = free_port()
        self.url = f"127.0.0.1:{self.port}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                application.BesideHttp(http=asgi.pages, sockets=application.application()),
                port=self.port,
                lifespan="off",
                log_config=None,
                ws_max_size=16384,
                ws_per_message_deflate=False,
                ws_ping_interval=0.5,
                ws_ping_timeout=0.5,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        eventually(lambda: self._server.started, seconds=20)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)

    def open(self, path: str, *, cookies: str = "", origin: str | None = None, ticket: str = "") -> ClientConnection:
        """A browser's socket, or with a ticket a program's. ``origin``: of another page than ours."""
        headers = {"Cookie": cookies} if cookies else {}
        if not ticket:
            headers["Origin"] = f"http://{self.url}" if origin is None else origin
        mark = "&" if "?" in path else "?"
        address = f"ws://{self.url}/ws/{path}" + (f"{mark}ticket={ticket}" if ticket else "")
        return connect(
            address, additional_headers=headers, open_timeout=20, ping_interval=None, compression=None, legacy=True
        )


@pytest.fixture
def server(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Quicker than it is in truth, so that a test need not wait: a second is a tenth of one."""
    Tier.objects.get_or_create(code="reader", defaults={"name": "Reader"})
    SAID.clear()
    kept = dict(feeds._feeds)
    feeds._feeds["scribble"] = SCRIBBLE
    for module, name, seconds in (
        (switchboard, "TICK", 0.1),
        (switchboard, "RIGHTS_EVERY", 0.3),
        (switchboard, "LOOK_EVERY_DEAF", 0.5),
        (sockets, "GAP", 0.02),
        (sockets, "PAUSE", 0.2),
    ):
        monkeypatch.setattr(module, name, seconds)
    running = Server()
    running.start()
    yield running
    running.stop()
    feeds._feeds.clear()
    feeds._feeds.update(kept)


def session_of(client: Any) -> str:
    """The header that a browser sends which is signed in as the test client is."""
    return f"sessionid={client.cookies['sessionid'].value}"


def heard(socket: ClientConnection, *, seconds: float = 10) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(timeout=seconds))
    return message


def say(user: Any, *words: str) -> None:
    """Something new to tell, and the nudge of its commit."""
    SAID.extend(words)
    nudges.nudge(topic(user))
