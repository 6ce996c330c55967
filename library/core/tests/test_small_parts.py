"""Parts of a few lines that others lean on: log lines, messages to workers, tiles, what is left out of memory."""

from __future__ import annotations

import importlib
import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from library.core import languages, tiles
from library.core.background import wake
from library.core.companions import left_out
from library.core.faults.circuit_breaker import Breaker
from library.core.forms import PASTED_AT_MOST, take_as_pasted
from library.core.logs.quiet import Quiet
from library.core.logs.secrets import without_secrets

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


# -- log lines


def quiet(message: str, *values: object, name: str = "library", level: int = logging.ERROR) -> str:
    record = logging.LogRecord(name, level, "x.py", 1, message, values, None)
    assert Quiet().filter(record)
    return record.getMessage()


@pytest.mark.parametrize("word", ["DETAIL", "CONTEXT", "QUERY", "HINT", "STATEMENT", "LINE 1"])
def test_what_the_database_says_of_a_row_is_left_out(word):
    said = f'duplicate key value violates "user_email"\n{word}:  Key (email)=(ada@example.org) exists.\nand so on'
    assert quiet("Broke: %s", said) == 'Broke: duplicate key value violates "user_email"\nand so on'


def test_lines_that_belong_to_it_are_left_out_as_well_and_those_after_it_are_not():
    said = "syntax error\nLINE 1: SELECT 'ada@example.org\n               ^\n\tmore of it\nTraceback follows"
    assert quiet(said) == "syntax error\nTraceback follows"


@pytest.mark.parametrize("line", ["The DETAIL: of a book", "detail: x", "Nothing\nto DETAIL: hide", "a 100 % share"])
def test_words_of_our_own_stay(line):
    assert quiet(line) == line


def test_values_stay_in_their_places():
    assert quiet("%s of %d %%", "half", 2) == "half of 2 %"


def test_celery_s_warnings_are_one_line_and_everybody_else_s_stay_as_they_are():
    assert quiet("a\n  b", name="celery.worker", level=logging.WARNING) == "a b"
    assert quiet("a\n  b", name="celery.worker", level=logging.ERROR) == "a\n  b"
    assert quiet("a\n  b", name="library.celery", level=logging.WARNING) == "a\n  b"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("GET /calendar/abc.def.ics 200", "GET /calendar/… 200"),
        ('"/accounts/invitation/abc/?next=/x" 404', '"/accounts/invitation/…/?…" 404'),
        ("/accounts/invitation/a-b_c/accept/", "/accounts/invitation/…/accept/"),
        ("two: /calendar/a /calendar/b", "two: /calendar/… /calendar/…"),
        ("/catalogue/?q=my%20illness HTTP/1.1", "/catalogue/?… HTTP/1.1"),
        ("/catalogue/? HTTP/1.1", "/catalogue/? HTTP/1.1"),
        ("is it here? q=yes", "is it here? q=yes"),
        ("/calendar/", "/calendar/"),
        ("/books/1/", "/books/1/"),
        ("", ""),
    ],
)
def test_addresses_that_open_doors_and_what_was_searched_for_are_cut(line, kept):
    assert without_secrets(line) == kept


@given(st.text(max_size=60))
def test_a_line_that_was_cut_is_cut_to_its_end(line):
    assert without_secrets(without_secrets(line)) == without_secrets(line)


# -- messages to workers


