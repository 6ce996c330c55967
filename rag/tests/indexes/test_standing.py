"""How all indexes stand to the recipe that is wanted, what is done about it, and in which words it is told."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.utils import timezone

from accounts.tests.factories import make_librarian
from catalog.tests.factories import make_book
from library.activity.models import Activity
from library.ai import embeddings
from library.jobs.models import Job
from rag import checks, recipes, services
from rag.indexes import indexing, rebuilding, reports, spaces
from rag.indexes.rebuilding import IndexStanding
from rag.models import Document, IndexGeneration, Page, Passage, Rebuild, Section, VectorSpace
from rag.recipes import Recipe
from rag.signals import document_merging, index_ready
from rag.tests.factories import give_file
from rag.tests.texts import answer_from, make_generation, make_passage, make_text

RECIPE = Recipe("tiny-6", 6, "c")
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]


def standing(**values: Any) -> IndexStanding:
    whole: dict[str, Any] = {"rebuild": None, "indexes": 9, "outdated": 0, "ready": 0, "unsuccessful": 0, "job": None}
    return IndexStanding(recipe=RECIPE, **whole | values)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, ""),
        ({"unsuccessful": 3}, ""),
        (
            {"outdated": 1},
            "1 of 9 books answers from an index that was not made by tiny-6 (6), c. "
            "They will be indexed anew in the background.",
        ),
        (
            {"outdated": 4, "ready": 2, "rebuild": Rebuild(state="running")},
            "4 of 9 books answer from indexes that were not made by tiny-6 (6), c. "
            "They are indexed anew in the background; 7 of 9 books are done.",
        ),
        (
            {"outdated": 4, "rebuild": Rebuild(state="cancelled")},
            "4 of 9 books answer from indexes that were not made by tiny-6 (6), c. Indexing them anew was stopped.",
        ),
        (
            {"outdated": 2, "unsuccessful": 2, "rebuild": Rebuild(state="done")},
            "2 of 9 books answer from indexes that were not made by tiny-6 (6), c. "
            "2 could not be read again and keep the indexes that they have.",
        ),
        (
            {"outdated": 2, "unsuccessful": 1, "rebuild": Rebuild(state="done")},
            "2 of 9 books answer from indexes that were not made by tiny-6 (6), c. "
            "They will be indexed anew in the background. 1 could not be read again and keeps the index that it has.",
        ),
    ],
)
def test_staff_are_told_in_whole_sentences(values, said):
    assert reports.sentence(standing(**values)) == said


def document(pages: list[str] | None = None, **values: Any) -> Document:
    """One that answers, of a book with a file, by the recipe wanted now but for ``values``."""
    made = make_text(pages or ["Rain fell."])
    assert made.book is not None
    give_file(made.book, b"x")
    sha256 = made.book.digital_file.sha256
    made.generations.update(**{"chunker": recipes.wanted().chunker, "source_sha256": sha256} | values)
    return Document.objects.select_related("book", "live_generation").get(pk=made.pk)


def waiting_for(of: Document) -> IndexGeneration:
    live = of.live_generation
    assert live is not None
    return make_generation(of, chunker=recipes.wanted().chunker, source_sha256=live.source_sha256)


def test_library_without_indexes_has_nothing_to_do():
    now = rebuilding.standing()
    assert (now.indexes, now.outdated, now.done, now.is_running, now.is_stopped) == (0, 0, 0, False, False)
    assert rebuilding.check() is None
    assert rebuilding.resume(by=None) is None
    assert rebuilding.stop(by=None) is None


def test_books_of_another_recipe_are_counted_and_of_those_what_is_ready():
    document()
    old = [document(chunker="old") for _ in range(3)]
    waiting_for(old[0])
    now = rebuilding.standing()
    assert (now.indexes, now.outdated, now.ready, now.unsuccessful, now.done) == (4, 3, 1, 0, 2)


def test_how_all_stand_takes_as_many_queries_for_many_books_as_for_one(django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    document(chunker="old")
    with CaptureQueriesContext(connection) as few:
        rebuilding.standing()
    for _ in range(6):
        document(chunker="old")
    with django_assert_num_queries(len(few)):
        rebuilding.standing()


def test_documents_are_taken_one_after_the_other():
    one, two = sorted((document(chunker="old"), document(chunker="old")), key=lambda each: each.pk)
    assert rebuilding.check() is not None
    (first,) = Job.objects.open().filter(kind="index")
    assert first.subject_id == one.pk
    rebuilding.check()
    assert Job.objects.open().filter(kind="index").count() == 1, "one in hand"
    Job.objects.update(state="failed", ended_at=timezone.now())
    rebuilding.check()
    (second,) = Job.objects.open().filter(kind="index")
    assert second.subject_id == two.pk
    Job.objects.update(state="failed", ended_at=timezone.now())
    rebuilding.check()
    assert Rebuild.objects.get().state == "done"
    assert rebuilding.standing().unsuccessful == 2
    rebuilding.check()
    assert Rebuild.objects.count() == 1, "not begun again by itself"
    assert rebuilding.resume(by=None) is not None, "but by somebody"
    assert Job.objects.open().filter(kind="index").count() == 1


def test_stopping_and_going_on_are_told_with_who_did_it():
    document(chunker="old")
    rebuilding.check()
    librarian = make_librarian()
    assert rebuilding.stop(by=librarian) is not None
    assert not Job.objects.open().filter(kind="index", cancel_requested=False).exists()
    assert rebuilding.standing().is_stopped
    rebuilding.check()
    assert not Rebuild.objects.filter(state="running").exists(), "it stays stopped"
    assert rebuilding.resume(by=librarian) is not None
    told = Activity.objects.filter(verb__startswith="indexes.").order_by("pk")
    assert [(one.verb, one.actor) for one in told] == [
        ("indexes.rebuild_stopped", librarian),
        ("indexes.rebuild_begun", librarian),
    ]


def test_stopping_leaves_what_somebody_asked_for():
    of = document(chunker="old")
    assert of.book is not None
    rebuilding.check()
    Job.objects.all().delete()
    services.start_index(book=of.book, by=make_librarian())
    rebuilding.stop(by=None)
    assert Job.objects.open().filter(kind="index", cancel_requested=False).count() == 1


def test_all_that_is_ready_goes_over_in_one_step_and_is_told():
    heard: list[tuple[Any, bool]] = []

    def hear(*, document: Document, same_pages: bool, **_more: Any) -> None:
        heard.append((document, same_pages))

    document(chunker="old")
    old = [document(chunker="old") for _ in range(2)]
    ready = [waiting_for(each) for each in old]
    rebuild = Rebuild.objects.create(space=spaces.space_of(embeddings.spec()), chunker=recipes.wanted().chunker)
    index_ready.connect(hear)
    try:
        rebuilding.switch(rebuild)
    finally:
        index_ready.disconnect(hear)
    assert [Document.objects.get(pk=each.pk).live_generation for each in old] == ready
    assert sorted(each.pk for each, _ in heard) == sorted(each.pk for each in old)
    assert rebuild.state == "done"
    assert rebuild.ended_at is not None
    assert rebuilding.standing().outdated == 1


def test_what_is_ready_of_a_file_that_was_replaced_meanwhile_does_not_go_over():
    of = document(chunker="old")
    live, ready = of.live_generation, waiting_for(of)
    assert of.book is not None
    give_file(of.book, b"another")
    rebuilding.switch(
        Rebuild.objects.create(space=spaces.space_of(embeddings.spec()), chunker=recipes.wanted().chunker)
    )
    of.refresh_from_db()
    assert of.live_generation == live
    assert not IndexGeneration.objects.filter(pk=ready.pk).exists()


def test_what_answers_no_more_is_deleted_and_what_waits_or_answers_is_not():
    fresh, old = document(), document(chunker="old")
    assert fresh.live_generation is not None
    former = make_generation(fresh, chunker="older")
    make_passage(former, 0, "Rain fell.")
    waits = waiting_for(old)
    building = make_generation(fresh, state="building", ready_at=None)
    assert list(rebuilding.retired()) == [former]
    rebuilding.clear_up()
    left = {fresh.live_generation, old.live_generation, waits, building}
    assert set(IndexGeneration.objects.all()) == left
    assert not Passage.objects.filter(generation_id=former.pk).exists()


def test_space_that_nothing_uses_goes_but_for_the_wanted_one(settings):
    wanted = document().generations.get().space
    settings.EMBEDDING_MODEL = "tiny-8"
    other = make_generation(Document.objects.create(book=None)).space
    settings.EMBEDDING_MODEL = "tiny-6"
    assert {wanted, other} == set(VectorSpace.objects.all())
    IndexGeneration.objects.filter(space=other).delete()
    Document.objects.all().delete()
    rebuilding.clear_up()
    assert list(VectorSpace.objects.all()) == [wanted]


def test_checks_of_the_database_warn_and_others_do_not_ask():
    document(chunker="old")
    (warning,) = checks.indexes_by_another_recipe(None, ["default"])
    assert (warning.id, warning.level) == ("rag.W001", 30)
    assert warning.msg.startswith("1 of 1 books answers from an index")
    assert checks.indexes_by_another_recipe(None, None) == []
    assert "rag.W001" in {each.id for each in run_checks(databases=["default"])}
    assert "rag.W001" not in {each.id for each in run_checks()}


def test_settings_that_name_no_model_are_another_checks_matter(settings):
    document(chunker="old")
    settings.EMBEDDING_MODEL = "no-such-model"
    assert checks.indexes_by_another_recipe(None, ["default"]) == []


# -- one book --------------------------------------------------------------------------------------------------------


def test_pages_come_along_where_only_the_model_is_another_one(settings):
    of = document(["Rain fell.", "Nobody came."])
    live = of.live_generation
    assert live is not None
    Page.objects.filter(generation=live, number=2).update(label="ii", width=595, notes=["turned"], boxes=b"b")
    IndexGeneration.objects.update(facts={"pages": 2}, note="Page 1 could not be read.")
    of = Document.objects.select_related("live_generation").get(pk=of.pk)
    settings.EMBEDDING_MODEL = "tiny-8"
    begun = indexing.begin(document=of, source_sha256=live.source_sha256)
    assert (begun.model, begun.page_count, begun.facts, begun.note) == (
        "tiny-8",
        2,
        {"pages": 2},
        "Page 1 could not be read.",
    )
    page = begun.pages.get(number=2)
    assert (page.text, page.label, page.width, page.notes, bytes(page.boxes or b"")) == (
        "Nobody came.",
        "ii",
        595,
        ["turned"],
        b"b",
    )
    assert [(one.title, one.path) for one in Section.objects.filter(generation=begun)] == [("S", ["S"])]
    assert not begun.passages.exists()
    assert indexing.begin(document=of, source_sha256=live.source_sha256) == begun, "taken up again"


def test_pages_do_not_come_along_from_another_file_or_another_way_of_reading():
    of = document()
    assert not indexing.begin(document=of, source_sha256="another").pages.exists()
    IndexGeneration.objects.filter(state="building").delete()
    of = document(chunker="old")
    live = of.live_generation
    assert live is not None
    assert not indexing.begin(document=of, source_sha256=live.source_sha256).pages.exists()


def test_what_was_begun_of_another_file_goes():
    of = document()
    begun = indexing.begin(document=of, source_sha256="one")
    other = indexing.begin(document=of, source_sha256="two")
    assert begun != other
    assert list(of.generations.filter(state="building")) == [other]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a", "b"], ["a", "c"], False),
        (["a", "b"], ["a"], False),
        (["a"], ["a", "b"], False),
        (["a", ""], ["a", ""], True),
    ],
)
def test_two_readings_say_the_same_where_every_page_does(one, other, alike):
    document = Document.objects.create(book=None)
    assert indexing.has_equal_text(answer_from(document, one), answer_from(document, other)) is alike


@pytest.mark.parametrize("takes_file", [True, False])
@pytest.mark.parametrize(("has_kept", "has_merged"), [(True, True), (True, False), (False, True), (False, False)])
def test_of_two_books_that_become_one_the_index_of_the_file_stays(takes_file, has_kept, has_merged):
    kept, merged = make_book(), make_book()
    ours = Document.objects.create(book=kept) if has_kept else None
    theirs = Document.objects.create(book=merged) if has_merged else None
    gone: list[tuple[Any, Any]] = []

    def hear(*, document: Document, kept: Document | None, **_more: Any) -> None:
        gone.append((document.pk, kept and kept.pk))

    document_merging.connect(hear)
    try:
        services.merge_documents(kept=kept, merged=merged, takes_file=takes_file)
    finally:
        document_merging.disconnect(hear)
    stays, goes = (theirs, ours) if takes_file else (ours, theirs)
    assert list(Document.objects.filter(book=kept)) == ([stays] if stays else [])
    assert not Document.objects.filter(book=merged).exists()
    assert gone == ([(goes.pk, stays and stays.pk)] if goes else [])
