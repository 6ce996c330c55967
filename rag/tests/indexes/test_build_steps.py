"""The steps from pages that were read to an index that answers, each by itself and taken up half-way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from catalog.models import Book
from catalog.tests.factories import make_book
from library.ai import embeddings
from library.ai.bulk import BulkEmbedder
from library.ai.errors import EmbedderUnavailable
from library.ai.spec import Kind
from library.jobs import services as jobs
from library.jobs.job_run import JobRun
from library.jobs.models import Job
from rag import errors, services
from rag.indexes import generation_build, indexing
from rag.indexes.generation_build import make_passages, publish
from rag.ingest import pages
from rag.ingest.build import Build, SourceReplaced
from rag.ingest.model.clean import unpacked_boxes
from rag.ingest.model.raw import RawPage, packed
from rag.ingest.pages import clean_pages
from rag.models import Document, IndexGeneration, LibraryTermChange, Page, Passage
from rag.tests.factories import give_file
from rag.tests.raw_pages import Press
from rag.tests.texts import make_generation, put

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
SENTENCE = "Leaf {n} tells of the river {n}, of the mill {n} and of the whole town {n} below it all."


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGES_AT_ONCE", 2)
    monkeypatch.setattr(generation_build, "PASSAGES_AT_ONCE", 2)


def written(n: int) -> RawPage:
    return Press().heading(f"Of Leaf {n}").paragraph(" ".join([SENTENCE.format(n=n)] * 3)).page


def started(book: Book | None = None) -> Build:
    """A build by a worker that holds its job."""
    if book is None:
        book = make_book()
        give_file(book, b"x")
    document, _ = Document.objects.get_or_create(book=book)
    job = jobs.enqueue(kind="index", subject=document)
    held = jobs.claim(job_id=job.pk)
    assert held is not None
    made = Build(JobRun(held), document, book.digital_file, embeddings.spec())
    made.generation = indexing.begin(document=document, source_sha256=book.digital_file.sha256)
    return made


def read(raw: Sequence[RawPage], **facts: Any) -> Build:
    """… of which every page was read."""
    made = started()
    made.generation.page_count, made.generation.facts = len(raw), facts
    made.generation.save()
    for number, page in enumerate(raw, start=1):
        notes = page.notes
        Page.objects.create(generation=made.generation, number=number, layout=packed(page), notes=notes)
    return made


def texts(build: Build) -> list[str | None]:
    return list(build.generation.pages.values_list("text", flat=True))


def test_pages_get_their_text_their_boxes_and_their_sections():
    build = read([written(n) for n in range(1, 6)])
    clean_pages(build)
    assert [(text or "").split("\n")[0] for text in texts(build)] == [f"Of Leaf {n}" for n in range(1, 6)]
    assert not build.generation.pages.exclude(layout=None).exists()
    page = build.generation.pages.get(number=2)
    boxes = unpacked_boxes(bytes(page.boxes or b""))
    assert [(page.text or "")[box.start : box.end] for box in boxes][:3] == ["Of", "Leaf", "2"]
    found = build.generation.sections.all()
    assert [(one.ordinal, one.title, one.page, one.level) for one in found] == [
        (n - 1, f"Of Leaf {n}", n, 1) for n in range(1, 6)
    ]


def test_text_is_cleaned_once(django_assert_num_queries):
    build = read([written(n) for n in range(1, 4)])
    clean_pages(build)
    Page.objects.update(text="kept")
    with django_assert_num_queries(1):
        clean_pages(build)
    assert texts(build) == ["kept"] * 3


def test_outline_of_the_file_gives_the_sections():
    outline = [{"level": 1, "title": "T" * 400, "page": 2, "y": None}]
    build = read([written(n) for n in range(1, 4)], outline=outline)
    clean_pages(build)
    (only,) = build.generation.sections.all()
    assert (only.title, only.path, only.page) == ("T" * 300, ["T" * 300], 2)


def test_sections_of_an_attempt_that_was_killed_are_not_doubled():
    build = read([written(n) for n in range(1, 4)])
    clean_pages(build)
    Page.objects.update(layout=packed(written(1)))
    clean_pages(build)
    assert [one.ordinal for one in build.generation.sections.all()] == [0, 1, 2]


def test_flowing_pages_keep_what_would_be_a_running_line_on_paper():
    page = RawPage(lines=Press().lines("The same first line", "Text.").page.lines, source="text")
    build = read([page] * 5)
    clean_pages(build)
    assert all((text or "").startswith("The same first line") for text in texts(build))
    assert build.generation.pages.filter(boxes=None).count() == 5


@pytest.mark.parametrize(
    ("notes", "refusal"),
    [
        ([[], []], errors.NoText),
        ([["unreadable"], []], errors.NoText),
        ([["unreadable", "broken"], ["unreadable"]], errors.PagesUnreadable),
    ],
)
def test_file_without_a_word_says_whether_its_pages_could_be_read(notes, refusal):
    build = read([RawPage(595, 842, notes=codes) for codes in notes])
    with pytest.raises(refusal):
        clean_pages(build)


def cleaned(count: int = 4) -> Build:
    build = read([written(n) for n in range(1, count + 1)])
    clean_pages(build)
    return build


def test_passages_have_their_sections_vectors_and_words():
    build = cleaned()
    make_passages(build)
    build.generation.refresh_from_db()
    found = list(build.generation.passages.all())
    assert [one.ordinal for one in found] == list(range(len(found)))
    assert [str(one.section) for one in found] == [f"Of Leaf {n}" for n in range(1, 5)]
    assert all(len(one.embedding) == 6 and one.space_id == build.generation.space_id for one in found)
    assert build.generation.passage_count == len(found) == 4
    assert build.generation.word_count == sum(one.word_count for one in found) > 0
    assert build.generation.language == "en"


def test_passages_are_made_once(tiny):
    build = cleaned()
    make_passages(build)
    tiny.texts.clear()
    build.generation.refresh_from_db()
    make_passages(build)
    assert not tiny.texts


def test_whoever_takes_over_embeds_only_what_is_missing(tiny):
    build = cleaned()
    make_passages(build)
    whole = list(build.generation.passages.values_list("ordinal", "text", "first_page"))
    Passage.objects.filter(ordinal__gte=2).delete()
    IndexGeneration.objects.update(passage_count=0)
    build.generation.refresh_from_db()
    tiny.texts.clear()
    make_passages(build)
    assert list(build.generation.passages.values_list("ordinal", "text", "first_page")) == whole
    assert tiny.texts.total() == 2


def test_embedder_that_goes_away_half_way_leaves_what_is_done(tiny, monkeypatch):
    build = cleaned(6)
    embedder = embeddings.for_bulk(build.generation.model)
    calls: list[int] = []

    class Failing:
        def ask(self, some: Sequence[str], kind: Kind, look: Any) -> Any:
            calls.append(len(some))
            if len(calls) > 2:
                raise EmbedderUnavailable
            return embedder.embed(some, kind)

    monkeypatch.setattr(embeddings, "for_bulk", lambda model: BulkEmbedder(Failing(), 6))
    with pytest.raises(EmbedderUnavailable):
        make_passages(build)
    assert build.generation.passages.count() in (2, 4)
    monkeypatch.undo()
    build.generation.refresh_from_db()
    assert build.generation.passage_count == 0, "not all are there"
    make_passages(build)
    assert build.generation.passages.count() == 6


def test_text_of_a_few_words_answers_nothing():
    build = read([Press().lines("Fin.").page])
    clean_pages(build)
    with pytest.raises(errors.TooLittleText):
        make_passages(build)


def ready() -> Build:
    build = cleaned()
    make_passages(build)
    return build


def test_index_that_is_published_answers_and_older_ones_go():
    build = ready()
    older = make_generation(build.document)
    Document.objects.filter(pk=build.document.pk).update(live_generation=older)
    publish(build)
    document = Document.objects.get(pk=build.document.pk)
    assert document.live_generation == build.generation
    assert list(document.generations.all()) == [build.generation]
    assert (build.generation.state, build.generation.ready_at is not None) == ("ready", True)
    assert LibraryTermChange.objects.filter(lexeme="mill", passages=4).exists()


def test_note_is_written_as_the_index_is_published():
    build = ready()
    Page.objects.filter(number=3).update(notes=["unreadable"])
    publish(build)
    build.generation.refresh_from_db()
    assert build.generation.note == "Page 3 could not be read."


@pytest.mark.parametrize("gone", [True, False])
def test_index_of_a_file_that_was_replaced_or_removed_is_not_published(gone):
    build = ready()
    assert build.document.book is not None
    if gone:
        build.document.book.digital_file.delete()
    else:
        give_file(build.document.book, b"another")
    with pytest.raises(SourceReplaced):
        publish(build)
    document = Document.objects.get(pk=build.document.pk)
    assert document.live_generation is None
    assert document.generations.get().state == "building"


def test_progress_never_goes_back_and_ends_at_the_whole():
    build = read([written(n) for n in range(1, 6)])
    seen: list[int] = []
    progress = jobs.progress

    def noted(*, held: Job, done: int, total: int, message: str = "") -> Any:
        seen.append(done)
        assert total == 1000
        assert message
        return progress(held=held, done=done, total=total, message=message)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "progress", noted)
        clean_pages(build)
        make_passages(build)
        publish(build)
    assert seen == sorted(seen)
    assert seen[-1] == 1000


# -- when a job has ended --------------------------------------------------------------------------------------------


def ended(build: Build, state: str) -> Job:
    return put(build.run.job, state)


def open_jobs() -> int:
    return Job.objects.open().filter(kind="index").count()


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_what_a_job_leaves_half_done_goes(state):
    build = cleaned()
    assert services.after_index(job=ended(build, state)) is None
    assert not IndexGeneration.objects.exists()
    assert open_jobs() == 0


@pytest.mark.parametrize(("state", "is_read"), [("failed", True), ("cancelled", False)])
def test_file_that_came_while_a_job_failed_is_read_and_while_one_was_stopped_is_not(state, is_read):
    build = cleaned()
    assert build.document.book is not None
    give_file(build.document.book, b"another")
    following = services.after_index(job=ended(build, state))
    assert (following is not None) is is_read
    assert open_jobs() == is_read


def test_what_was_asked_for_while_a_job_was_being_stopped_gets_one_of_its_own():
    build = cleaned()
    Document.objects.update(index_again=True)
    following = services.after_index(job=ended(build, "cancelled"))
    assert following is not None
    assert not Document.objects.get().index_again
    assert open_jobs() == 1


def test_job_of_a_document_that_is_gone_leads_to_nothing():
    build = cleaned()
    job = ended(build, "failed")
    Document.objects.all().delete()
    assert services.after_index(job=job) is None
