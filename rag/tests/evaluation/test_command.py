"""``manage.py evaluate_retrieval``: questions with known answers through the library's own search; nothing stays."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from library.ai import embeddings
from rag.evaluation.arms import Case, arms_of, order_of
from rag.evaluation.beir import CorpusText
from rag.evaluation.evaluate import evaluate
from rag.evaluation.temporary import index_texts, nothing_stays
from rag.models import Document, IndexGeneration, Page, Passage, VectorSpace
from rag.retrieval.hits import AskedQuestion
from rag.tests.evaluation.sets import ANIMALS, packed, write_beir, write_golden

KEPT = (Document, IndexGeneration, Page, Passage, VectorSpace)
LONG = " ".join(f"Sentence number {number} of a long text tells of owls and of the night." for number in range(40))


def run(*arguments: Any, **options: Any) -> str:
    out = StringIO()
    call_command("evaluate_retrieval", *arguments, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def kept() -> list[int]:
    return [model._default_manager.count() for model in KEPT]


@pytest.mark.django_db
def test_each_arm_has_its_figures_and_the_last_line_is_for_programs(tmp_path, tiny):
    *said, last = run(str(write_beir(tmp_path / "animals")), json=True).splitlines()

    told = json.loads(last)
    assert (told["set"], told["queries"]) == ("animals", 2)
    assert set(told["arms"]) == {"dense", "bm25", "fused"}
    assert set(told["arms"]["bm25"]) == {"ndcg@10", "recall@5", "mrr", "map"}
    assert told["arms"]["bm25"]["mrr"] == told["arms"]["bm25"]["ndcg@10"] == 1
    assert said[0] == "animals: 2 questions, 4 texts in 4 passages, tiny-6"
    assert any(line.startswith("bm25") and "1.000 (1.000–1.000)" in line for line in said)


@pytest.mark.django_db
def test_without_being_asked_it_says_no_json_and_a_limit_takes_the_first_questions(tmp_path, tiny):
    said = run(str(write_beir(tmp_path / "animals")), limit=1)
    assert "1 questions" in said
    assert "{" not in said


@pytest.mark.django_db
def test_another_model_is_one_option_away_and_its_space_goes_again(tmp_path, tiny):
    before = kept()
    assert "tiny-8" in run(str(write_beir(tmp_path)), model="tiny-8")
    assert tiny.texts["tiny-8"] > 0
    assert kept() == before


@pytest.mark.django_db
def test_golden_questions_are_asked_of_the_books_beside_them(tmp_path, tiny):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "primer.txt").write_text(f"{LONG}\n\nIn 1665 Robert Hooke named them cells.\n")
    questions: tuple[dict[str, Any], ...] = (
        {},
        {"id": "p-2", "half": "tuning"},
        {"id": "p-3", "kind": "unanswerable", "quote": ""},
    )
    folder = write_golden(tmp_path / "golden", *questions)

    found = evaluate(folder, tell=lambda _line: None)

    assert (found.queries, found.texts) == (2, 1)  # who finds nothing where there is nothing is not praised
    assert found.arms["bm25"]["hit@5"].mean == 1
    assert evaluate(folder, half="gating", tell=lambda _line: None).queries == 1
    assert kept() == [0, 0, 0, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_nobody_else_ever_sees_any_of_it(tmp_path, tiny):
    """So that nothing is there to be cleared where the process is killed."""
    ours: set[int] = set()
    theirs: set[int] = set()
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:

        def look(_line: str) -> None:
            ours.add(Passage.objects.count())
            theirs.update(row[0] for row in other.execute("SELECT count(*) FROM rag_passage"))
            other.rollback()

        evaluate(write_beir(tmp_path), tell=look)
    assert max(ours) == len(ANIMALS)
    assert theirs == {0}
    assert kept()[:4] == [0, 0, 0, 0]


@pytest.mark.django_db
@pytest.mark.parametrize("fault", [KeyboardInterrupt, RuntimeError])
def test_whatever_ends_it_half_way_nothing_stays(tmp_path, tiny, fault):
    def end(line: str) -> None:
        if Passage.objects.exists():
            raise fault

    with pytest.raises(fault):
        evaluate(write_beir(tmp_path), tell=end)
    assert kept() == [0, 0, 0, 0, 0]


@pytest.mark.django_db
def test_a_model_that_does_not_answer_is_told_and_nothing_stays(tmp_path, tiny, settings):
    tiny.is_broken, settings.EMBEDDER_PATIENCE_SECONDS = True, 0
    with pytest.raises(CommandError):
        run(str(write_beir(tmp_path)))
    assert kept() == [0, 0, 0, 0, 0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model": "nobody"}, "No embedding model is called nobody"),
        ({"half": "gating"}, "Only a golden set has halves"),
        ({"limit": -1}, "from 1 on"),
    ],
)
def test_an_option_that_cannot_be_is_refused_in_words(tmp_path, tiny, options, said):
    with pytest.raises(CommandError, match=said):
        run(str(write_beir(tmp_path)), **options)


@pytest.mark.django_db
def test_a_folder_that_is_no_set_is_refused_in_words(tmp_path, tiny):
    with pytest.raises(CommandError, match="There is no folder"):
        run(str(tmp_path / "nowhere"))
    with pytest.raises(CommandError, match="neither a corpus"):
        run(str(tmp_path))
    with pytest.raises(CommandError, match=r"has 0 files called primer"):
        run(str(write_golden(tmp_path / "golden")))
    with pytest.raises(CommandError, match=r"queries.jsonl.gz, line 1"):
        run(str(write_beir(tmp_path / "beir", queries=packed([{"_id": "q1"}]))))


@pytest.mark.django_db
def test_a_quotation_that_is_on_no_page_is_told_by_its_question(tmp_path, tiny):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "primer.txt").write_text(LONG)
    with pytest.raises(CommandError, match="p-1: its quotation stands on 0 pages of primer"):
        run(str(write_golden(tmp_path / "golden")))


@pytest.mark.django_db
def test_a_text_stands_where_its_best_passage_does_and_equal_texts_stand_together(tiny):
    said = {"long": LONG, "owl": ANIMALS["owl"], "owl-2": ANIMALS["owl"]}
    texts = [CorpusText(name, "", text) for name, text in said.items()]
    model = embeddings.spec()
    with nothing_stays(model):
        known = index_texts(texts, model, lambda _line: None)
        assert known.generation.passage_count > 3  # of the long one there are several
        case = Case("feathers of owls", known.generation, known.ids, {})
        order = order_of(case, AskedQuestion(case.question, None), arms_of(model)["bm25"])
    assert order == ["owl", "owl-2", "long"]
