"""What could be a heading at all, line by line, and the looks of lines."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from rag.ingest.model.raw import PageLine, PageWord, RawPage
from rag.ingest.structure.fonts import FontLook, looks_of
from rag.ingest.structure.headings import HeadingRun, could_head, find, is_label, runs_of, stands_out
from rag.tests.pdfs import CHAPTERS
from rag.tests.raw_pages import Press

BODY = FontLook("Serif", 10.0, False, False)
LARGE = FontLook("Serif", 16.0, True, False)
PROSE = [paragraph for chapter in CHAPTERS for paragraph in chapter]


def run(text: str, **values: Any) -> HeadingRun:
    whole: dict[str, Any] = {"page": 1, "first": 0, "last": 0, "look": LARGE, "alone": True, "closes": False}
    return HeadingRun(**whole | {"above": 9.0, "on_page": 300} | values, text=text)


@pytest.mark.parametrize(
    "text",
    [
        "Of Whales",
        "whales of old",
        "2.3.1 Trees",
        "2.3.1 x",
        "Chapter 4",
        "4. Loops",
        "Chapter 4.",
        "What is a whale?",
        "Киты",
        "鯨類",
        "Où va la mer ?",
        "3.2 of small letters and many more words",
    ],
)
def test_this_could_be_a_heading(text):
    assert could_head(run(text))


@pytest.mark.parametrize(
    "text",
    [
        "The whale is large.",
        "The whale, which is large,",
        "as everybody knows:",
        "of small letters and many more",
        "Figure 3. A whale",
        "Table IV: Whales",
        "Abb. 2 Wale",
        "see https://example.org",
        "whale@example.org",
        "Whales . . . . . . 7",
        "x = 2",
        "a → b",
        "∀",
        "12 345",
        "A",
        "ab",
        "•",
        "",
        "1 2 3 x",
    ],
)
def test_this_could_not(text):
    assert not could_head(run(text))


def test_heading_stands_alone():
    assert not could_head(run("Of Whales", alone=False))


def test_line_with_a_page_number_in_a_table_of_contents_is_no_heading():
    assert not could_head(run("Of Whales 17", contents=True))
    assert not could_head(run("Of Whales xvii", contents=True))
    assert could_head(run("Of Whales 17"))
    assert could_head(run("Contents", contents=True))


@pytest.mark.parametrize(
    ("look", "stands"),
    [
        (BODY, False),
        (BODY._replace(size=10.5), False),
        (BODY._replace(size=11.0), True),
        (BODY._replace(bold=True), True),
        (BODY._replace(bold=True, size=9.0), False),
        (BODY._replace(font="Sans"), True),
        (BODY._replace(italic=True), False),
        (FontLook("(recognised)", 11.5, False, False), False),
        (FontLook("(recognised)", 12.0, False, False), True),
    ],
)
def test_look_stands_out_by_its_size_weight_or_font(look, stands):
    assert stands_out(look, BODY) is stands


def test_bold_stands_out_only_where_the_text_is_not_bold():
    assert not stands_out(BODY._replace(bold=True), BODY._replace(bold=True))


@pytest.mark.parametrize(
    ("text", "values", "is_one"),
    [
        ("4", {"look": BODY._replace(size=15.0)}, True),
        ("4", {"look": BODY._replace(size=14.5)}, False),
        ("Chapter 4", {"look": BODY}, True),
        ("Chapter 4", {"look": BODY, "alone": False}, False),
        ("4.1", {"look": BODY}, False),
        ("4 Whales", {"look": LARGE}, False),
        ("4", {"look": BODY._replace(size=30.0), "contents": True}, False),
        ("Whales", {"look": LARGE}, False),
    ],
)
def test_label_is_a_number_alone_over_its_title(text, values, is_one):
    assert is_label(run(text, **values), BODY) is is_one


def line(text: str, *heights: float, size: float = 10.0, font: str = "Serif") -> PageLine:
    words, x = [], 0.0
    for place, part in enumerate(text.split()):
        height = heights[place % len(heights)] if heights else size
        words.append(PageWord(part, x, 0, x + 10, height))
        x += 12
    return PageLine(words, size, font=font)


def page(*lines: PageLine, source: Any = "text") -> RawPage:
    return RawPage(600, 800, source=source, lines=list(lines))


def test_name_of_a_part_of_a_font_is_that_of_the_font():
    assert looks_of(page(line("one", font="ABCDEF+Serif")))[0].font == "Serif"
    assert looks_of(page(line("one", font="ABCDE+Serif")))[0].font == "ABCDE+Serif"


def test_drop_capital_does_not_make_its_line_large():
    looks = looks_of(page(line("T he whale is large", 30, 10, 10, 10, 10, size=30), *[line("one two three")] * 3))
    assert {look.size for look in looks} == {10.0}


def test_large_line_of_even_letters_stays_large():
    looks = looks_of(page(line("Of Whales", 30, 28, size=30), line("one two three")))
    assert [look.size for look in looks] == [30.0, 10.0]


def test_sizes_are_told_apart_by_half_a_point():
    looks = looks_of(page(line("a b", size=10.2), line("a b", size=10.3)))
    assert [look.size for look in looks] == [10.0, 10.5]


def test_sizes_measured_in_a_picture_are_those_of_most_words_or_clearly_others():
    looks = looks_of(page(*[line("one two three", size=size) for size in (10, 11, 9, 12.4, 16, 7)], source="ocr"))
    assert len({look.size for look in looks[:4]}) == 1
    assert looks[4].size > looks[0].size > looks[5].size
    assert {look.font for look in looks} == {"(recognised)"}


def test_page_without_lines_has_no_looks_and_no_runs():
    assert looks_of(page()) == looks_of(page(source="ocr")) == []
    assert runs_of(1, page(), []) == []


def runs(press: Press) -> list[HeadingRun]:
    return runs_of(1, press.page, looks_of(press.page))


def test_long_stretches_and_listings_are_no_runs():
    press = Press().paragraph(" ".join(PROSE[:3])).lines("x = 1", kind="code").heading("Of Whales")
    assert [one.text for one in runs(press)] == ["Of Whales"]


def test_run_knows_its_page_its_lines_and_its_place():
    press = Press().heading("Of Whales").paragraph(PROSE[0]).heading("The End")
    first, last = (one for one in runs(press) if one.look.bold)
    assert (first.page, first.first, first.last, first.alone, first.closes, first.above) == (1, 0, 0, True, False, 9.0)
    assert (last.text, last.closes, last.alone) == ("The End", True, True)
    assert first.on_page == sum(len(each.words) for each in press.page.lines)


def test_hyphen_at_the_end_of_a_heading_line_is_mended():
    press = Press().heading("Photo-", size=16)
    press.page.lines[-1].words[-1].text = "Photo-"
    press.heading("synthesis", size=16)
    press.page.lines[-1].starts = False
    assert [one.text for one in runs(press)] == ["Photosynthesis"]


def test_page_of_entries_is_one_of_contents():
    contents = Press().heading("Contents")
    for number in range(4):
        contents.lines(f"Of matter {number} {7 * number + 3}")
    assert all(one.contents for one in runs(contents))
    short = Press().heading("Contents")
    for number in range(3):
        short.lines(f"Of matter {number} {7 * number + 3}")
    assert not any(one.contents for one in runs(short))


def test_book_without_runs_has_no_headings():
    assert find([], Counter(), BODY, {}) == []


def test_running_lines_are_no_headings():
    letters = Counter({BODY: 10_000, LARGE: 40})
    found = [run(f"Of Matter {name}", page=number) for number, name in enumerate("abcd", start=1)]
    assert len(find(found, letters, BODY, {})) == 4
    assert [head.page for head in find(found, letters, BODY, {2: {0}, 3: {5}})] == [1, 3, 4]
