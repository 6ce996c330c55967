"""What passages have to say to a question: their sentences, once each, with the page that each stands on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from library.ai import embeddings
from rag.answers.choosing.asked_for import asked_for
from rag.answers.choosing.words import RareWords
from rag.answers.evidence import Evidence, gather, quotable
from rag.answers.quotable import QuotableSentence
from rag.models import Document, IndexGeneration, Passage
from rag.retrieval.hits import AskedQuestion, Hit
from rag.tests.texts import make_passage, make_text
from rag.tests.tiny import vector
from rag.text.passage_parts import parts, sentences
from rag.text.sentences import TextSpan

MILL = "The mill stands beside the river of the town."
RAIN = "Rain fell on the roof of the mill all day."
NIGHT = "Nobody came to the mill before it was night."


def sentence(passage: int) -> QuotableSentence:
    return QuotableSentence(1, TextSpan(0, len(MILL)), MILL, passage, 0.5)


def evidence(hits: list[float], scores: list[tuple[int, float]]) -> Evidence:
    vectors = np.eye(max(len(scores), 1), 4, dtype=np.float32)[: len(scores)]
    return Evidence(
        [Hit(Passage(), score) for score in hits],
        {1: MILL},
        [sentence(passage) for passage, _ in scores],
        vectors,
        [score for _, score in scores],
    )


@pytest.mark.parametrize(
    ("hits", "scores", "is_enough"),
    [
        ([0.5], [], True),
        ([0.4999], [], False),
        ([0.1], [(0, 0.5501)], True),
        ([0.1], [(0, 0.5499)], False),
        ([], [], False),
    ],
)
def test_text_says_something_from_the_threshold_on(hits, scores, is_enough):
    assert evidence(hits, scores).is_enough(0.5) is is_enough


def test_text_says_something_that_has_most_words_of_the_question():
    found = evidence([0.1], [(0, 0.1)])
    words = RareWords({"mill": 3.0, "stand": 2.0})
    for lexemes, is_enough in (({"mill"}, True), ({"stand"}, False)):
        said = replace(found.sentences[0], lexemes=frozenset(lexemes))
        assert replace(found, sentences=[said], words=words).is_enough(0.5) is is_enough


@pytest.mark.parametrize(
    ("question", "language", "read_as"),
    [
        ("Where is the mill?", "en", "en"),
        ("Wo ist die Mühle?", "en", "foreign"),
        ("Где мельница?", "en", "foreign"),
        ("мельница", "en", "foreign"),
        ("mill", "en", "en"),
        ("Where is the mill?", "ru", "foreign"),
        ("Where is the mill?", "", ""),
        ("mill", "ru", "ru"),
    ],
)
def test_a_question_in_another_language_is_judged_by_its_own_threshold(question, language, read_as):
    asked = asked_for(question, language)
    assert replace(evidence([0.1], []), asked=asked, language=language).read_as == read_as


def test_nothing_is_enough_for_no_threshold_at_all():
    assert evidence([], []).is_enough(0.0)
    assert not evidence([-0.2], []).is_enough(0.0)


def test_passage_counts_as_its_best_sentence_or_as_itself():
    found = evidence([0.5, 0.4, 0.3], [(2, 0.6), (2, 0.2), (1, 0.1)])
    assert found.best_passages(3) == [2, 0, 1]
    assert found.best_passages(1) == [2]
    assert found.best_passages(0) == []


def test_equal_passages_are_taken_as_they_were_found():
    assert evidence([0.4, 0.4, 0.4], []).best_passages(2) == [0, 1]


def test_sentences_of_other_passages_are_left_out_with_their_vectors():
    found = evidence([0.5, 0.4], [(0, 0.1), (1, 0.2), (0, 0.3)]).of_passages([0])
    assert [one.passage for one in found.sentences] == [0, 0]
    assert list(found.scores) == [0.1, 0.3]
    assert found.vectors.tolist() == np.eye(3, 4)[[0, 2]].tolist()
    assert evidence([0.5], [(0, 0.1)]).of_passages([]).vectors.shape == (0, 4)


def test_headings_and_fragments_of_a_passage_are_not_quoted():
    text = f"and so it was until the end of the war.\n\n2.1 The Mill\n\n{MILL} See Fig. 3."
    placed = list(sentences(parts(1, 0, 1, len(text), {1: text}), text, "en"))
    found = quotable(placed, {1: text}, passage=0, score=0.5, heading="The Mill")
    assert [one.text for one in found] == [MILL]
    assert found[0].span.of(text) == MILL
    assert (found[0].passage, found[0].passage_score, found[0].page) == (0, 0.5, 1)
    assert (found[0].before, found[0].heading, found[0].is_list) == ("2.1 The Mill", "The Mill", False)


def test_a_list_can_be_quoted_as_a_list():
    text = (
        "A mill needs these things.\n\n• A river of some size.\n• A wheel that turns in it.\n\nThat is all of it here."
    )
    placed = list(sentences(parts(1, 0, 1, len(text), {1: text}), text, "en"))
    (whole,) = [one for one in quotable(placed, {1: text}, passage=0, score=0.5) if one.is_list]
    assert whole.text == "• A river of some size. • A wheel that turns in it."
    assert " ".join(whole.span.of(text).split()) == whole.text
    assert whole.before == "A mill needs these things."


@pytest.fixture
def asked(tiny: Any) -> AskedQuestion:
    return AskedQuestion("Where is the mill?", np.array(vector("Where is the mill?", 6), dtype=np.float32))


def live(document: Document) -> IndexGeneration:
    assert document.live_generation is not None
    return document.live_generation


def gathered(document: Document, asked: AskedQuestion) -> Evidence:
    generation = live(document)
    hits = [Hit(passage, 0.5 - passage.ordinal / 10) for passage in generation.passages.order_by("ordinal")]
    return gather(document, generation, asked, hits, embeddings.for_questions(generation.model))


@pytest.mark.django_db
def test_sentence_that_two_passages_share_is_given_once_with_the_better_one(asked):
    document = make_text([f"{MILL} {RAIN} {NIGHT}"])
    generation = live(document)
    generation.passages.all().delete()
    make_passage(generation, 0, f"{MILL} {RAIN}", start=0, end=len(MILL) + 1 + len(RAIN))
    make_passage(generation, 1, f"{RAIN} {NIGHT}", start=len(MILL) + 1, end=len(MILL) + len(RAIN) + len(NIGHT) + 2)
    found = gathered(document, asked)
    assert [(one.text, one.passage) for one in found.sentences] == [(MILL, 0), (RAIN, 0), (NIGHT, 1)]


@pytest.mark.django_db
def test_same_words_on_two_pages_are_two_sentences(asked):
    document = make_text([MILL, f"{RAIN} {MILL}"])
    found = gathered(document, asked)
    assert [(one.page, one.text) for one in found.sentences] == [(1, MILL), (2, RAIN), (2, MILL)]


@pytest.mark.django_db
def test_passage_of_two_pages_has_the_sentences_of_both(asked):
    document = make_text([f"x {MILL}", RAIN])
    generation = live(document)
    generation.passages.all().delete()
    make_passage(generation, 0, f"{MILL} {RAIN}", page=1, last_page=2, start=2, end=len(RAIN))
    found = gathered(document, asked)
    assert [(one.page, one.text) for one in found.sentences] == [(1, MILL), (2, RAIN)]
    assert set(found.pages) == {1, 2}


@pytest.mark.django_db
def test_scores_are_the_cosines_of_each_sentence_to_the_question(asked):
    found = gathered(make_text([MILL, RAIN]), asked)
    for one, score in zip(found.sentences, found.scores, strict=True):
        assert score == pytest.approx(float(np.dot(vector(one.text, 6), asked.vector)), abs=1e-5)


@pytest.mark.django_db
def test_nothing_found_says_nothing(asked):
    document = make_text([MILL])
    live(document).passages.all().delete()
    found = gathered(document, asked)
    assert (list(found.sentences), list(found.scores), found.pages) == ([], [], {})


@pytest.mark.django_db
def test_however_many_passages_few_queries_read_their_pages_sections_and_words(asked, django_assert_num_queries):
    document = make_text([f"{MILL} {n}" for n in range(8)])
    generation = live(document)
    hits = [Hit(passage, 0.5) for passage in generation.passages.all()]
    assert document.language
    with django_assert_num_queries(4):
        gather(document, generation, asked, hits, embeddings.for_questions(generation.model))


@pytest.mark.django_db
@pytest.mark.parametrize(("found_to_be", "read_as"), [("de", "de"), ("", "en")])
def test_a_text_is_read_in_the_language_found_before_that_of_its_record(asked, found_to_be, read_as):
    document = make_text([MILL])
    assert document.language == "en"
    live(document).passages.update(language=found_to_be)
    IndexGeneration.objects.update(language=found_to_be)
    found = gathered(Document.objects.get(pk=document.pk), asked)
    assert found.language == read_as
