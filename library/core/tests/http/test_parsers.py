"""Bodies of API requests: JSON of any honest shape is read as it was written, everything else is refused in words."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from library.core.http.parsers import DEEPEST, BoundedJSONParser, depth

NOT_JSON, TOO_DEEP, TOO_LARGE = "The body is not JSON.", "The body is nested too deeply.", "The body is too large."
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


def read(body: bytes, encoding: str | None = None) -> Any:
    context = {} if encoding is None else {"encoding": encoding}
    return BoundedJSONParser().parse(io.BytesIO(body), "application/json", context)


def refusal(body: bytes, encoding: str | None = None) -> str:
    with pytest.raises(ParseError) as refused:
        read(body, encoding)
    return str(refused.value.detail)


def nested(times: int, opens: str = "[", closes: str = "]") -> bytes:
    return (opens * times + closes * times).encode()


def height(value: Any) -> int:
    """How deep a value is nested, counted on the value itself."""
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(height, value), default=0) if isinstance(value, list) else 0


@given(values, st.booleans())
def test_what_was_written_is_read(value, is_plain):
    text = json.dumps(value, ensure_ascii=is_plain)
    assert read(text.encode("utf-8")) == value


@given(values)
def test_only_brackets_that_nest_are_counted(value):
    assert depth(json.dumps(value)) == height(value)
    assert depth(json.dumps(value, ensure_ascii=False, indent=1)) == height(value)


@pytest.mark.parametrize(
    ("text", "deepest"),
    [
        ("", 0),
        ('"[[["', 0),
        ('["\\"[[", "]"]', 1),
        ('{"[": {"]": 1}}', 2),
        ("]]][", 0),
        ("[][][]", 1),
        ('"unended [[', 0),
    ],
)
def test_brackets_within_strings_are_letters(text, deepest):
    assert depth(text) == deepest


@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a":', "}")])
def test_as_deep_as_may_be_is_read_and_one_deeper_is_not(opens, closes):
    inner = "1" if opens != "[" else ""
    fits = (opens * DEEPEST + inner + closes * DEEPEST).encode()
    assert height(read(fits)) == DEEPEST
    assert refusal((opens * (DEEPEST + 1) + inner + closes * (DEEPEST + 1)).encode()) == TOO_DEEP


def test_depth_is_looked_at_before_anything_is_built():
    assert refusal(b"[" * 100_000) == TOO_DEEP
    assert refusal(nested(DEEPEST + 1) + b"and no JSON") == TOO_DEEP


def test_a_body_as_large_as_may_be_is_read_and_one_byte_more_is_not(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 12
    assert read(b'"' + b"x" * 10 + b'"') == "x" * 10
    assert refusal(b'"' + b"x" * 11 + b'"') == TOO_LARGE
    assert refusal('"ééééé"'.encode() + b" ") == TOO_LARGE  # bytes are counted, not letters


def test_of_a_body_that_is_too_large_no_more_is_taken_in_than_it_needs_to_know_that(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    stream = io.BytesIO(b"x" * 10_000)
    with pytest.raises(ParseError):
        BoundedJSONParser().parse(stream)
    assert stream.tell() == 11


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 1} {"b": 2}',
        b"NaN",
        b'{"a": Infinity}',
        b"[-Infinity]",
        b"undefined",
        b"\xff\xfe",
        b'"\xc3"',  # half a letter
        b'"\\ud83d"',  # half a pair
        b'{"\\udc00": 1}',
        b'["deep", {"in": "\\ud800x"}]',
        b'"a\nb"',
        b"01",
    ],
)
def test_what_is_no_json_is_refused_in_a_sentence(body):
    assert refusal(body) == NOT_JSON


@pytest.mark.parametrize(
    "text",
    ['"\\ud83d\\ude00"', '"😀"', '"\u202eمرحبا"', '"\\u0000"', '"कि"', "[1e400, 0.1, -0]", "null", '{"a": 1, "a": 2}'],
)
def test_json_that_is_only_strange_is_read_like_any(text):
    assert read(text.encode()) == json.loads(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "latin-1"])
def test_the_encoding_that_is_named_is_believed(encoding):
    assert read('{"é": "ü"}'.encode(encoding), encoding) == {"é": "ü"}


@pytest.mark.parametrize("encoding", ["no-such-encoding", "utf-99", "", "base64", "rot13", "undefined"])
def test_an_encoding_that_is_none_is_no_fault_of_ours(encoding):
    assert refusal(b'{"a": 1}', encoding) == NOT_JSON
