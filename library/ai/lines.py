"""Who waits for a model, and who comes next: questions all together, books a part at a time and in turns."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from library.ai.spec import Kind, Vectors

MOST_TEXTS = 256  # in one request, and about as many in one batch of questions
PART = 64  # texts of a book at once: the next sender waits for so many
MOST_OF_A_SENDER = 4  # requests that wait
MOST_SENDERS = 64


class LineIsFull(Exception):
    """A sender of books has to wait outside, and ask again in a moment."""


@dataclass(eq=False)
class Wanted:
    """Texts of one request and where their vectors go. ``sender``: of a book; empty where a reader waits."""

    model: str
    kind: Kind
    texts: Sequence[str]
    vectors: asyncio.Future[Vectors]
    sender: str = ""
    taken: int = 0  # texts that were handed out
    made: list[Vectors] = field(default_factory=list)

    def take(self, most: int) -> tuple[Wanted, Sequence[str]]:
        """The next texts, ``most`` of them."""
        texts = self.texts[self.taken : self.taken + most]
        self.taken += len(texts)
        return self, texts

    @property
    def is_waiting(self) -> bool:
        """Whether there are more texts to take; not so where the client went away, or was told of a fault."""
        return self.taken < len(self.texts) and not self.vectors.done()


@dataclass(frozen=True)
class Batch:
    """What a model embeds at once: texts of one kind for one model, of one request or several."""

    parts: Sequence[tuple[Wanted, Sequence[str]]]

    @property
    def model(self) -> str:
        return self.parts[0][0].model

    @property
    def kind(self) -> Kind:
        return self.parts[0][0].kind

    @property
    def texts(self) -> list[str]:
        return [text for _wanted, texts in self.parts for text in texts]

    def give(self, vectors: Vectors) -> None:
        """Hand each request its part of ``vectors``, in the order of the texts."""
        start = 0
        for wanted, texts in self.parts:
            wanted.made.append(vectors[start : start + len(texts)])
            start += len(texts)
            if wanted.taken == len(wanted.texts) and not wanted.vectors.done():
                wanted.vectors.set_result(np.concatenate(wanted.made))

    def fail(self, fault: Exception) -> None:
        """Tell each request what broke."""
        for wanted, _texts in self.parts:
            if not wanted.vectors.done():  # done: the client went away
                wanted.vectors.set_exception(fault)


class WaitingLine(Protocol):
    """An order of who comes next."""

    def put(self, wanted: Wanted) -> None:
        """Errors: ``LineIsFull``."""
        ...

    def take(self) -> Batch | None:
        """What comes next; ``None`` where nobody waits."""
        ...


class QuestionLine:
    """First come, first served, and whoever asks for the same kind meanwhile comes along. It is never full."""

    def __init__(self) -> None:
        self._waiting: deque[Wanted] = deque()

    def put(self, wanted: Wanted) -> None:
        self._waiting.append(wanted)

    def take(self) -> Batch | None:
        parts = list(self._next())
        return Batch(parts) if parts else None

    def _next(self) -> Iterator[tuple[Wanted, Sequence[str]]]:
        staying: deque[Wanted] = deque()
        kind: Kind | None = None
        count = 0
        for wanted in self._waiting:
            if not wanted.is_waiting:
                continue
            if kind in (None, wanted.kind) and count < MOST_TEXTS:
                kind, count = wanted.kind, count + len(wanted.texts)
                yield wanted.take(len(wanted.texts))
            else:
                staying.append(wanted)
        self._waiting = staying


class BulkLine:
    """A part of each sender's first request in turn. Who has enough waiting here has to wait outside."""

    def __init__(self) -> None:
        self._senders: OrderedDict[str, deque[Wanted]] = OrderedDict()

    def put(self, wanted: Wanted) -> None:
        self._forget_who_left()
        theirs = self._senders.get(wanted.sender, ())
        if len(theirs) >= MOST_OF_A_SENDER or (not theirs and len(self._senders) >= MOST_SENDERS):
            raise LineIsFull
        self._senders.setdefault(wanted.sender, deque()).append(wanted)

    def take(self) -> Batch | None:
        self._forget_who_left()
        if not self._senders:
            return None
        sender, theirs = next(iter(self._senders.items()))
        self._senders.move_to_end(sender)
        return Batch([theirs[0].take(PART)])

    def _forget_who_left(self) -> None:
        for sender, theirs in list(self._senders.items()):
            staying = deque(wanted for wanted in theirs if wanted.is_waiting)
            if staying:
                self._senders[sender] = staying  # in its place
            else:
                del self._senders[sender]
