"""What a chapter is about is told by its own sentences."""

from __future__ import annotations

import pytest

from rag.answers import chapters
from rag.answers.choosing.asked_for import asked_for
from rag.answers.choosing.chapters import TitledPart, end_of, meant
from rag.models import Section
from rag.tests.texts import make_text

PLAIN = [
    TitledPart("Mills", 1, 1, 0),
    TitledPart("Wind", 2, 2, 0),
    TitledPart("In brief", 2, 3, 0),
    TitledPart("Rivers and Lakes", 1, 4, 0),
    TitledPart("Floods", 2, 5, 0),
]
OWN = [
    TitledPart("Preface", 1, 1, 0),
    TitledPart("1 Mills", 1, 2, 0),
    TitledPart("1.1 Wind", 2, 3, 0),
    TitledPart("Chapter 2: Rivers", 1, 4, 0),
]


@pytest.mark.parametrize(
    ("question", "parts", "place"),
    [
        ("What is chapter 2 about?", PLAIN, 3),
        ("Summarise chapter II", PLAIN, 3),
        ("What is chapter 9 about?", PLAIN, None),
        ("What is the chapter on rivers about?", PLAIN, 3),
        ("¿De qué trata el capítulo sobre Rivers?", PLAIN, 3),
        ("Worum geht es im Rivers Kapitel?", PLAIN, 3),
        ("What is the section on floods about?", PLAIN, 4),
        ("What is the chapter on volcanoes about?", PLAIN, None),
        ("What is chapter 2 about?", OWN, 3),
        ("What is section 1.1 about?", OWN, 2),
        ("What is chapter 1 about?", OWN, 1),
        ("What is chapter 3 about?", OWN, None),
        ("What is chapter 1 about?", [], None),
    ],
)
def test_a_chapter_is_meant_by_its_number_or_its_title(question, parts, place):
    asked = asked_for(question)
    assert asked.kind == "chapter"
    assert meant(asked.about, parts) == place


def test_a_chapter_ends_with_the_next_one():
    assert [end_of(place, PLAIN) for place in range(5)] == [3, 2, 3, 5, 5]


@pytest.fixture
def document(db):
    made = make_text(
        [
            "Mills\n\nA mill stands beside the river of the town. It turns.\n\nWind\n\nThe wind drives many mills.",
            "In brief\n\n• Mills are driven by water or by wind.\n• Nobody has built a mill since the war.",
            "Rivers\n\nIt rains. A river carries the water of its land to the sea.",
        ]
    )
    rows = [("Mills", 1, 1, 0), ("Wind", 2, 1, 57), ("In brief", 2, 2, 0), ("Rivers", 1, 3, 0)]
    generation = made.live_generation
    assert generation is not None
    generation.passages.all().delete()
    generation.sections.all().delete()
    for ordinal, (title, level, page, start) in enumerate(rows):
        Section.objects.create(
            generation=generation,
            ordinal=ordinal,
            level=level,
            title=title,
            path=[title],
            page=page,
            start=start,
        )
    return made


def said(document, question):
    found = chapters.told(document, document.live_generation, question)
    return None if found is None else [statement.text for statement in found.statements]


def test_its_summary_tells_what_it_is_about(document):
    assert said(document, "What is chapter 1 about?") == [
        "• Mills are driven by water or by wind.",
        "• Nobody has built a mill since the war.",
    ]


def test_without_a_summary_its_first_sentences_do(document):
    assert said(document, "What is the chapter on rivers about?") == [
        "A river carries the water of its land to the sea."
    ]


def test_of_a_chapter_that_is_not_there_nothing_is_told(document):
    assert said(document, "What is chapter 7 about?") is None
    assert said(document, "What do mills do?") is None


def test_two_queries_tell_a_chapter(document, django_assert_num_queries):
    with django_assert_num_queries(2):
        said(document, "What is chapter 1 about?")
