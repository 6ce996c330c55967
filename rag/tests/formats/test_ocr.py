"""What is made of a recogniser's findings: which way a page is turned, what is believed, where words stand."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from rag.ingest.formats import ocr
from rag.ingest.formats.ocr import OcrPiece, Recognised
from rag.ingest.model.raw import PageWord, RawPage
from rag.tests import pdfs

WIDTH, HEIGHT = 595.0, 842.0
SCALE = 2.0  # pixels per point
SETTINGS = {"most_pages": 10, "dpi": 72 * SCALE, "pixels": 100_000_000}
Look = Callable[[int], Sequence[OcrPiece]]  # the how-many-th picture: what is found in it


def piece(text: str, row: int = 0, *, score: float = 0.95, wide: bool = True) -> OcrPiece:
    """A line of words in a picture, 40 pixels below the one before."""
    words, x, y = [], 100.0, 100.0 + 40 * row
    for part in text.split():
        words.append(PageWord(part, x, y, x + 10 * len(part), y + 20))
        x += 10 * len(part) + 8
    return OcrPiece(words, score, wide)


LINES = [piece("the river carried the grain", 0), piece("down to the mill", 1), piece("and the flour below", 2)]


class Eye:
    """Finds what it is told to."""

    def __init__(self, look: Look, ways: Sequence[float]) -> None:
        self.look, self.ways = look, ways
        self.pictures: list[tuple[int, ...]] = []
        self.sampled: list[tuple[int, ...]] = []

    def __call__(self, picture: Any) -> list[OcrPiece]:
        self.pictures.append(picture.shape)
        return list(self.look(len(self.pictures)))

    def both_ways(self, picture: Any) -> list[tuple[int, float]]:
        self.sampled.append(picture.shape)
        sure = self.ways[2 * (len(self.sampled) - 1) :]
        return [(0, sure[0]), (180, sure[1])]


@pytest.fixture
def see(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[RawPage, Eye]]]:
    with tempfile.TemporaryFile() as file:
        file.write(pdfs.as_bytes(pdfs.book([pdfs.WHALES])))
        file.flush()

        def read(look: Look, ways: Sequence[float] = (1, 0, 0, 0), **settings: Any) -> tuple[RawPage, Eye]:
            file.seek(0)
            eye = Eye(look, ways)
            monkeypatch.setattr(ocr, "Recogniser", lambda: eye)
            return Recognised(file, SETTINGS | settings).read(1), eye

        yield read


def said(page: RawPage) -> list[str]:
    return [line.text for line in page.lines]


def test_page_that_reads_well_stands_upright_and_is_looked_at_once(see):
    page, eye = see(lambda _: LINES)
    assert said(page) == [" ".join(word.text for word in line.words) for line in LINES]
    assert (page.source, page.notes, (page.width, page.height)) == ("ocr", [], (WIDTH, HEIGHT))
    assert eye.pictures == [(round(HEIGHT * SCALE), round(WIDTH * SCALE), 3)]
    assert eye.sampled == []


def test_words_stand_on_the_page_where_they_stand_in_its_picture(see):
    page, _ = see(lambda _: LINES)
    first = page.lines[0].words[0]
    assert (first.text, first.x0, first.y0, first.x1, first.y1) == ("the", 50, 50, 65, 60)
    assert page.lines[0].size == 8, "a box is a quarter higher than its letters"


@pytest.mark.parametrize(
    "doubtful",
    [
        LINES[:2],
        [piece("the river", row, score=0.84) for row in range(3)],
        [*LINES, piece("I", 3, wide=False), piece("V", 4, wide=False), piece("X", 5, wide=False)],
        [],
    ],
    ids=["few lines", "unsure lines", "tall lines", "nothing"],
)
def test_page_of_which_this_is_not_sure_is_tried_in_all_four_ways(see, doubtful):
    _, eye = see(lambda _: doubtful)
    assert len(eye.sampled) == 2
    assert eye.sampled[0][:2] == eye.sampled[1][1::-1]


@pytest.mark.parametrize(
    ("ways", "turn", "box"),
    [
        ((1, 0, 0, 0), 0, (50, 50, 65, 60)),
        ((0, 1, 0, 0), 180, (WIDTH - 65, HEIGHT - 60, WIDTH - 50, HEIGHT - 50)),
        ((0, 0, 1, 0), 90, (50, HEIGHT - 65, 60, HEIGHT - 50)),
        ((0, 0, 0, 1), 270, (WIDTH - 60, 50, WIDTH - 50, 65)),
        ((0, 0, 0, 0), 0, (50, 50, 65, 60)),
    ],
)
def test_turned_page_is_read_upright_and_its_words_stand_as_it_is_shown(see, ways, turn, box):
    page, eye = see(lambda time: LINES[:2] if time == 1 else LINES, ways)
    first = next(word for line in page.lines for word in line.words if word.text == "the")
    assert (first.x0, first.y0, first.x1, first.y1) == pytest.approx(box, abs=0.01)
    assert page.notes == (["turned"] if turn else [])
    assert len(eye.pictures) == (2 if turn else 1)
    assert (page.width, page.height) == (WIDTH, HEIGHT)


def test_line_that_is_only_a_guess_is_left_out(see):
    page, _ = see(lambda _: [*LINES, piece("~~~ ornament", 3, score=0.69), piece("the end", 4, score=0.7)])
    assert said(page)[3:] == ["the end"]


def test_page_of_guesses_is_left_empty_and_says_so(see):
    page, _ = see(
        lambda _: [piece("what may be letters of a writing unknown here", row, score=0.87) for row in range(3)]
    )
    assert (page.lines, page.source, page.notes) == ([], "none", ["not_recognised"])


@pytest.mark.parametrize(("score", "is_read"), [(0.88, True), (0.87, False)])
def test_page_is_believed_by_its_letters_not_by_its_lines(see, score, is_read):
    """A few wild guesses at ornaments beside a page of sure lines do no harm, and the other way round they do."""
    page, _ = see(lambda _: [piece("a long line of very many letters", row, score=score) for row in range(3)])
    assert bool(page.lines) is is_read
    mixed, _ = see(lambda _: [*(piece("x", row, score=0.5) for row in range(3)), piece("a long sure line" * 9, 4)])
    assert said(mixed) == ["a long sure line" * 8 + "a long sure line"]


def test_page_with_nothing_on_it_is_empty_and_no_guess(see):
    page, _ = see(lambda _: [])
    assert (page.lines, page.source, page.notes) == ([], "none", [])


def test_large_page_has_no_more_pixels_than_allowed(see):
    _, eye = see(lambda _: LINES, pixels=500_000)
    height, width, _ = eye.pictures[0]
    assert 0.98 * 500_000 < height * width <= 1.02 * 500_000


def test_words_of_a_page_are_put_into_reading_order(see):
    page, _ = see(lambda _: [LINES[2], LINES[0], LINES[1]])
    assert [line.split()[0] for line in said(page)] == ["the", "down", "and"]
