"""What the reading process and its worker say to each other, in one process and without a file."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import asdict
from typing import IO, Any

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import errors
from rag.ingest.layout import listings, paragraphs
from rag.ingest.layout.order import rows
from rag.ingest.model.raw import Facts, PageLine, PageWord, RawPage, page_of, unpacked
from rag.ingest.sandbox import faults, frames, limits, reader
from rag.ingest.sandbox.frames import LENGTHS, Malformed
from rag.ingest.sandbox.reader import FileRefused
from rag.ingest.structure import titles

values_ = st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=5), st.none()), max_size=3)


@given(st.lists(st.tuples(values_, st.binary(max_size=40)), max_size=4), st.integers(1, 50))
def test_frames_come_out_as_they_went_in_however_the_pipe_parts_them(sent, step):
    stream = b"".join(frames.frame(values, body) for values, body in sent)
    buffer, came = bytearray(), []
    for start in range(0, len(stream), step):
        buffer += stream[start : start + step]
        while (found := frames.taken(buffer)) is not None:
            came.append(found)
    assert came == sent
    assert buffer == b""


def test_frame_of_the_longest_allowed_length_is_waited_for_and_a_longer_one_is_none(monkeypatch):
    monkeypatch.setattr(frames, "MOST_BYTES", 100)
    assert frames.taken(bytearray(LENGTHS.pack(2, 98))) is None
    with pytest.raises(Malformed):
        frames.taken(bytearray(LENGTHS.pack(2, 99)))
    with pytest.raises(Malformed):
        frames.received(io.BytesIO(LENGTHS.pack(2, 99)))


def test_request_is_received_whole_or_not_at_all():
    whole = frames.frame({"do": "open"})
    assert frames.received(io.BytesIO(whole)) == {"do": "open"}
    for cut in range(len(whole)):
        assert frames.received(io.BytesIO(whole[:cut])) is None


@pytest.mark.parametrize("head", [b"[]", b"7", b'"do"', b"{", b"\xff\xfe", b"null"])
def test_what_is_no_object_is_no_frame(head):
    framed = LENGTHS.pack(len(head), 0) + head
    with pytest.raises(Malformed):
        frames.received(io.BytesIO(framed))
    with pytest.raises(Malformed):
        frames.taken(bytearray(framed))


class Source:
    """A file of pages that are given, or faults."""

    def __init__(self, *pages: RawPage | Exception) -> None:
        self.pages = pages
        self.facts = Facts(pages=len(pages), title="On Whales")

    def read(self, number: int) -> RawPage:
        page = self.pages[number - 1]
        if isinstance(page, Exception):
            raise page
        return page


def page(*words: str) -> RawPage:
    line = PageLine([PageWord(word, 0, 0, 1, 1) for word in words], 10)
    return RawPage(595, 842, "iv", "text", [line] if words else [], ["turned"])


@pytest.fixture(autouse=True)
def _limits_of_the_tests_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process must go on after it."""
    monkeypatch.setattr(limits, "allow_seconds", lambda seconds: None)
    monkeypatch.setattr(limits, "end_threads", lambda: None)


def served(source: Any, *requests: dict[str, Any]) -> list[tuple[dict[str, Any], bytes]]:
    """All answers to ``requests``, as the worker takes them."""

    def opener(file: IO[bytes], settings: dict[str, Any]) -> Any:
        file.close()
        if isinstance(source, BaseException):
            raise source
        return source

    answers = io.BytesIO()
    with open(__file__, "rb") as file:
        settings = {"file": file.fileno(), "open_seconds": 1, "page_seconds": 1}
        asked = io.BytesIO(b"".join(map(frames.frame, requests)))
        reader.serve(opener, settings, asked, answers)
    buffer, came = bytearray(answers.getvalue()), []
    while (found := frames.taken(buffer)) is not None:
        came.append(found)
    return came


OPEN = {"do": "open"}


def test_file_is_opened_and_its_pages_come_in_the_order_asked_for():
    first, *pages = served(Source(page("a", "b"), page("c")), OPEN, {"do": "read", "pages": [2, 1]})
    assert first[0]["facts"] == asdict(Facts(pages=2, title="On Whales")) | {"outline": [], "notes": [], "missing": []}
    assert [(values["page"], values["words"]) for values, _ in pages] == [(2, 1), (1, 2)]
    assert unpacked(pages[1][1]) == page("a", "b")
    values = pages[0][0]
    assert (values["label"], values["source"], values["width"], values["height"], values["notes"]) == (
        "iv",
        "text",
        595,
        842,
        ["turned"],
    )
    assert all(values["peak"] > 0 for values, _ in (first, *pages))


