"""Passages: whole sentences of one section, overlapping, verbatim, inside the window."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library.ai import embeddings
from library.ai.runtimes.local import count_pieces
from rag.ingest.model.clean import CleanPage, CleanSection
from rag.ingest.passages.cut import Cut, cut, digest, embedded
from rag.text.passage_parts import joined, parts

RIVER = "The river carried the grain to the mill and the flour to the town below. "
WORDS = ["river", "grain", "mill", "flour", "town", "baker", "winter", "stone", "wheel", "water", "field", "horse"]


def prose(sentences: int, start: int = 0) -> str:
    """Sentences of twelve words, each unlike the others."""
    return " ".join(
        f"Sentence {n} tells of the {WORDS[n % 12]} and {WORDS[n // 12 % 12]} near the village {n}."
        for n in range(start, start + sentences)
    )


def passages(
    pages: str | Sequence[str], sections: Sequence[CleanSection] = (), *, window: int = 256, language: str = "en"
) -> list[Cut]:
    texts = [pages] if isinstance(pages, str) else pages
    model = embeddings.spec()
    numbered = ((number, CleanPage(text)) for number, text in enumerate(texts, 1))
    found = cut(
        numbered,
        sections,
        model=type(model)(**vars(model) | {"window": window}),
        language=language,
        count_pieces=lambda some: count_pieces(model, some),
    )
    return list(found)


def section(title: str, page: int, start: int, *above: str) -> CleanSection:
    return CleanSection(len(above) + 1, title, page, start, (*above, title))


def words(text: str) -> int:
    return len(text.split())


def overlap(one: Cut, other: Cut) -> int:
    """How many words the end of ``one`` and the beginning of ``other`` share."""
    mine, theirs = one.text.split(), other.text.split()
    return max(n for n in range(min(len(mine), len(theirs)) + 1) if mine[len(mine) - n :] == theirs[:n])


def test_long_text_is_cut_evenly_into_about_120_words_with_30_said_again():
    found = passages(prose(80))
    assert len(found) == round((80 * 12 - 30) / 90)
    assert all(105 <= words(part.text) <= 135 for part in found)
    assert all(24 <= overlap(one, other) <= 36 for one, other in pairwise(found))


def test_no_small_rest_is_left():
    assert [words(part.text) for part in passages(prose(13))] == [156]
    assert min(words(part.text) for count in range(1, 60) for part in passages(prose(count))[1:]) >= 70


def test_every_sentence_is_in_some_passage():
    text = prose(100)
    found = passages([text[:2000], text[2000:]])
    assert all(any(f"Sentence {n} " in part.text for part in found) for n in range(100))


def test_passages_begin_and_end_with_sentences():
    assert all(part.text.startswith("Sentence") and part.text.endswith(".") for part in passages(prose(90)))


def test_passage_goes_on_over_the_end_of_a_page_in_the_middle_of_a_sentence():
    text = prose(20)
    middle = text.index("near the village 9.")
    found = passages([text[: middle - 1], text[middle:]])
    assert any((part.first_page, part.last_page) == (1, 2) for part in found)
    assert [part.text for part in found] == [part.text for part in passages(text)], "a page's end changes nothing"


def test_passage_is_the_text_of_its_pages_at_its_offsets():
    pages = [f"{prose(9, 50 * n)}\n\n{prose(4, 50 * n + 20)}" for n in range(6)]
    pages.insert(3, "")
    texts = dict(enumerate(pages, 1))
    found = passages(pages)
    assert any(part.last_page - part.first_page == 2 for part in found)
    assert all(
        joined(parts(part.first_page, part.start, part.last_page, part.end, texts), texts) == part.text
        for part in found
    )


def test_paragraphs_of_two_pages_are_not_one_sentence():
    found = passages(["A label without a verb", "The mill stands by the river and grinds the grain of the town."])
    assert found[0].text.startswith("A label without a verb The mill")
    assert found[0].last_page == 2


def test_no_passage_has_text_of_two_sections():
    first, second = f"1 Grain\n\n{prose(30)}", f"2 Flour\n\n{prose(30, 100)}"
    pages = [f"{first}\n\n{second[:600]}", second[600:]]
    sections = [section("1 Grain", 1, 0), section("2 Flour", 1, len(first) + 2)]
    found = passages(pages, sections)
    assert {part.section for part in found} == {0, 1}
    for part in found:
        numbers = {int(word) for word in part.text.replace(".", "").split() if word.isdigit() and int(word) > 2}
        assert max(numbers) < 30 if part.section == 0 else min(numbers) >= 100
    assert next(part for part in found if part.section == 1).text.startswith("2 Flour\n\nSentence 100")


def test_section_that_is_only_a_heading_stands_before_the_next():
    text = f"Chapter 3\n\n3.1 Grain\n\n{prose(5)}"
    found = passages(text, [section("Chapter 3", 1, 0), section("3.1 Grain", 1, 11, "Chapter 3")])
    assert [(part.section, part.text) for part in found] == [(1, text)]


def test_heading_before_what_is_left_out_is_not_put_before_what_follows_that():
    contents = f"3.1 Grain {'. ' * 20}30"
    text = f"Chapter 3\n\nSee below\n\n{contents}\n\nMore of it\n\n{prose(5)}"
    mill = section("Mill", 1, text.index("Sentence 0"))
    found = passages(text, [section("Chapter 3", 1, 0), section("See below", 1, 11), mill])
    assert [part.text for part in found if part.section == 2] == [prose(5)]
    assert all(". . ." not in part.text for part in found)


def test_short_section_is_a_passage_of_its_own():
    text = f"A\n\nThe mill burned down in the winter.\n\nB\n\n{prose(5)}"
    found = passages(text, [section("A", 1, 0), section("B", 1, text.index("B\n\n"))])
    assert [part.section for part in found] == [0, 1]


def test_sections_that_all_begin_at_the_top_of_their_page_do_no_harm():
    sections = [section(f"Part {n}", 1, 0) for n in range(40)]
    assert [part.section for part in passages(prose(5), sections)] == [39]


def test_context_is_the_path_of_the_section():
    part = passages(prose(5), [section("Milling", 1, 0, "The Town", "Food")])[0]
    assert part.context == "The Town › Food › Milling"
    assert embedded(part.context, part.text) == f"The Town › Food › Milling\n{part.text}"


def test_context_never_takes_much_of_the_window():
    path = [f"A very long title that goes on and on, number {n}" for n in range(9)]
    found = passages(prose(60), [section("Last", 1, 0, *path)])
    assert found[0].context.endswith("number 8 › Last")
    assert len(found[0].context) < 200
    assert pieces(found) <= 256


@cache
def listing() -> str:
    return "\n".join(f"    {n:04x}: mov r{n % 16}, #0x{n * 7919:08x} ; set_register_{n}" for n in range(120))


def pieces(found: Sequence[Cut]) -> int:
    return max(count_pieces(embeddings.spec(), [embedded(part.context, part.text) for part in found]))


@pytest.mark.parametrize(
    "text",
    [
        listing(),
        " ".join(f"0x{n:08x}" for n in range(100)) + ".",
        "".join(f"{n}abc" for n in range(700)),
        "".join(chr(0x4E00 + 7 * n) for n in range(900)),
        "Ж" * 500 + " " + "x" * 700,
        prose(40).replace(". ", ", "),
        "\n".join(f"{n} | a, b | {n * n}" for n in range(300)),
        "😀" * 600,
        "- " * 500,
    ],
    ids=["listing", "numbers", "endless", "chinese", "unbroken", "one-sentence", "table", "signs", "dashes"],
)
def test_whatever_the_text_no_passage_is_longer_than_the_window(text):
    found = passages(text, [section("A section with a title of some length", 1, 0)])
    if found:
        assert pieces(found) <= 256
        covered = {place for part in found for place in range(part.start, part.end)}
        left = [letter for place, letter in enumerate(text) if place not in covered and letter.isalnum()]
        assert len(left) <= 0.02 * len(text)


def test_listing_is_parted_at_its_lines():
    found = passages(listing())
    assert len(found) > 3
    assert all(part.text.startswith("0") and ": mov" in part.text[:10] for part in found)


def test_contents_and_lone_numbers_make_no_passages():
    contents = "\n\n".join(f"{n}.1 Chapter about things {'. ' * 20}{n * 10}" for n in range(1, 20))
    assert passages(contents) == []
    assert passages("17") == []
    assert passages("") == []
    assert passages([]) == []


def test_page_that_says_an_earlier_one_again_is_left_out():
    pages = [prose(12), prose(12, 100), prose(12), prose(12, 200)]
    found = passages(pages)
    assert len({part.text_hash for part in found}) == len(found)
    assert sum("Sentence 5 " in part.text for part in found) <= 2  # and that only where two overlap
    assert all(not (part.first_page <= 3 <= part.last_page) for part in found)


def test_equal_passages_are_given_once():
    pages = [f"A\n\n{prose(6)}", f"A\n\n{prose(6)}", f"A\n\n{prose(6)} "]
    found = passages(pages, [section("A", n, 0) for n in (1, 2, 3)])
    assert len(found) == 1


def test_hash_does_not_see_line_breaks():
    assert digest("a  b\nc") == digest("a b c")
    assert digest("a b c") != digest("a b d")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.text(alphabet="abcdef .!?\n|", max_size=200), max_size=5).map(". ".join), max_size=4),
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 400)), max_size=4),
    st.integers(48, 256),
)
def test_whatever_the_pages_passages_are_verbatim_in_order_and_inside_the_window(pages, marks, window):
    sections = [section(f"S{n}", *mark) for n, mark in enumerate(sorted(marks))]
    found = passages(pages, sections, window=window)
    texts = dict(enumerate(pages, 1))
    for part in found:
        assert joined(parts(part.first_page, part.start, part.last_page, part.end, texts), texts) == part.text
    places = [((part.first_page, part.start), (part.last_page, part.end)) for part in found]
    assert all(one[0] < other[0] and one[1] < other[1] for one, other in pairwise(places))
    assert not found or pieces(found) <= window
    assert passages(pages, sections, window=window) == found


def test_each_passage_knows_its_language():
    german = "Der Müller trug das Korn zur Mühle und brachte das Mehl zurück in die Stadt am Fluss. " * 4
    french = "La rivière portait le grain au moulin et la farine à la ville en contrebas du vieux pont. " * 4
    texts = [prose(10), german, french]
    found = passages(texts, [section(f"S{n}", n, 0) for n in (1, 2, 3)])
    assert [part.language for part in found] == ["en", "de", "fr"]
