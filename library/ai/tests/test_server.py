"""The embedder's application by itself, over a model that only counts letters."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import numpy as np
import pytest

from library.ai import server
from library.ai.lines import MOST_OF_A_SENDER, MOST_TEXTS, PART
from library.ai.server import LONGEST_TEXT, Asked, BadRequest, EmbedderApp, parse
from library.ai.spec import Kind

KNOWN = {"small": None, "large": None}


class Letters:
    """Vectors that tell which text they are of: its length and its first letter."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.kinds: list[Kind] = []
        self.fault: Exception | None = None

    def embed(self, texts: Sequence[str], kind: Kind) -> Any:
        self.batches.append(list(texts))
        self.kinds.append(kind)
        if self.fault:
            raise self.fault
        return np.array([[len(text), ord(text[0])] for text in texts], dtype=np.float32)


Answer = tuple[int, dict[str, Any]]
Ask = Callable[..., Awaitable[Answer]]


async def exchange(app: EmbedderApp, method: str, path: str, *messages: dict[str, Any]) -> Answer:
    """One request; ``messages`` are what the client sends. Status and body."""
    coming, going = list(messages), []

    async def receive() -> dict[str, Any]:
        return coming.pop(0) if coming else await asyncio.Event().wait()  # type: ignore[return-value]  # never

    async def send(message: Any) -> None:
        going.append(message)

    await app({"type": "http", "method": method, "path": path}, receive, send)
    start, body = going
    headers = dict(start["headers"])
    assert headers[b"content-type"] == b"application/json"
    assert int(headers[b"content-length"]) == len(body["body"])
    return start["status"], json.loads(body["body"])


def running(
    work: Callable[[Ask], Awaitable[Any]],
    *models: Letters,
    bulk: Letters | None = None,
    on_ready: Callable[[], None] = lambda: None,
) -> Any:
    """What ``work`` gives, beside an application from its startup to its shutdown."""
    embedders = dict(zip(KNOWN, models or (Letters(),), strict=False))
    app = EmbedderApp(embedders, bulk={"small": bulk} if bulk else None, on_ready=on_ready)

    async def ask(body: Any = None, *, method: str = "POST", path: str = "/v1/embeddings") -> Answer:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await exchange(app, method, path, {"type": "http.request", "body": content})

    ask.app = app  # type: ignore[attr-defined]  # for who sends more than one message

    async def live() -> Any:
        told: list[str] = []
        ending = asyncio.Event()
        begun = asyncio.Event()
        signals = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive() -> dict[str, Any]:
            kind = next(signals)
            if kind == "lifespan.shutdown":
                await ending.wait()
            return {"type": kind}

        async def send(message: Any) -> None:
            told.append(message["type"])
            begun.set()

        life = asyncio.ensure_future(app({"type": "lifespan"}, receive, send))
        await begun.wait()
        try:
            return await work(ask)
        finally:
            ending.set()
            await life
            assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]

    return asyncio.run(asyncio.wait_for(live(), 20))


def asked(*texts: str, model: str = "small", **more: Any) -> dict[str, Any]:
    return {"model": model, "input": list(texts), **more}


# -- what is taken


@pytest.mark.parametrize(
    "text", ["x", "x" * LONGEST_TEXT, " x ", "אב", "\u200f\u0643\u062a\u0627\u0628", "鯨", "a\x00b"]
)
def test_a_text_of_any_writing_is_taken_as_it_is(text):
    assert parse(json.dumps(asked(text)).encode(), known=KNOWN) == Asked("small", [text], "passage", as_base64=False)


def test_one_text_may_stand_alone_and_as_many_as_there_is_room_for_in_a_list():
    assert parse(b'{"model": "large", "input": "x"}', known=KNOWN) == Asked("large", ["x"], "passage", as_base64=False)
    many = [str(number) for number in range(MOST_TEXTS)]
    assert parse(json.dumps(asked(*many)).encode(), known=KNOWN).texts == many


@pytest.mark.parametrize(("encoding", "is_packed"), [("float", False), ("base64", True)])
def test_the_form_of_the_vectors_is_said(encoding, is_packed):
    assert parse(json.dumps(asked("x", encoding_format=encoding)).encode(), known=KNOWN).as_base64 is is_packed


