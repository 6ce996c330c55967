"""Staff measure one request; nobody's answer suffers from it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory

from library.core.measuring import profiles, profiling

STAFF = SimpleNamespace(is_authenticated=True, is_staff=True)
READER = SimpleNamespace(is_authenticated=True, is_staff=False)
NOBODY = SimpleNamespace(is_authenticated=False, is_staff=False)


@pytest.fixture(autouse=True)
def var(settings, tmp_path) -> Path:
    settings.VAR = tmp_path
    return Path(tmp_path)


@pytest.fixture(autouse=True)
def _free():
    """Whatever a test did, the next one may measure; and none leaves the lock behind."""
    yield
    assert profiling._one.acquire(blocking=False), "a profile was never closed"
    profiling._one.release()


def slow_part() -> int:
    return sum(range(1000))


def answer(_request: Any) -> HttpResponse:
    slow_part()
    return HttpResponse("all of it")


def ask(
    view: Callable[[Any], HttpResponseBase] = answer, /, *, user: Any = STAFF, query: str = "", **headers: str
) -> Any:
    request: Any = RequestFactory().get(f"/ask/{query}", headers=headers)
    request.user = user
    return profiling.ProfilingMiddleware(view)(request)


def measured() -> str:
    (one,) = profiles.kept()
    return profiles.hot_spots(one, top=50)


@pytest.mark.parametrize("asked", [{"query": "?profile=1"}, {"X-Profile": "1"}])
def test_staff_have_a_request_measured(asked: Any):
    response = ask(answer, **asked)

    assert response.content == b"all of it"
    assert response["X-Profile"] == profiles.kept()[0].name
    assert "slow_part" in measured()


@pytest.mark.parametrize("user", [READER, NOBODY])
def test_nobody_else_does(user):
    response = ask(user=user, query="?profile=1", **{"X-Profile": "1"})

    assert response.content == b"all of it"
    assert "X-Profile" not in response
    assert profiles.kept() == []


@pytest.mark.parametrize("query", ["", "?profile=0", "?profile="])
def test_nothing_is_measured_that_nobody_asked_for(query):
    assert "X-Profile" not in ask(query=query)
    assert profiles.kept() == []


def test_of_two_at_once_the_second_goes_unmeasured_and_says_so():
    inside, go_on = threading.Event(), threading.Event()
    answers: list[HttpResponse] = []

    def waits(_request: Any) -> HttpResponse:
        inside.set()
        assert go_on.wait(30)
        return HttpResponse("first")

    first = threading.Thread(target=lambda: answers.append(ask(waits, query="?profile=1")))
    first.start()
    assert inside.wait(30)
    second = ask(query="?profile=1")
    go_on.set()
    first.join()

    assert (second.content, second["X-Profile"]) == (b"all of it", "busy")
    assert answers[0].content == b"first"
    assert answers[0]["X-Profile"].endswith(".prof")
    assert "slow_part" not in measured(), "the second's calls are in the first one's profile"


def test_where_something_else_measures_already_the_answer_comes_all_the_same(monkeypatch):
    class Taken:
        def enable(self) -> None:
            raise ValueError("Another profiling tool is already active")

    monkeypatch.setattr("cProfile.Profile", Taken)
    response = ask(query="?profile=1")

    assert (response.content, response["X-Profile"]) == (b"all of it", "unavailable")
    assert profiles.kept() == []


def test_a_view_that_breaks_breaks_as_ever_and_lets_the_next_one_in():
    def broken(_request: Any) -> HttpResponse:
        raise LookupError("ours")

    with pytest.raises(LookupError, match="ours"):
        ask(broken, query="?profile=1")

    assert ask(query="?profile=1")["X-Profile"].endswith(".prof")


def pieces() -> Iterator[bytes]:
    for number in range(3):
        slow_part()
        yield b"%d" % number


@pytest.mark.django_db  # closing a response looks after connections
def test_a_stream_is_measured_piece_by_piece():
    response = ask(lambda _request: StreamingHttpResponse(pieces()), query="?profile=1")
    assert profiles.kept() == [], "it has not ended"
    assert ask(query="?profile=1")["X-Profile"] == "busy"

    assert b"".join(response) == b"012"
    response.close()
    assert [path.name for path in profiles.kept()] == [response["X-Profile"]]
    assert "slow_part" in measured()


@pytest.mark.django_db  # closing a response looks after connections
@pytest.mark.parametrize("taken", [0, 1])
def test_a_stream_that_nobody_hears_to_its_end_lets_the_next_one_in(taken):
    response = ask(lambda _request: StreamingHttpResponse(pieces()), query="?profile=1")
    for _piece in range(taken):
        next(iter(response))
    response.close()

    assert ask(query="?profile=1")["X-Profile"].endswith(".prof")


@pytest.mark.django_db  # closing a response looks after connections
def test_a_file_comes_whole_and_is_closed(tmp_path):
    (tmp_path / "book.txt").write_bytes(b"word " * 5000)
    file = (tmp_path / "book.txt").open("rb")
    response = ask(lambda _request: FileResponse(file), query="?profile=1")

    assert b"".join(response) == b"word " * 5000
    response.close()
    assert file.closed


def test_a_stream_of_the_event_loop_is_left_as_it_is():
    async def events() -> AsyncIterator[bytes]:
        yield b"data: 1\n\n"

    response = ask(lambda _request: StreamingHttpResponse(events()), query="?profile=1")

    async def heard() -> list[bytes]:
        return [piece async for piece in response]

    assert asyncio.run(heard()) == [b"data: 1\n\n"]
    assert response["X-Profile"] == profiles.kept()[0].name, "up to the first piece it is measured"


def test_a_disk_that_takes_nothing_costs_the_profile_alone(settings, tmp_path):
    (tmp_path / "file").write_text("in the way")
    settings.VAR = tmp_path / "file"

    assert ask(query="?profile=1").content == b"all of it"
    assert profiles.kept() == []


def test_only_the_newest_are_kept(monkeypatch):
    monkeypatch.setattr(profiles, "KEPT", 3)
    names = [ask(query="?profile=1")["X-Profile"] for _time in range(5)]

    assert [path.name for path in profiles.kept()] == names[:1:-1]
    assert not list(profiles.folder().glob("*.half"))


def test_the_command_prints_the_hot_spots_of_the_newest_or_the_named_one():
    first = ask(query="?profile=1")["X-Profile"]
    ask(lambda _request: HttpResponse(), query="?profile=1")

    assert "slow_part" not in _said()
    assert "slow_part" in _said(first)
    assert "slow_part" in _said(first[:20], "--by=whole", "--top=50")
    assert _said("--list").split() == [path.name for path in profiles.kept()]


def test_the_command_says_what_is_missing(var):
    assert "No request has been measured yet" in _said("--list")
    with pytest.raises(CommandError, match="No request has been measured yet"):
        _said()
    ask(query="?profile=1")
    with pytest.raises(CommandError, match="No profile of that name"):
        _said("19")


@pytest.mark.parametrize("rubbish", [b"", b"rubbish", b"\xfb\x00", b"N", b"i\x01\x00\x00\x00"])
def test_a_file_that_is_no_profile_is_told_as_one(rubbish):
    profiles.folder().mkdir()
    (profiles.folder() / "2026.prof").write_bytes(rubbish)

    with pytest.raises(CommandError, match="holds no profile"):
        _said()


def _said(*given: str) -> str:
    heard = StringIO()
    call_command("hot_spots", *given, stdout=heard)
    return heard.getvalue()
