"""Labels of plots are no sections, however large they are printed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rag.ingest.cleaning import Survey
from rag.ingest.model.raw import PageLine, PageWord, RawPage
from rag.ingest.structure.plots import labels
from rag.ingest.structure.sections import sections
from rag.tests.pdfs import CHAPTERS
from rag.tests.raw_pages import LEFT, Press

TICKS = ("0", "20", "40", "60", "80", "100")


def row(
    press: Press, y: float, texts: Sequence[str], *, step: float = 60.0, size: float = 9.0, apart: bool = False
) -> None:
    """Numbers along an axis, as one line or as lines of their own."""
    found = [
        PageWord(text, LEFT + 60 + step * n, y, LEFT + 60 + step * n + 5 * len(text), y + size)
        for n, text in enumerate(texts)
    ]
    for words in [[word] for word in found] if apart else [found]:
        press.page.lines.append(PageLine(words, size, font="Sans", starts=True))


def turned(press: Press, text: str, y: float, *, size: float = 14.0) -> None:
    """A label that runs upwards along the left axis."""
    words = [PageWord(part, LEFT, y - 30 * n, LEFT + size, y - 30 * n + 25) for n, part in enumerate(text.split())]
    press.page.lines.append(PageLine(words, size, font="Sans", starts=True))


def plot(press: Press, name: str, *, apart: bool = False, font: str = "Sans", ticks: Sequence[str] = TICKS) -> Press:
    """A drawing of a curve with its name above, numbers and labels along its axes, and a caption."""
    y = press.y + 200
    press._line(f"{name} over time", press.y + 5, LEFT + 150, 14, font, True)
    row(press, y, ticks, apart=apart)
    press._line("Time of day", y + 14, LEFT + 60 + 110, 14, font, True)
    press.y = y + 40
    press.paragraph(f"Figure 1: {name} of the mill, as it was measured in the course of the day.", size=9)
    turned(press, "Weight of grain", y - 60)
    return press


def titles(pages: Sequence[RawPage]) -> list[str]:
    survey = Survey()
    for number, page in enumerate(pages, start=1):
        survey.see(number, page)
    clean = [(number, survey.clean(number, page)) for number, page in enumerate(pages, start=1)]
    return [section.title for section in sections((), clean)]


def book(*, font: str, apart: bool = False) -> list[RawPage]:
    pages = []
    for n in range(8):
        press = Press().heading(f"Of Matter {'ABCDEFGH'[n]}", font="Serif")
        press.paragraph(CHAPTERS[n % 4][0])
        if n % 3 == 1:
            plot(press, f"Grain {n}", font=font, apart=apart)
        pages.append(press.paragraph(CHAPTERS[n % 4][1]).page)
    return pages


@pytest.mark.parametrize("apart", [True, False])
def test_labels_of_axes_and_names_of_plots_in_a_font_of_their_own_are_no_sections(apart):
    assert titles(book(font="Sans", apart=apart)) == [f"Of Matter {letter}" for letter in "ABCDEFGH"]


def found(press: Press) -> list[str]:
    return [press.page.lines[index].text for index in sorted(labels(press.page.lines))]


@pytest.mark.parametrize(
    "ticks",
    [
        TICKS,
        ("−1.0", "-0.5", "0", ".5", "1.0"),
        ("10%", "20%", "30%"),
        ("1e3", "1e4", "1e-5"),
        ("1,000", "2,000", "3,000"),
    ],
)
def test_label_stands_in_the_middle_along_numbers(ticks):
    press = Press()
    row(press, 300, ticks, step=40)
    middle = LEFT + 60 + 20 * (len(ticks) - 1)
    press._line("Time", 314, middle - 8, 12, "Sans", True)
    assert found(press) == ["Time"]


def test_heading_at_the_left_under_numbers_is_none():
    press = Press()
    row(press, 300, TICKS)
    press._line("Of Mills", 314, LEFT, 14, "Serif", True)
    assert found(press) == []


def test_two_numbers_are_no_axis():
    press = Press()
    row(press, 300, ("1", "2"))
    press._line("Of Mills", 314, LEFT + 80, 14, "Serif", True)
    assert found(press) == []


def test_line_far_from_the_numbers_is_no_label():
    press = Press()
    row(press, 300, TICKS)
    press._line("Of Mills", 360, LEFT + 190, 14, "Serif", True)
    assert found(press) == []


def test_turned_line_is_a_label_but_not_where_the_whole_page_is_turned():
    press = Press().paragraph(CHAPTERS[0][0])
    turned(press, "Weight of grain", 300)
    assert found(press) == ["Weight of grain"]
    whole = Press()
    for n in range(4):
        turned(whole, f"Line number {n}", 300)
    assert found(whole) == []


def test_page_without_lines_has_no_labels():
    assert labels([]) == set()
