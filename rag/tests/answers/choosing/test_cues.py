"""What answers look like, and what only looks like one."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rag.answers.choosing.asked_for import asked_for
from rag.answers.choosing.cues import defines, shows
from rag.answers.choosing.marks import answering


def shown(question: str, text: str, language: str) -> bool | None:
    return shows(asked_for(question, language), text, language, question)


@pytest.mark.parametrize(
    ("language", "question", "answers", "does_not"),
    [
        ("en", "Who discovered ATP?", "ATP was discovered by Karl Lohmann in muscle.", "ATP is found in every cell."),
        ("en", "Who invented X?", "It was Ada who invented X.", "The X register is written by hardware."),
        ("en", "Who proposed it?", "Schleiden proposed it.", "It was proposed by plants."),
        ("en", "When did it happen?", "It happened in 1977.", "It happened to general surprise."),
        ("en", "When did it happen?", "It happened late in the nineteenth century.", "It happened again."),
        ("en", "At what time does it open?", "It opens at nine in the morning.", "It opens for everybody."),
        ("en", "How many are there?", "There are thirty trillion.", "There are other ones."),
        (
            "en",
            "How wide is mcause?",
            "The mcause register is an MXLEN-bit register.",
            "The mcause register is written.",
        ),
        ("en", "Where is it?", "It stands in Wrenford.", "It stands."),
        ("es", "¿Quién inventó el inodoro?", "Lo inventó John Harington.", "El inodoro lleva una cisterna."),
        ("es", "¿Cuándo se publicó?", "Se publicó en 1674.", "Se publicó sin firma."),
        ("es", "¿Cuántas cosechas daban?", "Daban hasta siete cosechas.", "Daban muchas cosechas."),
        ("de", "Wer hat es erfunden?", "Es wurde von Karl Lohmann erfunden.", "Der Muskel hat es in der Zelle."),
        ("de", "Wie viele Gene hat es?", "Es hat siebenunddreißig Gene.", "Es hat viele Gene."),
        ("fr", "Combien de gènes a-t-elle ?", "Elle a trente-sept gènes.", "Elle a des gènes."),
        ("ru", "Сколько живёт эритроцит?", "Он живёт сто двадцать дней.", "Он живёт в крови."),
        ("ru", "Кто открыл АТФ?", "Её открыл Карл Ломан.", "Её открыли в мышцах."),
        ("ar", "كم آلة وصف الجزري؟", "وصف فيه خمسين آلة", "وصف فيه آلات"),
        ("ar", "متى صنعت؟", "صنعت عام 1927", "صنعت هناك"),
    ],
)
def test_an_answer_shows_what_is_asked_for(language, question, answers, does_not):
    assert shown(question, answers, language) is True
    assert shown(question, does_not, language) is not True


def test_what_the_question_says_itself_is_no_answer():
    assert shown("Who won the cup in 1998?", "In 1998 the cup was held by the town.", "en") is False
    assert shown("When, if not in 1998, was it?", "It was in 1998.", "en") is not True
    assert shown("How many of the 37 genes?", "There are 37 genes.", "en") is False


@pytest.mark.parametrize(
    ("question", "text", "language"),
    [
        ("Who did it?", "誰もいない。", "ja"),  # a language without rules
        ("من صنعها؟", "صنعها الحداد", "ar"),  # no capital letters tell names
        ("Why is it so?", "It is so.", "en"),  # a cause need not be called one
        ("Is it so?", "It is so.", "en"),
    ],
)
def test_where_nobody_can_tell_nothing_is_said(question, text, language):
    assert shown(question, text, language) is None


@pytest.mark.parametrize(
    ("about", "text", "language", "least", "most"),
    [
        ("lysosome", "Lysosomes are bags of digestive enzymes.", "en", 1, 1),
        ("oversampling", "• oversampling: The technique of drawing more.", "en", 1, 1),
        ("osmosis", "When water crosses a membrane, the passage is called osmosis.", "en", 1, 1),
        ("functor", "A functor is a mapping.", "en", 1, 1),
        ("functor", "In a category a functor is a mapping.", "en", 0.2, 0.9),
        ("functor", "We map every functor to another.", "en", 0, 0),
        ("C++", "C++ is a language.", "en", 0, 1),
        ("acuífero", "Una roca que guarda agua y la deja pasar es un acuífero.", "es", 1, 1),
        ("nivel freático", "A la superficie de esa zona se la llama nivel freático.", "es", 1, 1),
        ("Zelle", "Eine Zelle ist ein kleiner Raum.", "de", 1, 1),
        ("клетка", "Клетка — это пузырёк.", "ru", 1, 1),
        ("functor", "A functor is a mapping.", "xx", 0, 0),
        ("", "A functor is a mapping.", "en", 0, 0),
        ("a very long thing with many words", "It is.", "en", 0, 0),
    ],
)
def test_a_definition_is_told_by_how_it_begins_or_names(about, text, language, least, most):
    assert least <= defines(about, text, language) <= most


@pytest.mark.parametrize(
    ("language", "question", "quote", "marked"),
    [
        ("en", "Who discovered ATP?", "ATP was discovered in 1929 by Karl Lohmann in muscle.", ["Karl Lohmann"]),
        ("en", "When was ATP discovered?", "ATP was discovered in 1929 by Karl Lohmann.", ["1929"]),
        ("en", "How many genes has it?", "It is a small ring with only 37 genes.", ["37 genes"]),
        ("en", "How much did he pay?", "They demanded $12,000 to dismiss the case.", ["$12,000 to"]),
        ("en", "Why is it so?", "It stays because it is small; nobody minds.", ["because it is small"]),
        ("en", "Is it so?", "It is so in 1929.", []),
        ("es", "¿Quién lo inventó?", "El inodoro lo inventó John Harington en 1596.", ["John Harington"]),
        ("ja", "いつですか", "1929年です。", []),
    ],
)
def test_the_words_that_answer_are_marked(language, question, quote, marked):
    spans = answering(asked_for(question, language), quote, language, question)
    assert [span.of(quote) for span in spans] == marked


def test_marks_are_few_apart_and_in_order():
    quote = "Ada, Bob, Carl, Dora, Emil and Fritz saw Gerd near Hugo."
    spans = answering(asked_for("Who saw it?"), quote, "en", "Who saw it?")
    assert 1 <= len(spans) <= 3
    assert all(one.end < other.start for one, other in pairwise(spans))
