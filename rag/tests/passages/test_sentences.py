from __future__ import annotations

import pytest

from rag.text.sentences import is_contents_line, is_quotable, leans, split


def parts(text: str) -> list[str]:
    return [span.of(text) for span in split(text)]


def test_sentences_stand_where_they_say():
    text = "Dr. Watt came in 1769.  He improved\nthe engine.\n\nSee Fig. 3 there. What for?"
    assert parts(text) == ["Dr. Watt came in 1769.", "He improved\nthe engine.", "See Fig. 3 there.", "What for?"]


def test_dotted_names_stay_whole():
    assert parts("The mode is kept in mstatus.MPP. Then it returns.") == [
        "The mode is kept in mstatus.MPP.",
        "Then it returns.",
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It holds a value of type a. So it is larger.", 2),
        ("(It rained all day.) But the sun came out.", 2),
        ("He read Roe v. Wade at night.", 1),
        ("See p. Xii there, e.g. the Times.", 1),
    ],
)
def test_sentences_end_behind_a_letter_and_behind_brackets(text, count):
    assert len(parts(text)) == count
    assert " ".join(parts(text)) == text


def test_heading_is_no_part_of_the_sentence_below_it():
    assert parts("3.4 Monoid as Set\n\nMonoid is simple.") == ["3.4 Monoid as Set", "Monoid is simple."]


@pytest.mark.parametrize("text", ["", "   ", "\n\n\n"])
def test_nothing_has_no_sentences(text):
    assert parts(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "A functor is a mapping between categories.",
        "The blue whale, as far as we know, eats krill all day long.",
        "“Bread rises because yeast turns sugar into gas.”",
    ],
)
def test_statements_can_be_quoted(text):
    assert is_quotable(text)


@pytest.mark.parametrize(
    "text",
    [
        "3.4 Monoid as Set",
        "What is a functor good for in practice?",
        "10.1 Polymorphic Functions . . . . . . . . . . 163",
        "Machine trap instruction (mtinst) register.",
        "and so the rest of it follows from the page before.",
        "fmap :: (a -> b) -> f a -> f b is the type of it.",
        "x = 1 + a * x and y = 2 * b + c = d.",
        "Figure 40. The resumable NMI cause register mncause is here.",
        "Copyright © 2024 by the author, all rights reserved here.",
        "Yes.",
    ],
)
def test_headings_fragments_questions_listings_and_notes_cannot(text):
    assert not is_quotable(text)


def test_small_letter_may_begin_a_sentence_that_follows_another():
    sentence = "mstatus is the register that keeps the state of the machine."
    assert is_quotable(sentence, before="The state is kept. ")
    assert not is_quotable(sentence, before="as we saw in ")
    assert not is_quotable(sentence)


def test_contents_lines_are_known_by_their_leaders():
    assert is_contents_line("Preface ......... 5")
    assert not is_contents_line("And so on ... he said.")


def test_leaning_sentences_are_known():
    assert leans("However, it may be so.")
    assert not leans("Itinerant preachers came to the town.")
