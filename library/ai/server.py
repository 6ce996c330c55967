"""The embedder: a small ASGI application that keeps the models. Readers' questions never wait for books."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from library.ai.lanes import Lane
from library.ai.lines import MOST_TEXTS, BulkLine, LineIsFull, QuestionLine, Wanted
from library.ai.spec import Embedder, Kind, Vectors
from library.ai.wire import INPUT_TYPES

log = logging.getLogger(__name__)
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LONGEST_TEXT = 20_000  # characters; the model reads far less
LONGEST_NAME = 64  # characters, of a sender
BULK_NICENESS = 5  # as the slow worker, whose books these are
LARGEST_BODY = 8 * 1024 * 1024
KINDS: dict[str, Kind] = {name: kind for kind, name in INPUT_TYPES.items()}


class BadRequest(Exception):
    """Input that cannot be embedded. ``status`` and the sentence go into OpenAI's error shape."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


class EmbedderApp:
    """``POST /v1/embeddings`` and ``GET /healthz``.

    Each model answers questions in a thread of its own. Books (requests with a ``bulk_sender``) are embedded in
    another one by ``bulk``, other copies of the models: no question waits for a book.
    """

    def __init__(
        self,
        embedders: Mapping[str, Embedder],
        *,
        bulk: Mapping[str, Embedder] | None = None,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        self.embedders = embedders
        self.on_ready = on_ready
        self._questions = {name: Lane(QuestionLine(), embedders) for name in embedders}
        self._bulk = Lane(BulkLine(), bulk or embedders, niceness=BULK_NICENESS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    @property
    def lanes(self) -> list[Lane]:
        return [*self._questions.values(), self._bulk]

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        running: list[asyncio.Task[None]] = []
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                running += [asyncio.create_task(lane.run()) for lane in self.lanes]
                await send({"type": "lifespan.startup.complete"})
                self.on_ready()
            else:
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)
                for lane in self.lanes:
                    lane.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            status, body = await self._answer(scope, receive)
        except BadRequest as fault:
            status, body = fault.status, _error(str(fault), "invalid_request_error")
        except LineIsFull:
            sentence = "Enough of this sender's texts wait; try again in a second."
            status, body = 429, _error(sentence, "rate_limit_error")
        except Exception as fault:
            log.exception("An embeddings request broke: %s", fault)
            status, body = 500, _error("The texts could not be embedded.", "server_error")
        content = json.dumps(body).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, dict[str, Any]]:
        match scope["method"], scope["path"]:
            case "GET", "/healthz":
                return 200, {
                    "status": "ok",
                    "models": list(self.embedders),
                    "batches": sum(lane.batches for lane in self.lanes),
                }
            case "POST", "/v1/embeddings":
                return 200, await self._embeddings(parse(await _body(receive), known=self.embedders), receive)
            case _, "/healthz" | "/v1/embeddings":
                raise BadRequest("This address does not take that method.", 405)
            case _:
                raise BadRequest("There is no such address.", 404)

    async def _embeddings(self, asked: Asked, receive: Receive) -> dict[str, Any]:
        vectors: asyncio.Future[Vectors] = asyncio.get_running_loop().create_future()
        lane = self._bulk if asked.sender else self._questions[asked.model]
        lane.put(Wanted(asked.model, asked.kind, asked.texts, vectors, asked.sender))
        await _made_or_given_up(vectors, receive)
        rows = [
            {"object": "embedding", "index": index, "embedding": _encoded(vector, asked.as_base64)}
            for index, vector in enumerate(vectors.result())
        ]
        words = sum(len(text.split()) for text in asked.texts)  # close enough: nobody pays for a local model
        return {
            "object": "list",
            "data": rows,
            "model": asked.model,
            "usage": {"prompt_tokens": words, "total_tokens": words},
        }


@dataclass(frozen=True)
class Asked:
    """What a request asks for. ``sender``: who sends a book; empty where a reader waits."""

    model: str
    texts: list[str]
    kind: Kind
    as_base64: bool
    sender: str = ""


def parse(body: bytes, *, known: Mapping[str, Any]) -> Asked:
    """What is asked for, from a request's body. Errors: ``BadRequest``."""
    try:
        asked = json.loads(body)
    except ValueError:
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(asked, dict):
        raise BadRequest("The body must be an object with `model` and `input`.")
    model, texts, encoding = asked.get("model"), asked.get("input"), asked.get("encoding_format", "float")
    if not isinstance(model, str) or model not in known:
        raise BadRequest(f"`model` must be one of: {', '.join(known)}.", 404 if isinstance(model, str) else 400)
    if encoding not in ("float", "base64"):
        raise BadRequest("`encoding_format` must be float or base64.")
    kind = asked.get("input_type", "passage")
    if not isinstance(kind, str) or kind not in KINDS:
        raise BadRequest("`input_type` must be query or passage.")
    sender = asked.get("bulk_sender", "")
    if not isinstance(sender, str) or len(sender) > LONGEST_NAME:
        raise BadRequest(f"`bulk_sender` must be a name of at most {LONGEST_NAME} characters.")
    texts = [texts] if isinstance(texts, str) else texts
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise BadRequest("`input` must be a text or a list of texts that is not empty.")
    if len(texts) > MOST_TEXTS:
        raise BadRequest(f"`input` has {len(texts)} texts; at most {MOST_TEXTS} fit into one request.")
    if any(not text.strip() or len(text) > LONGEST_TEXT for text in texts):
        raise BadRequest(f"Each text must have between 1 and {LONGEST_TEXT} characters that are not all spaces.")
    return Asked(model, texts, KINDS[kind], encoding == "base64", sender)


async def _made_or_given_up(vectors: asyncio.Future[Vectors], receive: Receive) -> None:
    """Wait for the vectors; where the client goes away first, nobody computes what is left of them.

    Errors: whatever broke; ``BadRequest`` where the client is gone.
    """
    gone: asyncio.Future[Any] = asyncio.ensure_future(_gone(receive))
    waited_for: set[asyncio.Future[Any]] = {vectors, gone}
    try:
        await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
        if not vectors.done():
            raise BadRequest("The client went away.", 499)
    finally:
        gone.cancel()
        vectors.cancel()  # nothing happens to what is done
    vectors.result()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(receive: Receive) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("The client went away.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            raise BadRequest("The body is too large.", 413)
        more = message.get("more_body", False)
    return b"".join(parts)


def _encoded(vector: Vectors, as_base64: bool) -> str | list[float]:
    if as_base64:
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return [float(number) for number in np.asarray(vector)]


def _error(sentence: str, kind: str) -> dict[str, Any]:
    return {"error": {"message": sentence, "type": kind, "param": None, "code": None}}
