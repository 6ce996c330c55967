"""Numbers before titles."""

from __future__ import annotations

import pytest

from rag.ingest.structure.numbering import number_of, roman


@pytest.mark.parametrize(
    ("title", "depth", "values", "rest"),
    [
        ("3.1.2 Trees", 3, (3, 1, 2), "Trees"),
        ("3.1.2. Trees", 3, (3, 1, 2), "Trees"),
        ("A.1. Rationale", 2, (1, 1), "Rationale"),
        ("§ 4.2 Loops", 2, (4, 2), "Loops"),
        ("Chapter 4. Loops", 1, (4,), "Loops"),
        ("CHAPTER XIV", 1, (14,), ""),
        ("Chapter Seven: The Storm", 1, (7,), "The Storm"),
        ("Part II — Practice", 0, (2,), "Practice"),
        ("Appendix C: Tables", 1, (3,), "Tables"),
        ("Appendix: Tables", 1, (0,), "Tables"),
        ("Kapitel 3 Der Wal", 1, (3,), "Der Wal"),
        ("7 Functors", 1, (7,), "Functors"),
        ("IV. The Garden", 1, (4,), "The Garden"),
    ],
)
def test_number_and_title_are_told_apart(title, depth, values, rest):
    number = number_of(title)
    assert number is not None
    assert (number.depth, number.values, number.rest) == (depth, values, rest)


@pytest.mark.parametrize(
    "title",
    [
        "A question of taste",
        "I am a cat",
        "Parting",
        "Chapters of a life",
        "Preface",
        "Part of the plan",
        "2-Categories",
    ],
)
def test_title_without_a_number_has_none(title):
    assert number_of(title) is None


@pytest.mark.parametrize(
    ("text", "value"), [("xiv", 14), ("MCMXC", 1990), ("iiii", 0), ("mix", 1009), ("", 0), ("a", 0)]
)
def test_roman_numbers(text, value):
    assert roman(text) == value