class Broker:
    """In the place of the Celery application."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.fault: Exception | None = None

    def send_task(self, name: str, **options: Any) -> None:
        if self.fault:
            raise self.fault
        self.sent.append((name, options))


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    made = Broker()
    monkeypatch.setattr(wake, "application", lambda: made)
    settings.WAKE_SECONDS = 10.0
    monkeypatch.setattr(wake, "REDIS", Breaker("Redis"))
    return made


def test_a_message_is_sent_once_with_what_it_says_and_never_repeated(broker):
    assert wake.wake("send_letters", args=["7"], countdown=5) is True
    assert broker.sent == [("send_letters", {"retry": False, "args": ["7"], "countdown": 5})]


def test_a_broker_that_refuses_costs_nobody_their_work_and_is_asked_on(broker, caplog):
    broker.fault = ConnectionError("redis://me:hush@host refused")
    assert wake.wake("send_letters") is False
    assert "No wake-up could be sent for send_letters: ConnectionError" in caplog.text
    assert "hush" not in caplog.text
    broker.fault = None
    assert wake.wake("send_letters") is True


# -- tiles


TILE = tiles.Tile("Loans", 3, "/loans/")  # type: ignore[arg-type]  # as good as a translated word
counted: list[datetime] = []


def count(at: datetime) -> list[tiles.Tile]:
    counted.append(at)
    return [TILE]


class Viewer:
    def __init__(self, *permissions: str) -> None:
        self.permissions = permissions

    def has_perm(self, name: str) -> bool:
        return name in self.permissions


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "_sources", {})
    counted.clear()


def source(code: str, app: str = "jobs", *, order: int = 1, permission: str = "see") -> tiles.TileSource:
    return tiles.TileSource(code, app, permission, order, f"{__name__}.count")


def test_only_what_somebody_may_see_is_counted_and_for_the_moment_that_is_asked_for(sources):
    tiles.register(source("loans"))
    tiles.register(source("debts", permission="see_debts"))
    assert tiles.tiles(Viewer(), at=NOW) == []
    assert counted == []
    assert tiles.tiles(Viewer("see"), at=NOW) == [TILE]
    assert counted == [NOW]


def test_an_app_may_say_its_own_anew_and_no_other_s(sources):
    tiles.register(source("loans"))
    tiles.register(source("loans", order=2))
    with pytest.raises(ValueError, match="The tiles loans belong to jobs"):
        tiles.register(source("loans", "rag"))
    assert len(tiles.tiles(Viewer("see"), at=NOW)) == 1


# -- what is left out of memory


def test_what_is_left_out_cannot_be_imported_inside_and_can_afterwards():
    sys.modules.pop("wave", None)
    with left_out("wave"):
        with pytest.raises(ImportError):
            importlib.import_module("wave")
    assert importlib.import_module("wave").open


def test_what_was_there_before_stays_and_comes_to_no_harm():
    with left_out("json"):
        assert importlib.import_module("json") is json
    assert sys.modules["json"] is json


def test_a_fault_inside_leaves_nothing_out_for_ever():
    sys.modules.pop("wave", None)
    with pytest.raises(ZeroDivisionError), left_out("wave"):
        raise ZeroDivisionError
    assert importlib.import_module("wave").open


# -- numbers that are pasted


class NumberForm(forms.Form):
    number = forms.CharField(max_length=13)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        take_as_pasted(self.fields["number"])


@pytest.mark.parametrize(("length", "is_taken"), [(13, True), (14, True), (200, True), (201, False)])
def test_a_pasted_number_may_be_longer_than_what_is_kept_of_it(length, is_taken):
    form = NumberForm({"number": "9" * length})
    assert form.is_valid() is is_taken
    if not is_taken:
        assert form.errors == {"number": ["Ensure this value has at most 200 characters (it has 201)."]}
    assert f'maxlength="{PASTED_AT_MOST}"' in str(form["number"])


def test_other_rules_of_the_field_stay():
    form = NumberForm({"number": "978\x000"})
    assert not form.is_valid()
    with pytest.raises(ValidationError):
        NumberForm().fields["number"].clean("")


# -- languages


@given(st.text(max_size=50) | st.from_regex(r"[a-zA-Z]{2,3}([-_][A-Za-z0-9]{1,8}){0,2}", fullmatch=True))
def test_a_code_that_is_kept_is_kept_again_as_it_is(text):
    kept = languages.canonical(text)
    if kept is not None:
        assert languages.canonical(kept) == kept
        assert languages.word(kept)
        assert languages.canonical(f" {text.upper()} ") == kept or len(text) > languages.LONGEST - 2


def test_every_language_that_has_a_name_has_a_code_that_is_kept():
    found = languages.names()
    assert len(found) > 400
    assert {code for code in found.values() if languages.canonical(code) != code} == set()
    assert (found["German"], found["Deutsch"]) == ("de", "de")
