"""How lines, headings and figures become pages, and what stands around them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo import layout
from demo.figures import DRAWINGS
from demo.layout import BOTTOM, FOOT, HEAD, INDENT, LEADING, LEFT, OPENING, RIGHT, TOP, WIDTH
from demo.manuscript import Chapter, Figure, Heading, Paragraph, words_of
from demo.tests.setting import book, measure, prose, rows, set_chapter

BULLET = "• "


def paragraph(lines, start="cell"):
    return Paragraph(prose(lines, start=start))


def bullet(text):
    return Paragraph(words_of(text), bullet=True)


def figure(name="mitosis"):
    return Figure(name, words_of("A cell that divides", "italic"))


def texts(sheet):
    return [mark.text.strip() for mark in sheet.marks]


def test_a_short_chapter_is_one_page_with_number_title_and_text():
    (sheet,) = set_chapter(paragraph(3))
    assert {"Chapter 1", "Cells"} <= set(texts(sheet))
    assert next(iter(rows(sheet))) == OPENING
    assert [y - OPENING for y in rows(sheet)] == [n * LEADING for n in range(len(rows(sheet)))]


def test_an_empty_chapter_has_its_page():
    (sheet,) = set_chapter()
    assert "Cells" in texts(sheet)


def test_text_runs_on_to_further_pages_within_the_margins():
    sheets = set_chapter(*[paragraph(9, start=f"p{n}") for n in range(20)])
    assert len(sheets) > 3
    for sheet in sheets:
        assert all(TOP <= y <= BOTTOM + 0.1 for y in rows(sheet))
        for mark in sheet.marks:
            assert mark.x >= LEFT - 0.01
            assert mark.x + measure(mark.text.rstrip(), mark.face, mark.size) <= RIGHT + 0.01
    said = " ".join(" ".join(rows(sheet).values()) for sheet in sheets).split()
    assert [word for word in said if word.startswith("p")] == [f"p{n}" for n in range(20)]
    assert len(said) == 20 * 9 * 6


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(2, 12), min_size=5, max_size=25))
def test_no_line_of_a_paragraph_stands_alone_on_a_page(lengths):
    sheets = set_chapter(*[paragraph(lines, start=f"start{n}") for n, lines in enumerate(lengths)])
    left: list[list[int]] = [[] for _ in lengths]  # of each paragraph, how many lines are on its pages
    now = -1
    for sheet in sheets:
        here: dict[int, int] = {}
        for line in rows(sheet).values():
            if line.startswith("start"):
                now += 1
            here[now] = here.get(now, 0) + 1
        for number, lines in here.items():
            left[number].append(lines)
    assert [pages for pages in left if len(pages) > 1 and min(pages) < 2] == []


@pytest.mark.parametrize("behind", [2, 3, 4])
def test_no_heading_stands_at_the_foot_of_a_page(behind):
    for before in [*range(18, 30), *range(50, 64)]:
        sheets = set_chapter(paragraph(before), Heading("Division"), paragraph(behind, start="under"))
        (sheet,) = [one for one in sheets if "Division" in texts(one)]
        (y,) = [mark.y for mark in sheet.marks if mark.text == "Division"]
        assert len([height for height in rows(sheet) if height > y]) >= 2, f"nothing beneath it after {before} lines"


def test_a_heading_at_the_top_of_a_page_has_no_empty_line_above():
    (sheet,) = set_chapter(Heading("Walls"), paragraph(2), Heading("Division"), paragraph(2))
    places = {mark.text: mark.y for mark in sheet.marks if mark.face == "bold"}
    assert places["Walls"] == OPENING
    *_above, last = [y for y in rows(sheet) if y < places["Division"]]
    assert places["Division"] - last == 2 * LEADING


def test_a_paragraph_behind_another_is_indented_and_none_else_is():
    (sheet,) = set_chapter(
        Heading("Walls"),
        paragraph(1, "a1"),
        paragraph(1, "b2"),
        bullet("c3"),
        paragraph(1, "d4"),
        figure(),
        paragraph(1, "e5"),
    )
    starts = {mark.text.strip(): mark.x for mark in sheet.marks}
    assert starts["b2"] == LEFT + LEADING
    assert {starts[word] for word in ("a1", "d4", "e5")} == {LEFT}
    assert starts["c3"] == LEFT + INDENT


def test_each_entry_of_a_list_has_one_dot_and_hangs():
    (sheet,) = set_chapter(bullet("cells " * 30), bullet("walls"))
    dots = [mark for mark in sheet.marks if mark.text == BULLET]
    assert len(dots) == 2
    assert {mark.x for mark in sheet.marks if mark.text.strip() == "walls"} == {LEFT + INDENT}
    firsts = [line for line in rows(sheet).values() if line.startswith(BULLET)]
    assert len(firsts) == 2
    assert len(rows(sheet)) > 2


def test_a_list_is_set_off_from_the_text_around_it():
    (sheet,) = set_chapter(paragraph(1), bullet("one"), bullet("two"), paragraph(1))
    text, one, two, behind = rows(sheet)
    assert one - text == pytest.approx(1.4 * LEADING)
    assert two - one == pytest.approx(LEADING)
    assert behind - two == pytest.approx(1.4 * LEADING)


def test_a_figure_stands_where_it_is_called_for_with_its_words_beneath():
    (sheet,) = set_chapter(paragraph(2), figure("mitosis"), paragraph(1, "behind"))
    ((name, top),) = sheet.figures
    caption = next(
        mark for mark in sheet.marks if mark.colour == layout.GREY and mark.size == 9.5 and mark.text == "A "
    )
    assert name == "mitosis"
    assert top + DRAWINGS[name].height < caption.y
    (behind,) = [mark.y for mark in sheet.marks if mark.text.strip() == "behind"]
    assert behind > caption.y + LEADING / 2


def test_the_words_beneath_a_figure_are_in_the_middle():
    (sheet,) = set_chapter(figure())
    marks = [mark for mark in sheet.marks if mark.size == 9.5 and mark.y < FOOT]
    first, last = marks[0].x, marks[-1].x + measure(marks[-1].text, "italic", 9.5)
    assert first - LEFT == pytest.approx(RIGHT - last)


def test_a_figure_without_room_waits_for_the_next_page_while_the_text_runs_on():
    first, second = set_chapter(paragraph(20), figure("cell"), paragraph(9, "behind"))
    assert first.figures == []
    assert [name for name, _top in second.figures] == ["cell"]
    assert second.figures[0][1] == TOP - 8
    assert any("behind" in line for line in rows(first).values()), "no empty space is left for it"


def test_figures_keep_their_order():
    sheets = set_chapter(paragraph(20), figure("cell"), figure("membrane"), figure("mitosis"), paragraph(40))
    assert [name for sheet in sheets for name, _top in sheet.figures] == ["cell", "membrane", "mitosis"]


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_figures_at_the_end_of_a_chapter_are_all_there(number):
    sheets = set_chapter(paragraph(22), *[figure("cell")] * number)
    assert sum(len(sheet.figures) for sheet in sheets) == number


def test_no_figure_reaches_over_the_foot_or_over_another():
    names = ["cell", "mitosis", "membrane", "mitochondrion"] * 3
    for sheet in set_chapter(*[block for name in names for block in (paragraph(5), figure(name))]):
        ends = 0.0
        for name, top in sheet.figures:
            assert top >= ends
            ends = top + DRAWINGS[name].height
            assert ends < BOTTOM
            assert not [y for y in rows(sheet) if top + 8 < y < ends], "text stands on a drawing"


def test_the_title_page_names_book_author_house_and_year():
    title, imprint = layout.set_book(book(Chapter("Cells", [paragraph(1)])), measure)[0][:2]
    assert texts(title) == ["The Cell", "Ann Lee", "Lyceum Library", "2024"]
    assert "First published 2024." in " ".join(texts(imprint))


def test_a_book_of_the_library_itself_names_it_once():
    title = layout.set_book(book(Chapter("Cells"), author="Lyceum Library"), measure)[0][0]
    assert texts(title).count("Lyceum Library") == 1


def test_every_page_behind_the_imprint_has_its_number():
    sheets, _contents = layout.set_book(book(*[Chapter(f"C{n}", [paragraph(50)]) for n in range(3)]), measure)
    for page, sheet in enumerate(sheets, 1):
        folios = [mark for mark in sheet.marks if mark.y == FOOT]
        assert [mark.text for mark in folios] == ([str(page)] if page > 2 else [])
        for mark in folios:
            assert mark.x + measure(mark.text, "roman", 9.5) / 2 == pytest.approx(WIDTH / 2)


def test_running_heads_name_the_book_on_the_left_and_the_chapter_on_the_right():
    sheets, contents = layout.set_book(book(Chapter("Walls", [paragraph(150)])), measure)
    (entry,) = contents
    for page, sheet in enumerate(sheets, 1):
        heads = [mark for mark in sheet.marks if mark.y == HEAD]
        if page <= entry.page:
            assert heads == [], "neither the front nor the opening of a chapter has one"
            continue
        (head,) = heads
        if page % 2:
            assert head.text == "Walls"
            assert head.x + measure("Walls", "italic", 9.5) == pytest.approx(RIGHT)
        else:
            assert (head.text, head.x) == ("The Cell", LEFT)
    assert len(sheets) > entry.page + 2


def test_the_contents_lead_to_the_pages_where_things_begin():
    chapters = [
        Chapter(f"Chapter of {n}", [Heading(f"S{n}"), paragraph(30), Heading(f"T{n}"), paragraph(30)]) for n in range(4)
    ]
    sheets, contents = layout.set_book(book(*chapters), measure)
    assert [entry.title for entry in contents if entry.level == 1] == [one.title for one in chapters]
    assert [entry.number for entry in contents if entry.level == 1] == [1, 2, 3, 4]
    for entry in contents:
        assert entry.title in texts(sheets[entry.page - 1])
    assert [entry.page for entry in contents] == sorted(entry.page for entry in contents)


@pytest.mark.parametrize("sections", [1, 8, 20])
def test_contents_of_any_length_count_themselves(sections):
    chapters = [
        Chapter(f"Chapter of {n}", [block for s in range(sections) for block in (Heading(f"S{n}.{s}"), paragraph(2))])
        for n in range(6)
    ]
    sheets, contents = layout.set_book(book(*chapters), measure)
    (start,) = [page for page, sheet in enumerate(sheets) if "Contents" in texts(sheet)]
    tables = sheets[start : contents[0].page - 1]
    assert len(tables) == (1 if sections == 1 else len(tables))
    assert sections == 1 or len(tables) > 1
    assert [link[2] for sheet in tables for link in sheet.links] == [entry.page for entry in contents]
    listed = [text for sheet in tables for text in texts(sheet)]
    for entry in contents:
        assert (f"{entry.number}  {entry.title}" if entry.level == 1 else entry.title) in listed
        assert str(entry.page) in listed
    for sheet in tables:
        for top, bottom, _page in sheet.links:
            assert 0 < top < bottom <= BOTTOM + LEADING


def test_dots_lead_from_a_section_to_its_page_and_never_over_either():
    chapters = [Chapter("Walls", [Heading("Of what they are made"), paragraph(2), Heading("W" * 54), paragraph(2)])]
    sheets, _contents = layout.set_book(book(*chapters), measure)
    (table,) = [sheet for sheet in sheets if "Contents" in texts(sheet)]
    dotted = [mark for mark in table.marks if set(mark.text) <= {".", " "}]
    (one,) = dotted
    title = next(mark for mark in table.marks if mark.text.startswith("Of what"))
    page = next(mark for mark in table.marks if mark.text.isdigit() and mark.y == one.y)
    assert one.y == title.y
    assert title.x + measure(title.text.strip(), "roman", 10) <= one.x
    assert one.x + measure(one.text, "roman", 10) <= page.x
