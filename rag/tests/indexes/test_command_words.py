"""What ``ask``, ``reindex`` and ``try_files`` print, and how they end."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.tests.factories import make_book
from library.jobs.models import Job
from rag.indexes import rebuilding
from rag.indexes.trial import Trial
from rag.management.commands import try_files
from rag.models import Document, IndexGeneration
from rag.tests.factories import give_file
from rag.tests.texts import make_text

KRILL = "Blue whales eat krill in the cold sea all summer long."
MEGABYTE = 1024**2


def run(*arguments: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=out, **options)
    return out.getvalue()


@pytest.fixture
def model(tiny: Any, settings: Any) -> Any:
    settings.EMBEDDING_MODELS = {**settings.EMBEDDING_MODELS, "tiny-256": tiny.model(256) | {"threshold": 0.4}}
    settings.EMBEDDING_MODEL = "tiny-256"
    return tiny


# -- ask -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.usefixtures("model")
def test_answer_is_printed_with_its_passages_scores_and_sources():
    document = make_text([KRILL, "Rain fell all day long on the old mill."], is_public=False)
    said = run("ask", document.book_id, "What do blue whales eat in the sea?").splitlines()
    assert re.match(r"p\. 1 +0\.\d{3}  ", said[0])
    assert said[0].endswith(f"{KRILL}…")
    assert said[1].startswith("p. 2 ")
    assert said[2:4] == ["", f"{KRILL} [1]"]
    assert said[4].startswith("[1] p. 1 (0.")
    assert said[4].endswith(f"/books/{document.book_id}/pages/1/?mark=0-{len(KRILL)}#mark")
    assert said[5] == "Written now (extractive)."
    again = run("ask", document.book_id, "What do blue whales eat in the sea?")
    assert again.splitlines()[-1] == "From the cache."


@pytest.mark.django_db
@pytest.mark.usefixtures("model")
def test_refusal_is_printed_and_is_no_failure():
    document = make_text([KRILL])
    said = run("ask", document.book_id, "Who won the football cup?")
    assert "The book does not say." in said
    assert "[1]" not in said


@pytest.mark.django_db
@pytest.mark.usefixtures("model")
def test_as_many_passages_are_printed_as_asked_for():
    document = make_text([KRILL, "Rain fell.", "Nobody came."])
    assert run("ask", document.book_id, "What do blue whales eat in the sea?", num_chunks=2).count("p. ") == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("question", "options", "why"),
    [
        ("", {}, "Ask a question of 1 to 1000 characters."),
        ("Why?", {"num_chunks": 21}, "Between 1 and 20 passages can be asked for."),
    ],
)
def test_question_that_is_none_ends_the_command_with_a_sentence(model, question, options, why):
    with pytest.raises(CommandError, match=why):
        run("ask", make_text([KRILL]).book_id, question, **options)


@pytest.mark.django_db
def test_with_the_embedder_away_passages_found_by_words_are_printed_and_it_is_said(model):
    document = make_text([KRILL])
    model.is_broken = True
    said = run("ask", document.book_id, "What do whales eat?")
    assert said.startswith("p. 1 ")
    assert "words alone" in said
    assert "Written now" not in said


@pytest.mark.django_db
@pytest.mark.usefixtures("model")
def test_hidden_book_can_be_asked_by_who_runs_the_machine():
    document = make_text([KRILL], is_suppressed=True, is_public=False)
    assert "krill" in run("ask", document.book_id, "What do blue whales eat in the sea?")


# -- reindex ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("wishes", [["--all", "--stop"], ["--stale", "7"], ["--all", "7"], ["--stop", "--stale"]])
def test_wishes_that_exclude_each_other_are_refused_before_anything_happens(wishes):
    make_text([KRILL])
    with pytest.raises(CommandError, match="Name books, or one of"):
        run("reindex", *wishes)
    assert not Job.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("tiny")
def test_every_book_that_is_missing_is_named_and_none_is_read():
    book = make_book()
    give_file(book, b"x")
    with pytest.raises(CommandError, match="There is no book 999998, 999999"):
        run("reindex", 999_998, book.pk, 999_999, no_wait=True)
    assert not Job.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("tiny")
def test_book_that_is_named_twice_is_read_once():
    book = make_book()
    give_file(book, b"x")
    assert "1 books will be read by a worker." in run("reindex", book.pk, book.pk, no_wait=True)
    assert Job.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("tiny")
def test_books_without_a_file_are_counted_as_refused():
    one, two = make_book(title="One"), make_book(title="Two")
    give_file(two, b"x")
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 2 books could not be read"):
        call_command("reindex", str(one.pk), str(two.pk), no_wait=True, stdout=out, stderr=out)
    assert f"{one.pk} One: This book has no digital file that could be read." in out.getvalue()
    assert "1 books will be read by a worker." in out.getvalue()


@pytest.mark.django_db
@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(("typed", "is_deleted"), [("yes", True), (" yes ", True), ("YES", False), ("", False)])
def test_indexes_of_all_are_deleted_by_a_whole_word_alone(monkeypatch, typed, is_deleted):
    make_text([KRILL]), make_text(["Rain fell."])
    asked: list[str] = []

    def type_in(prompt: str) -> str:
        asked.append(prompt)
        return str(typed)

    monkeypatch.setattr("builtins.input", type_in)
    if is_deleted:
        assert "The indexes of 2 books were deleted." in run("reindex", all=True, delete=True)
    else:
        with pytest.raises(CommandError, match="Nothing was deleted"):
            run("reindex", all=True, delete=True)
    assert IndexGeneration.objects.exists() is not is_deleted
    assert asked == ["Delete the indexes of all 2 books? Type yes: "]


@pytest.mark.django_db
@pytest.mark.usefixtures("tiny")
def test_all_means_every_book_with_a_file_or_an_index_once():
    both = make_text([KRILL])
    assert both.book is not None
    give_file(both.book, b"x")
    only_file, _paper = make_book(), make_book()
    give_file(only_file, b"y")
    assert "2 books will be read by a worker." in run("reindex", all=True, no_wait=True)


@pytest.mark.django_db
@pytest.mark.usefixtures("tiny")
def test_job_that_is_gone_while_it_is_watched_counts_as_unread(monkeypatch):
    book = make_book()
    give_file(book, b"x")
    monkeypatch.setattr("rag.management.commands.reindex.time.sleep", lambda _: Job.objects.all().delete())
    with pytest.raises(CommandError, match="1 of 1 books could not be read"):
        run("reindex", book.pk)


@pytest.mark.django_db
@pytest.mark.usefixtures("tiny")
def test_ctrl_c_ends_with_the_code_of_an_interrupt(monkeypatch):
    book = make_book()
    give_file(book, b"x")

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rag.management.commands.reindex.time.sleep", interrupted)
    with pytest.raises(CommandError) as ended:
        run("reindex", book.pk)
    assert ended.value.returncode == 130


@pytest.mark.django_db
@pytest.mark.usefixtures("tiny")
def test_ctrl_c_stops_the_rebuilding_of_all(monkeypatch):
    make_text([KRILL])

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rag.management.commands.reindex.time.sleep", interrupted)
    with pytest.raises(CommandError) as ended:
        run("reindex", stale=True)
    assert ended.value.returncode == 130
    assert rebuilding.standing().is_stopped


@pytest.mark.django_db
@pytest.mark.usefixtures("tiny")
def test_without_a_wish_it_counts_what_can_be_asked_and_what_was_deleted():
    make_text([KRILL]), make_text(["Rain fell."])
    deleted = make_text(["Nobody came."])
    run("reindex", deleted.book_id, delete=True)
    assert "2 books can be asked; the indexes of 1 were deleted." in run("reindex")
    assert Document.objects.count() == 3


# -- try_files -------------------------------------------------------------------------------------------------------


def listed(path: Path, folder: Path) -> dict[str, bytes]:
    return {name: file.read_bytes() for name, file in try_files.files_of(path, folder)}


def test_file_folder_and_archive_stand_for_their_files(tmp_path):
    shelf, empty = tmp_path / "shelf", tmp_path / "empty"
    (shelf / "deep").mkdir(parents=True)
    empty.mkdir()
    (shelf / "b.txt").write_bytes(b"two")
    (shelf / "deep" / "a.txt").write_bytes(b"one")
    assert list(listed(shelf, empty)) == ["b.txt", "deep/a.txt"]
    assert listed(shelf / "b.txt", empty) == {"b.txt": b"two"}
    with tarfile.open(tmp_path / "shelf.tar.gz", "w:gz") as archive:
        archive.add(shelf, "shelf")
    with zipfile.ZipFile(tmp_path / "shelf.zip", "w") as packed:
        packed.write(shelf / "b.txt", "inner/b.txt")
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    assert set(listed(tmp_path / "shelf.tar.gz", tmp_path / "one")) == {"shelf/b.txt", "shelf/deep/a.txt"}
    assert listed(tmp_path / "shelf.zip", tmp_path / "two") == {"inner/b.txt": b"two"}


def test_epub_is_a_book_and_no_archive_and_so_is_what_only_calls_itself_one(tmp_path):
    with zipfile.ZipFile(tmp_path / "whales.epub", "w") as packed:
        packed.writestr("mimetype", "application/epub+zip")
    (tmp_path / "broken.zip").write_bytes(b"no archive")
    assert list(listed(tmp_path / "whales.epub", tmp_path)) == ["whales.epub"]
    assert listed(tmp_path / "broken.zip", tmp_path) == {"broken.zip": b"no archive"}


GOOD = Trial("good.pdf", pages=4, passages=9, seconds=1.5, reader_memory=60 * MEGABYTE, worker_memory=90 * MEGABYTE)
BAD = Trial(
    "bad.pdf", "failed", "file_empty", "The file is empty.", seconds=2.25, reader_memory=120 * MEGABYTE, worker_memory=1
)


def test_each_file_has_a_line():
    assert try_files.sentence(GOOD) == "ready    good.pdf: 4 pages, 9 passages · 1.5 s, 60 MB read, 90 MB worker"
    assert try_files.sentence(BAD) == "failed   bad.pdf: The file is empty. · 2.25 s, 120 MB read, 0 MB worker"
    noted = Trial("x", pages=1, note="Page 1 could not be read.")
    assert "1 pages, 0 passages (Page 1 could not be read.) ·" in try_files.sentence(noted)


def test_all_together_have_a_summary_with_the_worst_of_each_cost():
    assert try_files.summary([]) == "No file."
    assert try_files.summary([GOOD, BAD, GOOD]) == (
        "3 files: 1 failed file_empty, 2 ready. 8 pages, 18 passages. Slowest: bad.pdf, 2.25 s. "
        "Most memory: bad.pdf, 120 MB."
    )


def test_every_path_that_is_none_is_named_and_nothing_is_tried(tmp_path):
    with pytest.raises(CommandError) as ended:
        run("try_files", tmp_path / "gone.pdf", tmp_path, tmp_path / "lost.pdf")
    assert str(ended.value) == f"There is no {tmp_path / 'gone.pdf'}, no {tmp_path / 'lost.pdf'}."


def test_empty_folder_has_no_file(tmp_path):
    assert run("try_files", tmp_path) == "No file.\n"
