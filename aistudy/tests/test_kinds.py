"""A kind of study content is one registration: made, kept, shown and forgotten as the summary is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.template.loader import get_template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.tests.factories import make_librarian, make_user
from aistudy import kinds, queries, services, writing
from aistudy.api.serializers import ArtifactSerializer, content_shapes
from aistudy.kinds import ArtifactKind, Audience, StudyMaterial
from aistudy.models import Artifact
from aistudy.tasks import TASKS
from catalog.tests.factories import make_book
from library.jobs.models import Job
from library.jobs.tasks import JobRun, perform
from rag.models import Document
from rag.tests.conftest import tiny, tiny_server  # noqa: F401  (fixtures)
from rag.tests.factories import make_indexed_book

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
HERE = __name__


def count_pages(run: JobRun, material: StudyMaterial) -> dict[str, Any]:
    run.progress(done=1, total=kinds.STEPS, message="Counting")
    return {"sentences": [], "words": material.generation.page_count}


def write_nonsense(run: JobRun, material: StudyMaterial) -> dict[str, Any]:
    return {"sentences": "none", "words": "many"}


def make_kind(code: str, **values: Any) -> ArtifactKind:
    summary = kinds.get("summary")
    return kinds.register(replace(summary, code=code, write=f"{HERE}.count_pages", writer="counting", **values))


@pytest.fixture(autouse=True)
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers goes with it; the summary is written by a count."""
    summary = replace(kinds.get("summary"), write=f"{HERE}.count_pages")
    monkeypatch.setattr(kinds, "_kinds", {"summary": summary})


def work() -> list[str]:
    """Do the waiting jobs of study content, one after another; their kinds."""
    done = []
    artifacts = Job.objects.filter(subject_label="aistudy.artifact", state="queued")
    while job := artifacts.order_by("created_at", "id").first():
        perform(job.pk, writing.write)
        done.append(job.kind)
    return done


def states(**narrowed: Any) -> dict[str, str]:
    return dict(Artifact.objects.filter(**narrowed).values_list("kind", "state"))


def test_every_kind_has_a_writer_a_shape_a_page_and_a_task():
    for kind in kinds.registered():
        assert isinstance(kind.name, Promise)
        assert kind.serializer().fields
        get_template(kind.template)
        assert kind.code in TASKS
        assert len(kind.code) <= (Artifact._meta.get_field("kind").max_length or 0)


def test_another_kind_is_made_of_every_document_that_is_read():
    make_kind("cards", name=_("cards"))
    book = make_indexed_book()
    assert states(document__book=book) == {"summary": "queued", "cards": "queued"}
    assert sorted(work()) == ["cards", "summary"]
    cards = Artifact.objects.get(kind="cards")
    assert (cards.state, cards.writer, cards.owner) == ("ready", "counting", None)
    assert cards.generation is not None
    assert cards.content == {"sentences": [], "words": cards.generation.page_count}
    assert cards.get_kind_display() == "cards"


def test_what_needs_another_kind_waits_until_that_is_ready():
    make_kind("topics")
    make_kind("cards", needs=("topics", "summary"))
    make_indexed_book()
    assert states() == {"summary": "queued", "topics": "queued"}
    perform(Job.objects.get(kind="summary").pk, writing.write)
    assert "cards" not in states()  # one of two is not enough
    assert work() == ["topics", "cards"]
    assert set(states().values()) == {"ready"}


def test_what_needs_a_kind_that_failed_is_not_asked_for():
    make_kind("cards", needs=("summary",))
    kinds.register(replace(kinds.get("summary"), write=f"{HERE}.write_nonsense"))
    make_indexed_book()
    perform(Job.objects.get(kind="summary").pk, writing.write)
    assert states() == {"summary": "running"}  # a fault of ours: it is tried again


def test_content_of_another_shape_than_promised_is_not_stored():
    kind = replace(kinds.get("summary"), write=f"{HERE}.write_nonsense")
    book = make_indexed_book()
    document = Document.objects.select_related("live_generation").get(book=book)
    assert document.live_generation is not None
    with pytest.raises(ValueError, match=r"wrote no summary.*words"):
        kind.content_from(None, StudyMaterial(document, document.live_generation, "en"))  # type: ignore[arg-type]


def test_what_is_made_for_a_reader_is_theirs_alone_and_made_when_they_ask():
    plan = make_kind("plan", audience=Audience.READER)
    book, me, other = make_indexed_book(), make_user(), make_user()
    document = Document.objects.get(book=book)
    assert "plan" not in states()
    with pytest.raises(ValueError, match="for whoever asks"):
        services.start(plan, document=document, by=None)

    services.start(plan, document=document, by=me)

    assert Artifact.objects.get(kind="plan").owner == me
    assert [made.kind for made in queries.artifacts(document, me)] == ["summary", "plan"]
    assert [made.kind for made in queries.artifacts(document, other)] == ["summary"]
    assert [made.kind for made in queries.artifacts(document, make_librarian())] == ["summary"]


def test_asking_twice_joins_what_is_under_way():
    make_indexed_book()
    document = Document.objects.get()
    first = Job.objects.get(kind="summary")
    assert services.start(kinds.get("summary"), document=document, by=None) == first
    assert Artifact.objects.count() == 1


def test_a_kind_that_came_since_is_made_though_every_page_says_what_it_did():
    from rag import services as rag
    from rag.tests.factories import work as index

    book = make_indexed_book()
    work()
    make_kind("cards")
    rag.reindex(book=book, by=None)
    index()
    assert states() == {"summary": "queued", "cards": "queued"}


def test_content_of_a_kind_that_nobody_registers_any_more_is_shown_to_nobody():
    document = Document.objects.create(book=make_book())
    Artifact.objects.create(document=document, kind="forgotten", language="en")
    assert queries.artifacts(document, make_librarian()) == []


def test_a_code_belongs_to_one_app_and_what_is_needed_comes_first():
    summary = kinds.get("summary")
    with pytest.raises(ValueError, match="belongs to aistudy"):
        kinds.register(replace(summary, app="another"))
    with pytest.raises(ValueError, match="needs topics"):
        kinds.register(replace(summary, code="cards", needs=("topics",)))
    kinds.register(summary)  # the same app again, as when it is loaded anew
    assert [kind.code for kind in kinds.registered()] == ["summary"]


def test_the_api_gives_content_in_the_shape_of_its_kind_and_says_which_there_are():
    document = Document.objects.create(book=make_book())
    artifact = Artifact(document=document, kind="summary", language="en", content={"sentences": [], "words": 3, "x": 1})
    assert ArtifactSerializer(artifact).data["content"] == {"sentences": [], "words": 3}
    artifact.content = None
    assert ArtifactSerializer(artifact).data["content"] is None
    assert type(content_shapes()).__name__ == "SummarySerializer"
    make_kind("cards")
    assert len(content_shapes().serializers) == 2


def test_nothing_is_made_of_no_document():
    assert (queries.artifacts(None, make_user()), list(queries.study_jobs(None))) == ([], [])