@pytest.mark.parametrize(
    ("fault", "code", "values"),
    [
        (FileRefused("file_encrypted"), "file_encrypted", {}),
        (FileRefused("too_many_pages", pages=9, most=3), "too_many_pages", {"pages": 9, "most": 3}),
        (RuntimeError("cannot find startxref"), "file_broken", {}),
        (RuntimeError("malloc (99 bytes) failed"), "file_bomb", {}),
        (MemoryError(), "file_bomb", {}),
        (RecursionError("too deep"), "file_broken", {}),
    ],
)
def test_file_that_cannot_be_opened_says_why_and_has_no_pages(fault, code, values):
    (only,) = served(fault, OPEN, {"do": "read", "pages": [1]})
    assert (only[0]["refused"], only[0]["values"]) == (code, values)


def test_what_is_missing_here_is_not_the_files_fault():
    with pytest.raises(ImportError):
        served(ImportError("pymupdf"), OPEN)


def test_page_that_is_asked_for_before_the_file_is_open_has_no_answer():
    assert served(Source(page("a")), {"do": "read", "pages": [1]}) == []


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (RuntimeError("bad page"), "broken"),
        (MemoryError(), "too_large"),
        (ValueError("Alloc failed"), "too_large"),
        (IndexError(), "broken"),
    ],
)
def test_page_that_cannot_be_read_costs_itself_alone(fault, why):
    _, lost, fine = served(Source(fault, page("a")), OPEN, {"do": "read", "pages": [1, 2]})
    assert ({name: lost[0][name] for name in ("page", "lost")}, lost[1]) == ({"page": 1, "lost": why}, b"")
    assert fine[0]["words"] == 1


def test_page_that_cannot_be_packed_is_our_mistake():
    odd = page("a")
    odd.notes = [object()]  # type: ignore[list-item]
    _, lost = served(Source(odd), OPEN, {"do": "read", "pages": [1]})
    assert "not JSON serializable" in lost[0]["fault"]


def raised(act: Callable[[], object]) -> BaseException:
    with pytest.raises(Exception) as fault:
        act()
    return fault.value


def blundering(content: bytes) -> None:
    zipfile.ZipFile(io.BytesIO(content))


@pytest.mark.parametrize(
    "act",
    [
        lambda: rows([None]),  # type: ignore[list-item]
        lambda: page_of([1], []),
        lambda: paragraphs.lines([None]),  # type: ignore[list-item]
        lambda: listings.indent([]),
        lambda: titles.folded(None),  # type: ignore[arg-type]
    ],
)
def test_plain_exception_in_our_own_code_is_our_mistake(act):
    fault = raised(act)
    assert faults.is_ours(fault)
    assert "Traceback" in faults.told(fault)


@pytest.mark.parametrize(
    "act",
    [
        lambda: blundering(b"no archive"),
        lambda: pymupdf.open("pdf", b"no file"),
        lambda: pymupdf.open("pdf", b"%PDF-1.4").load_page(7),
        lambda: zlib.decompress(b"<a>"),
        lambda: int("seven"),
    ],
    ids=["zip", "pdf", "page", "zlib", "test"],
)
def test_what_libraries_raise_is_not(act):
    assert not faults.is_ours(raised(act))


@pytest.mark.parametrize("fault", [MemoryError(), OSError("gone"), RuntimeError("never raised"), ValueError("nowhere")])
def test_want_of_memory_and_what_was_raised_nowhere_are_not(fault):
    assert not faults.is_ours(fault)


def test_what_a_file_says_beside_its_pages_is_cut():
    long = page("a")
    long.label, long.notes = "x" * 99, ["n"] * 99
    _, (values, _) = served(Source(long), OPEN, {"do": "read", "pages": [1]})
    assert (len(values["label"]), len(values["notes"])) == (20, 20)


@pytest.mark.parametrize(
    ("why", "kind"),
    [
        ("too_slow", errors.FileTooSlow),
        ("too_large", errors.FileBomb),
        ("crashed", errors.FileCrashesReader),
        ("", errors.FileCrashesReader),
    ],
)
def test_death_of_the_process_is_told_in_a_sentence(why, kind):
    refusal = errors.of_death(why)
    assert type(refusal) is kind
    assert str(refusal.detail).endswith(".")


@pytest.mark.parametrize(
    ("code", "values", "kind"),
    [
        ("file_empty", {}, errors.FileEmpty),
        ("file_empty", None, errors.FileEmpty),
        ("file_empty", ["7"], errors.FileEmpty),
        ("no_such_code", {}, errors.FileBroken),
        ("file_missing", {}, errors.FileBroken),
        ("too_many_pages", {"pages": 9, "most": 3}, errors.TooManyPages),
        ("too_many_pages", {"pages": "9", "most": 3.7}, errors.TooManyPages),
        ("too_many_pages", {"pages": 9}, errors.FileBroken),
        ("too_many_pages", {}, errors.FileBroken),
    ],
)
def test_refusal_is_one_of_ours_whatever_the_process_says(code, values, kind):
    assert type(errors.of_code(code, values)) is kind


def test_numbers_stand_in_the_sentence_and_nothing_else_that_was_said():
    refusal = errors.of_code("too_many_pages", {"pages": 9, "most": 3, "code": "<b>", "detail": "x"})
    assert refusal.detail == "The file has 9 pages; the library indexes at most 3. Split it into volumes."