@pytest.mark.parametrize(
    ("said", "kind"), [({}, "passage"), ({"input_type": "passage"}, "passage"), ({"input_type": "query"}, "question")]
)
def test_texts_are_passages_unless_they_are_said_to_be_a_reader_s(said, kind):
    assert parse(json.dumps(asked("x", **said)).encode(), known=KNOWN).kind == kind


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (b"", 400, "The body is not JSON."),
        (b"\xff\xfe", 400, "The body is not JSON."),
        (b'"small"', 400, "The body must be an object with `model` and `input`."),
        (b"[]", 400, "The body must be an object with `model` and `input`."),
        (b"{}", 400, "`model` must be one of: small, large."),
        (asked("x", model="huge"), 404, "`model` must be one of: small, large."),
        ({"model": None, "input": "x"}, 400, "`model` must be one of: small, large."),
        (asked("x", encoding_format=None), 400, "`encoding_format` must be float or base64."),
        (asked("x", input_type="document"), 400, "`input_type` must be query or passage."),
        (asked("x", input_type=None), 400, "`input_type` must be query or passage."),
        (asked("x", input_type=["query"]), 400, "`input_type` must be query or passage."),
        (asked("x", bulk_sender=7), 400, "`bulk_sender` must be a name of at most 64 characters."),
        (asked("x", bulk_sender="x" * 65), 400, "`bulk_sender` must be a name of at most 64 characters."),
        (asked(), 400, "`input` must be a text or a list of texts that is not empty."),
        ({"model": "small", "input": ["x", 1]}, 400, "`input` must be a text or a list of texts that is not empty."),
        ({"model": "small", "input": {"a": "x"}}, 400, "`input` must be a text or a list of texts that is not empty."),
        (asked(*["x"] * (MOST_TEXTS + 1)), 400, "`input` has 257 texts; at most 256 fit into one request."),
        (asked("x", "\u2003\n"), 400, "Each text must have between 1 and 20000 characters that are not all spaces."),
        (
            asked("x" * (LONGEST_TEXT + 1)),
            400,
            "Each text must have between 1 and 20000 characters that are not all spaces.",
        ),
    ],
)
def test_what_cannot_be_embedded_is_refused_in_a_sentence(body, status, sentence):
    with pytest.raises(BadRequest) as refusal:
        parse(body if isinstance(body, bytes) else json.dumps(body).encode(), known=KNOWN)
    assert (str(refusal.value), refusal.value.status) == (sentence, status)


# -- what is answered


def test_vectors_come_in_the_order_of_the_texts_in_openai_s_shape():
    async def work(ask: Ask) -> Answer:
        return await ask(asked("whale", "a b c"))

    status, body = running(work)
    assert status == 200
    assert [row["index"] for row in body["data"]] == [0, 1]
    assert [row["embedding"] for row in body["data"]] == [[5.0, 119.0], [5.0, 97.0]]
    assert (body["object"], body["model"], body["usage"]["total_tokens"]) == ("list", "small", 4)


def test_packed_vectors_are_little_endian_floats():
    async def work(ask: Ask) -> Answer:
        return await ask(asked("whale", encoding_format="base64"))

    _status, body = running(work)
    assert base64.b64decode(body["data"][0]["embedding"]) == np.array([5, 119], dtype="<f4").tobytes()


def test_each_model_answers_for_itself():
    small, large = Letters(), Letters()

    async def work(ask: Ask) -> Any:
        await asyncio.gather(ask(asked("one")), ask(asked("two", model="large")))
        return (await ask(method="GET", path="/healthz"))[1]

    assert running(work, small, large) == {"status": "ok", "models": ["small", "large"], "batches": 2}
    assert (small.batches, large.batches) == ([["one"]], [["two"]])


def test_what_comes_together_is_one_batch_and_everybody_gets_their_own():
    model = Letters()

    async def work(ask: Ask) -> list[Answer]:
        return await asyncio.gather(*(ask(asked(text, text + "!")) for text in ("a", "bb", "ccc")))

    found = [[row["embedding"][0] for row in body["data"]] for _status, body in running(work, model)]
    assert found == [[1, 2], [2, 3], [3, 4]]
    assert sum(map(len, model.batches)) == 6
    assert len(model.batches) < 3


