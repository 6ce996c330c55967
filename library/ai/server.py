"""The embedder: a small ASGI application that keeps the model and gathers what arrives together into one batch."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from library.ai.spec import Embedder, Kind, Vectors

log = logging.getLogger(__name__)
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MOST_TEXTS = 256  # in one request, and about as many in one batch
LONGEST_TEXT = 20_000  # characters; the model reads far less
LARGEST_BODY = 8 * 1024 * 1024
KINDS: dict[str, Kind] = {"query": "question", "passage": "passage"}  # by `input_type`


class BadRequest(Exception):
    """Input that cannot be embedded. ``status`` and the sentence go into OpenAI's error shape."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass
class Wanted:
    """Texts of one request and where their vectors go."""

    texts: list[str]
    vectors: asyncio.Future[Vectors]


class EmbedderApp:
    """``POST /v1/embeddings`` and ``GET /healthz`` over one model in one thread."""

    def __init__(self, embedders: Mapping[str, Embedder], *, on_ready: Callable[[], None] = lambda: None) -> None:
        self.embedders = embedders
        self.on_ready = on_ready
        self.batches = 0
        self._queues: dict[tuple[str, Kind], asyncio.Queue[Wanted]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        workers: list[asyncio.Task[None]] = []
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                for name, kind in product(self.embedders, KINDS.values()):
                    self._queues[name, kind] = asyncio.Queue()
                    workers.append(asyncio.create_task(self._work(name, kind)))
                await send({"type": "lifespan.startup.complete"})
                self.on_ready()
            else:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)
                self._thread.shutdown(wait=True, cancel_futures=True)
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _work(self, name: str, kind: Kind) -> None:
        """Take everything of one kind that waits, embed it as one batch, and hand each request its part."""
        queue = self._queues[name, kind]
        loop = asyncio.get_running_loop()
        while True:
            batch = [await queue.get()]
            await asyncio.sleep(0)  # let requests that arrived in the same moment join
            while not queue.empty() and sum(len(wanted.texts) for wanted in batch) < MOST_TEXTS:
                batch.append(queue.get_nowait())
            texts = [text for wanted in batch for text in wanted.texts]
            self.batches += 1
            try:
                vectors = await loop.run_in_executor(self._thread, self.embedders[name].embed, texts, kind)
            except Exception as fault:  # the requests get it; the worker must go on
                log.exception("A batch of %s texts broke", len(texts))
                for wanted in batch:
                    if not wanted.vectors.done():
                        wanted.vectors.set_exception(fault)
                continue
            start = 0
            for wanted in batch:
                if not wanted.vectors.done():  # done: the client went away
                    wanted.vectors.set_result(vectors[start : start + len(wanted.texts)])
                start += len(wanted.texts)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            status, body = await self._answer(scope, receive)
        except BadRequest as fault:
            status, body = fault.status, _error(str(fault), "invalid_request_error")
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
                return 200, {"status": "ok", "models": list(self.embedders), "batches": self.batches}
            case "POST", "/v1/embeddings":
                return 200, await self._embeddings(await _body(receive))
            case _, "/healthz" | "/v1/embeddings":
                raise BadRequest("This address does not take that method.", 405)
            case _:
                raise BadRequest("There is no such address.", 404)

    async def _embeddings(self, body: bytes) -> dict[str, Any]:
        model, texts, kind, as_base64 = parse(body, known=self.embedders)
        wanted = Wanted(texts, asyncio.get_running_loop().create_future())
        await self._queues[model, kind].put(wanted)
        vectors = await wanted.vectors
        rows = [
            {"object": "embedding", "index": index, "embedding": _encoded(vector, as_base64)}
            for index, vector in enumerate(vectors)
        ]
        words = sum(len(text.split()) for text in texts)  # close enough: nobody pays for a local model
        return {
            "object": "list",
            "data": rows,
            "model": model,
            "usage": {"prompt_tokens": words, "total_tokens": words},
        }


def parse(body: bytes, *, known: Mapping[str, Any]) -> tuple[str, list[str], Kind, bool]:
    """Model, texts, what they are and whether base64 is wanted, from a request's body. Errors: ``BadRequest``."""
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
    texts = [texts] if isinstance(texts, str) else texts
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise BadRequest("`input` must be a text or a list of texts that is not empty.")
    if len(texts) > MOST_TEXTS:
        raise BadRequest(f"`input` has {len(texts)} texts; at most {MOST_TEXTS} fit into one request.")
    if any(not text.strip() or len(text) > LONGEST_TEXT for text in texts):
        raise BadRequest(f"Each text must have between 1 and {LONGEST_TEXT} characters that are not all spaces.")
    return model, texts, KINDS[kind], encoding == "base64"


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
