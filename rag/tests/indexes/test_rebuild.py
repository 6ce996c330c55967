"""Another model or another way of cutting: everything is indexed anew beside what answers, which then gives way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connection
from django.utils import timezone

from accounts.tests.factories import make_librarian
from catalog.models import BookFile
from library.jobs import services as jobs
from library.jobs import turns
from library.jobs.models import Job
from library.jobs.tasks import JobRun, perform
from rag import errors, queries, recipes, services
from rag.indexes import generation_build, rebuilding, reports, spaces
from rag.ingest import build
from rag.ingest.passages import cut
from rag.models import Document, GenerationState, IndexGeneration, Passage, Rebuild, VectorSpace
from rag.tests import pdfs
from rag.tests.factories import ask_book, give_file, index, live_generation, make_digital_book, make_indexed_book, work
from rag.tests.tiny import TinyServer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
QUESTION = "Why does bread rise because yeast turns sugar into carbon dioxide?"


def models(*books: Any) -> list[str]:
    """The models that the books answer by."""
    return [live_generation(book).model for book in books]


def answers(book: Any) -> bool:
    """Whether the book answers a question, from the model of its index that is really asked."""
    return ask_book(book, question=QUESTION, viewer=make_librarian()).supported


@pytest.fixture
def books() -> list[Any]:
    return [make_indexed_book() for _ in range(3)]


def change_model(settings: Any, to: str = "tiny-8") -> Rebuild | None:
    settings.EMBEDDING_MODEL = to
    return rebuilding.check()


def test_nothing_is_rebuilt_where_nothing_changed(books):
    assert rebuilding.check() is None
    assert not Rebuild.objects.exists()
    assert not reports.sentence(rebuilding.standing())


def test_all_books_go_over_to_another_model_in_one_step(books, settings):
    old = {book.pk: live_generation(book) for book in books}
    assert change_model(settings) is not None
    assert Job.objects.open().filter(kind="index").count() == 1, "one document at a time"
    seen: list[list[str]] = []

    def watched(run: JobRun) -> None:
        seen.append(models(*books))
        assert answers(books[0])
        generation_build.build_index(run)
        assert answers(books[0])

    assert [job.state for job in work(watched)] == ["done"] * 3
    assert seen == [["tiny-6"] * 3] * 3
    assert models(*books) == ["tiny-8"] * 3
    assert Rebuild.objects.get().state == "done"
    assert answers(books[0])
    rebuilding.check()
    assert not IndexGeneration.objects.filter(pk__in=[generation.pk for generation in old.values()]).exists()
    assert IndexGeneration.objects.count() == 3
    assert [space.model for space in VectorSpace.objects.all()] == ["tiny-8"], "nothing needs the old space any more"
    assert Rebuild.objects.count() == 1


def test_two_models_stand_side_by_side_and_nothing_compares_their_vectors(books, settings, tiny):
    change_model(settings)
    perform(Job.objects.get(kind="index", state="queued").pk, generation_build.build_index)
    dimensions = Passage.objects.order_by().values_list("space__dimensions", "space__model").distinct()
    assert sorted(dimensions) == [(6, "tiny-6"), (8, "tiny-8")]
    assert models(*books) == ["tiny-6"] * 3
    tiny.texts.clear()
    with_vectors: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if "<#>" in sql:
            with_vectors.append(str(params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        assert answers(books[0])
    assert tiny.texts["tiny-8"] == 0, "the question is embedded by the model of the index that answers"
    assert tiny.texts["tiny-6"] > 0
    assert with_vectors
    assert all(str(live_generation(books[0]).pk) in said for said in with_vectors)


def test_pages_are_not_read_again_for_another_model(books, settings, monkeypatch):
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("the file was opened")

    said = [page.text for page in live_generation(books[0]).pages.all()]
    monkeypatch.setattr(BookFile.file.field.attr_class, "open", refuse)
    change_model(settings)
    assert [job.state for job in work()] == ["done"] * 3
    assert [page.text for page in live_generation(books[0]).pages.all()] == said


def test_new_book_is_not_kept_waiting(books, settings):
    change_model(settings)
    new = make_digital_book()
    services.start_index(book=new, by=None)
    order: list[Any] = []

    def watched(run: JobRun) -> None:
        order.append(Document.objects.get(pk=run.job.subject_id).book)
        generation_build.build_index(run)
        if order[-1] == new:
            assert models(new, *books) == ["tiny-8", *["tiny-6"] * 3]

    work(watched)
    assert order[1] == new, "behind the one in hand, before the rest"
    assert models(new, *books) == ["tiny-8"] * 4


def test_new_file_answers_at_once(books, settings):
    change_model(settings)
    give_file(books[2], pdfs.as_bytes(pdfs.book(repeat=2)))
    services.start_index(book=books[2], by=None)
    work(lambda run: generation_build.build_index(run))
    assert queries.index_state(books[2]).pages == 8
    assert models(*books) == ["tiny-8"] * 3


def test_file_replaced_after_it_was_made_anew(books, settings):
    change_model(settings)
    work_one()
    first = Document.objects.get(generations__model="tiny-8").book
    assert first is not None
    give_file(first, pdfs.as_bytes(pdfs.book(repeat=2)))  # nobody said so
    work()
    assert models(*books).count("tiny-8") == 2
    rebuilding.check()
    work()
    assert models(*books) == ["tiny-8"] * 3
    assert queries.index_state(first).pages == 8


def work_one() -> Job:
    job = Job.objects.filter(kind="index", state="queued").earliest("created_at")
    perform(job.pk, generation_build.build_index)
    return job


def test_book_whose_file_is_gone_keeps_its_index_and_staff_are_told(books, settings, monkeypatch):
    monkeypatch.setattr(cut, "CHUNKER", "another/1")
    BookFile.objects.filter(book=books[1]).update(file="books/gone.pdf")
    change_model(settings)
    assert sorted(job.state for job in work()) == ["done", "done", "failed"]
    assert models(*books) == ["tiny-8", "tiny-6", "tiny-8"]
    state = queries.index_state(books[1])
    assert (state.state, state.stale) == ("ready", True)
    assert "gone" in state.error
    assert answers(books[1])
    assert "1 could not be read again" in reports.sentence(rebuilding.standing())
    assert rebuilding.check() is None, "what failed is not tried for ever"
    assert sorted(VectorSpace.objects.values_list("model", flat=True)) == ["tiny-6", "tiny-8"]
    assert rebuilding.resume(by=None) is not None, "but again when somebody asks"
    assert [job.state for job in work()] == ["failed"]


def test_stopped_rebuilding_stays_stopped_and_goes_on_where_it_was(books, settings):
    librarian = make_librarian()
    change_model(settings)
    work_one()
    assert rebuilding.stop(by=librarian) is not None
    assert not Job.objects.open().filter(kind="index").exists()
    assert rebuilding.check() is None
    assert work() == []
    assert models(*books) == ["tiny-6"] * 3
    assert "stopped" in reports.sentence(rebuilding.standing())
    assert rebuilding.stop(by=librarian) is None
    assert rebuilding.resume(by=librarian) is not None
    assert [job.state for job in work()] == ["done"] * 2, "what was ready is not made again"
    assert models(*books) == ["tiny-8"] * 3
    assert rebuilding.resume(by=librarian) is None


def test_second_change_during_a_rebuilding_overtakes_it(books, settings, tiny):
    settings.EMBEDDING_MODELS = {**settings.EMBEDDING_MODELS, "tiny-10": tiny.model(10)}
    change_model(settings)
    work_one()
    change_model(settings, "tiny-10")
    work()
    assert models(*books) == ["tiny-10"] * 3
    assert list(Rebuild.objects.order_by("created_at").values_list("state", flat=True)) in (
        ["superseded", "done"],
        ["done"],
    )
    rebuilding.check()
    assert IndexGeneration.objects.count() == 3
    assert [space.model for space in VectorSpace.objects.all()] == ["tiny-10"]


def test_change_that_is_taken_back_leaves_all_as_it_was(books, settings):
    before = [live_generation(book) for book in books]
    change_model(settings)
    work_one()
    assert change_model(settings, "tiny-6") is None
    work()
    rebuilding.check()
    assert [live_generation(book) for book in books] == before
    assert IndexGeneration.objects.count() == 3
    assert [space.model for space in VectorSpace.objects.all()] == ["tiny-6"]
    assert change_model(settings) is not None, "and may be made again: nobody stopped it"


def test_another_way_of_cutting_goes_over_book_by_book(books, monkeypatch):
    monkeypatch.setattr(cut, "CHUNKER", "another/1")
    assert rebuilding.check() is not None
    work_one()
    assert "; 1 of 3 books are done." in reports.sentence(rebuilding.standing())
    assert sorted(live_generation(book).chunker for book in books) == sorted(
        ["another/1", *[old.chunker for old in IndexGeneration.objects.exclude(chunker="another/1")]]
    )
    work()
    assert {live_generation(book).chunker for book in books} == {"another/1"}
    assert Rebuild.objects.get().state == "done"


@pytest.mark.parametrize("step", ["begin", "make_passages", "publish"])
def test_killed_worker_loses_nothing(books, settings, monkeypatch, step):
    change_model(settings)
    real = getattr(generation_build, step)

    def dying(made: build.Build) -> None:
        real(made)
        raise KeyboardInterrupt  # nothing catches it, as nothing catches kill -9

    with monkeypatch.context() as patched:
        patched.setattr(generation_build, step, dying)
        with pytest.raises(KeyboardInterrupt):
            work_one()
    assert models(*books) == ["tiny-6"] * 3
    rebuilding.check()
    in_hand = rebuilding.in_hand(rebuilding.outdated(recipes.wanted()))
    assert in_hand.count() == (1 if step != "publish" else 2), "what was published is in nobody's way"
    jobs.sweep(at=timezone.now() + timedelta(seconds=60))
    work()
    assert models(*books) == ["tiny-8"] * 3
    assert Rebuild.objects.get().state == "done"


def test_embedder_that_is_away_ends_no_rebuilding(books, settings, tiny):
    change_model(settings)
    tiny.is_broken = True
    work()
    assert models(*books) == ["tiny-6"] * 3
    tiny.is_broken = False
    rebuilding.check()
    rebuilding.resume(by=None)
    work()
    assert models(*books) == ["tiny-8"] * 3


def test_index_by_a_model_that_the_settings_forgot_says_so_and_does_not_wait(books, settings, tiny):
    settings.EMBEDDING_MODELS = {"tiny-8": tiny.model(8)}
    change_model(settings)
    with pytest.raises(errors.IndexNotReady, match="no longer has"):
        answers(books[0])
    first = work_one()
    live = Document.objects.get(pk=first.subject_id).live_generation
    assert live is not None
    assert live.model == "tiny-8"
    work()
    assert models(*books) == ["tiny-8"] * 3


def test_deleted_index_is_not_rebuilt(books, settings):
    services.delete_index(book=books[1], by=None)
    change_model(settings)
    assert len(work()) == 2
    assert queries.index_state(books[1]).state == "none"


def test_index_deleted_on_the_way_ends_the_rebuilding_all_the_same(books, settings):
    change_model(settings)
    work_one()
    for book in books:
        services.delete_index(book=book, by=None)
    rebuilding.check()
    assert Rebuild.objects.get().state == "done"
    assert not IndexGeneration.objects.exists()


def test_book_that_answers_already_lets_others_go_first(books, settings, monkeypatch):
    monkeypatch.setattr(turns, "LONGEST_TURN", -1.0)
    change_model(settings)
    new = make_digital_book()
    services.start_index(book=new, by=None)
    first = Job.objects.filter(kind="index", state="queued").earliest("created_at")
    perform(first.pk, lambda run: generation_build.build_index(turns.YieldingJobRun(run.job)))
    first.refresh_from_db()
    assert (first.state, first.attempt) == ("queued", 0)
    assert index(new).state == "done", "a new book is not patient"
    work()
    assert models(new, *books) == ["tiny-8"] * 4


def test_what_answers_no_more_is_deleted_a_little_at_a_time(books, settings, monkeypatch):
    change_model(settings)
    work()
    monkeypatch.setattr(rebuilding, "DELETE_TOGETHER", 1)
    monkeypatch.setattr(rebuilding, "LONGEST_CLEARING", -1.0)
    left = Passage.objects.filter(space__model="tiny-6").count()
    rebuilding.clear_up()
    assert Passage.objects.filter(space__model="tiny-6").count() == left - 1
    monkeypatch.setattr(rebuilding, "LONGEST_CLEARING", 60.0)
    rebuilding.clear_up()
    assert set(IndexGeneration.objects.values_list("model", "state")) == {("tiny-8", GenerationState.READY)}


def test_change_is_told_by_the_checks_of_the_database(books, settings):
    assert [found for found in run_checks(databases=["default"]) if found.id == "rag.W001"] == []
    settings.EMBEDDING_MODEL = "tiny-8"
    (warning,) = [found for found in run_checks(databases=["default"]) if found.id == "rag.W001"]
    assert warning.msg.startswith("3 of 3 books answer from indexes that were not made by tiny-8 (8)")
    assert [found for found in run_checks() if found.id == "rag.W001"] == [], "no database, no question"


def test_space_is_made_with_its_index_and_goes_with_it(tiny: TinyServer):
    make_indexed_book()
    space = VectorSpace.objects.get()
    assert exists(spaces.INDEX.index_of(space.pk))
    assert spaces.tidy(wanted=None) == []
    IndexGeneration.objects.all().delete()
    assert spaces.tidy(wanted=space) == []
    assert spaces.tidy(wanted=None) == [space]
    assert not exists(spaces.INDEX.index_of(space.pk))


def exists(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        return bool(cursor.fetchone()[0])


def test_question_during_which_the_index_gives_way_is_answered_from_the_new_one(books, monkeypatch):
    from rag.retrieval import in_documents

    search = in_documents.search_documents
    seen: list[IndexGeneration] = []

    def replaced_first(generations: list[IndexGeneration], *rest: Any, **options: Any) -> Any:
        if not seen:
            services.reindex(book=books[0], by=None)
            work()
        seen.extend(generations)
        return search(generations, *rest, **options)

    monkeypatch.setattr("rag.retrieval.in_documents.search_documents", replaced_first)
    assert answers(books[0])
    assert len(seen) == 2
    assert seen[1] == live_generation(books[0]) != seen[0]


@pytest.mark.model
@pytest.mark.usefixtures("embedder")
def test_real_model_and_a_small_one_side_by_side(settings):
    settings.EMBEDDING_MODEL = "all-MiniLM-L6-v2"
    books = [make_indexed_book(), make_indexed_book()]
    assert "yeast" in ask_book(books[0], question="Why does bread rise?", viewer=make_librarian()).text
    change_model(settings)
    work_one()
    dimensions = Passage.objects.order_by().values_list("space__dimensions", flat=True).distinct()
    assert sorted(dimensions) == [8, 384]
    for book in books:
        assert live_generation(book).dimensions == 384
        assert "yeast" in ask_book(book, question="What raises bread?", viewer=make_librarian()).text
    work()
    assert [live_generation(book).dimensions for book in books] == [8, 8]
    assert answers(books[0])