def test_questions_and_passages_are_never_in_one_batch():
    model = Letters()

    async def work(ask: Ask) -> list[Answer]:
        said = [{"input_type": "query"}, {"input_type": "passage"}] * 2
        return await asyncio.gather(*(ask(asked("x" * n, **more)) for n, more in enumerate(said, start=1)))

    found = [body["data"][0]["embedding"][0] for _status, body in running(work, model)]
    assert found == [1, 2, 3, 4]
    texts = sorted(zip(model.kinds, model.batches, strict=True))
    assert texts == [("passage", ["xx", "xxxx"]), ("question", ["x", "xxx"])]


def test_a_batch_is_full_at_some_time():
    model = Letters()

    async def work(ask: Ask) -> Any:
        return await asyncio.gather(*(ask(asked(*["x"] * 200)) for _ in range(3)))

    assert [status for status, _body in running(work, model)] == [200] * 3
    assert max(map(len, model.batches)) <= 400  # who was under way when there was room is taken whole


def test_a_batch_that_breaks_is_told_to_all_of_it_and_the_next_is_answered(caplog):
    model = Letters()
    model.fault = RuntimeError("out of memory")

    async def work(ask: Ask) -> tuple[list[Answer], Answer]:
        broken = await asyncio.gather(ask(asked("one")), ask(asked("two")))
        model.fault = None
        return list(broken), await ask(asked("three"))

    broken, well = running(work, model)
    told = {"message": "The texts could not be embedded.", "type": "server_error", "param": None, "code": None}
    assert broken == [(500, {"error": told})] * 2
    assert well[0] == 200
    assert "out of memory" in caplog.text


def test_who_goes_away_while_their_texts_are_embedded_disturbs_nobody():
    model = Letters()

    async def work(ask: Ask) -> Answer:
        gone = asyncio.ensure_future(ask(asked("gone")))
        await asyncio.sleep(0)
        staying = asyncio.ensure_future(ask(asked("staying")))
        await asyncio.sleep(0)
        gone.cancel()
        return await staying

    status, body = running(work, model)
    assert (status, body["data"][0]["embedding"][0]) == (200, 7)


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("POST", "/healthz", 405, "This address does not take that method."),
        ("DELETE", "/v1/embeddings", 405, "This address does not take that method."),
        ("GET", "/", 404, "There is no such address."),
        ("POST", "/v1/embeddings/", 404, "There is no such address."),
    ],
)
def test_other_addresses_and_methods_are_refused_in_words(method, path, status, sentence):
    async def work(ask: Ask) -> Answer:
        return await ask(method=method, path=path)

    found, body = running(work)
    assert (found, body["error"]["message"], body["error"]["type"]) == (status, sentence, "invalid_request_error")


def test_a_body_may_come_in_pieces_and_one_that_is_too_large_is_read_no_further(monkeypatch):
    monkeypatch.setattr(server, "LARGEST_BODY", 64)
    app = EmbedderApp({"small": Letters()})

    def piece(content: bytes, *, more: bool) -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": more}

    async def send_all() -> list[Answer]:
        half = b'{"model": "none", '
        whole = await exchange(
            app, "POST", "/v1/embeddings", piece(half, more=True), piece(b'"input": ""}', more=False)
        )
        large = await exchange(app, "POST", "/v1/embeddings", piece(b"x" * 64, more=True), piece(b"x", more=True))
        gone = await exchange(app, "POST", "/v1/embeddings", piece(half, more=True), {"type": "http.disconnect"})
        return [whole, large, gone]

    answers = asyncio.run(send_all())
    assert [(status, body["error"]["message"]) for status, body in answers] == [
        (404, "`model` must be one of: small."),
        (413, "The body is too large."),
        (400, "The client went away."),
    ]


def test_it_says_that_it_is_ready_once_it_answers():
    ready: list[str] = []

    async def work(ask: Ask) -> Answer:
        assert ready == ["ready"]
        return await ask(method="GET", path="/healthz")

    assert running(work, on_ready=lambda: ready.append("ready"))[0] == 200


