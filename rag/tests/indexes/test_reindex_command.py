"""``manage.py reindex``."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.tests.factories import make_book
from library.jobs.models import Job
from rag import queries
from rag.indexes import rebuilding
from rag.models import Document, Rebuild
from rag.tests.factories import live_generation, make_digital_book, make_indexed_book, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the command waits, a worker works."""
    monkeypatch.setattr("rag.management.commands.reindex.time.sleep", lambda seconds: work())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(*arguments: Any, out: io.StringIO | None = None) -> str:
    out = out or io.StringIO()
    call_command("reindex", *arguments, stdout=out, stderr=out)
    return out.getvalue()


@pytest.mark.usefixtures("worker")
def test_books_are_read_anew_and_it_waits_for_them():
    one, two = make_indexed_book(title="One"), make_digital_book(title="Two")
    old = live_generation(one)
    said = run(one.pk, two.pk)
    assert f"{one.pk} One: done" in said
    assert f"{two.pk} Two: done" in said
    assert live_generation(one) != old


@pytest.mark.usefixtures("worker")
def test_progress_is_shown_in_a_terminal_only():
    book = make_indexed_book(title="One")
    said = run(book.pk, out=Terminal())
    assert "\r" in said
    assert "waiting for a worker" in said
    assert "\r" not in run(book.pk)


@pytest.mark.usefixtures("worker")
def test_what_cannot_be_read_is_told_and_the_command_fails():
    book, broken, paper = make_indexed_book(), make_digital_book(b"%PDF-1.7\n"), make_book(title="Paper")
    out = io.StringIO()
    with pytest.raises(CommandError, match="2 of 3 books could not be read"):
        run(book.pk, broken.pk, paper.pk, out=out)
    assert f"{paper.pk} Paper: This book has no digital file" in out.getvalue()
    assert "failed" in out.getvalue()


def test_it_need_not_wait():
    book = make_indexed_book()
    assert "1 books will be read" in run(book.pk, "--no-wait")
    assert Job.objects.open().filter(kind="index").count() == 1


def test_ctrl_c_stops_the_jobs(monkeypatch):
    book = make_indexed_book()
    old = live_generation(book)

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rag.management.commands.reindex.time.sleep", interrupt)
    with pytest.raises(CommandError, match="Stopped"):
        run(book.pk)
    assert not Job.objects.open().filter(kind="index").exists()
    assert live_generation(book) == old


@pytest.mark.usefixtures("worker")
def test_all_books_with_a_file():
    one, two, _paper = make_indexed_book(), make_digital_book(), make_book()
    run("--all")
    assert live_generation(one)
    assert live_generation(two)
    assert Document.objects.count() == 2


def test_indexes_are_deleted(monkeypatch):
    one, two = make_indexed_book(), make_indexed_book()
    assert "1 books were deleted" in run(one.pk, "--delete")
    assert queries.index_state(one).state == "none"
    assert "no index" in run(one.pk, "--delete")
    monkeypatch.setattr("builtins.input", lambda prompt: "no")
    with pytest.raises(CommandError, match="Nothing was deleted"):
        run("--all", "--delete")
    assert queries.index_state(two).state == "ready"
    run("--all", "--delete", "--no-input")
    assert queries.index_state(two).state == "none"


def test_unknown_books_and_wishes_that_exclude_each_other_are_refused():
    with pytest.raises(CommandError, match="no book 999999"):
        run(999_999)
    with pytest.raises(CommandError, match="one of"):
        run("--all", "--stale")


def test_without_a_book_it_says_how_all_stand(settings):
    make_indexed_book()
    assert "Every index is by tiny-6 (6)" in run()
    settings.EMBEDDING_MODEL = "tiny-8"
    assert "1 of 1 books answers from an index that was not made by tiny-8 (8)" in run()


@pytest.mark.usefixtures("worker")
def test_what_another_model_made_is_gone_on_with(settings):
    book = make_indexed_book()
    assert "Every index is by tiny-6 (6)" in run("--stale")
    settings.EMBEDDING_MODEL = "tiny-8"
    assert "Every index is by tiny-8 (8)" in run("--stale")
    assert live_generation(book).model == "tiny-8"


def test_rebuilding_is_stopped(settings):
    make_indexed_book()
    assert "Nothing is being rebuilt" in run("--stop")
    settings.EMBEDDING_MODEL = "tiny-8"
    rebuilding.check()
    assert "is being stopped" in run("--stop")
    assert Rebuild.objects.get().state == "cancelled"
    assert "was stopped" in run()