# -- books beside questions


class Held(Letters):
    """A model that is in the middle of a batch until ``go``. ``begun``: it has taken one."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = threading.Event(), threading.Event()

    def embed(self, texts: Sequence[str], kind: Kind) -> Any:
        self.begun.set()
        assert self.go.wait(10)
        return super().embed(texts, kind)


async def begun(model: Held) -> None:
    assert await asyncio.to_thread(model.begun.wait, 10)


def test_a_question_is_answered_while_a_book_is_in_the_middle_of_a_batch():
    book, question = Held(), Letters()

    async def work(ask: Ask) -> list[int]:
        sent = asyncio.ensure_future(ask(asked(*["page"] * 200, bulk_sender="one")))
        await begun(book)
        found = await ask(asked("who?", input_type="query"))
        assert not sent.done()
        book.go.set()
        return [found[0], (await sent)[0]]

    assert running(work, question, bulk=book) == [200, 200]
    assert question.batches == [["who?"]]
    assert [len(batch) for batch in book.batches] == [PART, PART, PART, 200 - 3 * PART]


def test_vectors_of_a_book_come_in_its_order_whatever_else_is_embedded_meanwhile():
    async def work(ask: Ask) -> list[Answer]:
        texts = ["x" * n for n in range(1, 150)]
        return await asyncio.gather(*(ask(asked(*texts, bulk_sender=name)) for name in ("one", "two")))

    for status, body in running(work):
        assert status == 200
        assert [row["embedding"][0] for row in body["data"]] == list(range(1, 150))


def test_who_sends_more_than_enough_is_asked_to_come_again_and_questions_never_are():
    book = Held()

    async def work(ask: Ask) -> tuple[Answer, list[int]]:
        sent = [asyncio.ensure_future(ask(asked("first", bulk_sender="one")))]
        await begun(book)
        for _ in range(MOST_OF_A_SENDER):
            sent.append(asyncio.ensure_future(ask(asked("next", bulk_sender="one"))))
            await asyncio.sleep(0)
        refused = await ask(asked("too many", bulk_sender="one"))
        questions = await asyncio.gather(*(ask(asked("who?")) for _ in range(3 * MOST_OF_A_SENDER)))
        book.go.set()
        return refused, [status for status, _body in [*questions, *await asyncio.gather(*sent)]]

    refused, others = running(work, Letters(), bulk=book)
    assert refused[0] == 429
    assert refused[1]["error"]["message"] == "Enough of this sender's texts wait; try again in a second."
    assert set(others) == {200}


def test_what_is_left_of_a_book_whose_sender_is_gone_is_not_embedded():
    book = Held()

    async def work(ask: Ask) -> Answer:
        body = json.dumps(asked(*["page"] * 200, bulk_sender="one")).encode()
        left = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if body and not receiving:
                receiving.append(True)
                return {"type": "http.request", "body": body}
            await left.wait()
            return {"type": "http.disconnect"}

        receiving: list[bool] = []
        sent = asyncio.ensure_future(ask.app(HTTP, receive, nowhere))  # type: ignore[attr-defined]  # set by `running`
        await begun(book)
        left.set()
        await sent
        book.go.set()
        return await ask(asked("another", bulk_sender="two"))

    assert running(work, bulk=book)[0] == 200
    assert [len(batch) for batch in book.batches] == [PART, 1], "the part in hand, and the next sender's"


HTTP = {"type": "http", "method": "POST", "path": "/v1/embeddings"}


async def nowhere(message: Any) -> None:
    """What is said to who is gone."""


def test_a_book_s_batch_that_breaks_is_told_once_and_the_next_book_is_embedded(caplog):
    book = Letters()
    book.fault = RuntimeError("out of memory")

    async def work(ask: Ask) -> list[int]:
        first = await ask(asked(*["page"] * 200, bulk_sender="one"))
        book.fault = None
        return [first[0], (await ask(asked("page", bulk_sender="two")))[0]]

    assert running(work, bulk=book) == [500, 200]
    assert [len(batch) for batch in book.batches] == [PART, 1], "what is left of the broken one is not tried"
