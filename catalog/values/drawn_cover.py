"""A cover drawn from title and author, as SVG: for books that have no picture of one."""

from __future__ import annotations

import colorsys
import unicodedata
from collections.abc import Iterator, Sequence
from zlib import crc32

from django.utils.html import escape

from library.search.fold import fold

WIDTH, HEIGHT = 400, 600
EDGE_FROM, EDGE_TO = 52, 364  # between which there is text
HUES = (12, 40, 68, 100, 135, 165, 195, 225, 255, 285, 318, 345)  # as in static/css/lyceum.css
RIGHT_TO_LEFT = {"R", "AL"}  # Unicode's bidirectional classes of Hebrew and Arabic letters
TITLE_SIZE, AUTHOR_SIZE, TITLE_LINES, AUTHOR_LINES = 42, 24, 6, 2
WIDE, NARROW, USUAL = 1.0, 0.3, 0.56  # how wide a letter is, in parts of its height
NARROW_LETTERS = frozenset("iljtfrI.,:;'!|()[] ’‘")
FONT = "Georgia, 'Noto Serif', 'Times New Roman', serif"


def hue_number(title: str) -> int:
    """0 to 11: always the same for the same title."""
    return crc32(fold(title).encode()) % len(HUES)


def runs_leftward(text: str) -> bool:
    """Whether the first letter of ``text`` is of a script that runs from right to left."""
    first = next((unicodedata.bidirectional(letter) for letter in text if letter.isalpha()), "")
    return first in RIGHT_TO_LEFT


def drawn_cover(title: str, author: str) -> str:
    """The cover as a whole SVG document of 400 by 600. Nothing of the texts is anything but text in it."""
    hue = HUES[hue_number(title)]
    title, author = _plain(title), _plain(author)
    words = "".join(
        (
            *_written(title, TITLE_SIZE, TITLE_LINES, top=96, weight="600"),
            *_written(author, AUTHOR_SIZE, AUTHOR_LINES, top=HEIGHT - 78, weight="400"),
        )
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{escape(title)}">'
        f'<defs><linearGradient id="g" x1="0" y1="0" x2=".7" y2="1">'
        f'<stop offset="0" stop-color="{_colour(hue, 0.38)}"/>'
        f'<stop offset="1" stop-color="{_colour(hue + 28, 0.2)}"/></linearGradient></defs>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#g)"/>'
        f'<rect width="12" height="{HEIGHT}" fill="#000" fill-opacity=".3"/>'
        f'<rect x="12" width="4" height="{HEIGHT}" fill="#fff" fill-opacity=".2"/>{words}</svg>'
    )


def _written(text: str, size: int, most: int, *, top: int, weight: str) -> Iterator[str]:
    """The lines of ``text``; one that runs from right to left begins at the right edge."""
    leftward = runs_leftward(text)
    start = EDGE_TO if leftward else EDGE_FROM
    turned = ' direction="rtl"' if leftward else ""
    for place, line in enumerate(lines_of(text, (EDGE_TO - EDGE_FROM) / size, most)):
        yield (
            f'<text x="{start}" y="{top + round(place * size * 1.2)}" font-size="{size}" font-weight="{weight}" '
            f'font-family="{FONT}" fill="#fffdf6" text-anchor="start"{turned}>{escape(line)}</text>'
        )


def lines_of(text: str, width: float, most: int) -> list[str]:
    """``text`` in at most ``most`` lines, each at most ``width`` times as wide as its letters are high, as far as can
    be told without the font. What does not fit is left out behind "…". Scripts without spaces part anywhere.
    """
    lines = [""]
    for word in _parts(text, width):
        if _width(lines[-1] + word.rstrip()) > width and lines[-1]:
            lines.append("")
        lines[-1] += word
    lines = [line.strip() for line in lines if line.strip()]
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], _shortened(lines[most - 1], width)]


def _parts(text: str, width: float) -> Iterator[str]:
    """Words with the space behind them; letters alone in scripts without spaces, and of what is too long for a line."""
    for word in text.split():
        if _width(word) <= width and not any(_is_wide(letter) for letter in word):
            yield f"{word} "
        else:
            yield from _clusters(word)
            yield " "


def _clusters(word: str) -> Sequence[str]:
    """Letters, each with the marks that stand on it."""
    found: list[str] = []
    for letter in word:
        if found and (unicodedata.combining(letter) or unicodedata.category(letter) in {"Mc", "Me", "Cf"}):
            found[-1] += letter
        else:
            found.append(letter)
    return found


def _shortened(line: str, width: float) -> str:
    while line and _width(f"{line}…") > width:
        line = line[:-1]
    return f"{line.rstrip()}…"


def _width(text: str) -> float:
    return sum(_letter_width(letter) for letter in text)


def _letter_width(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    return WIDE if _is_wide(letter) else NARROW if letter in NARROW_LETTERS else USUAL


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in {"W", "F"}


def _colour(hue: int, light: float) -> str:
    red, green, blue = colorsys.hls_to_rgb(hue % 360 / 360, light, 0.42)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _plain(text: str) -> str:
    """Without what XML does not allow, and without signs that turn the direction of what follows."""
    kept = (" " if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} else letter for letter in text)
    return " ".join(
        "".join(letter for letter in kept if letter not in "\u202a\u202b\u202c\u202d\u202e\ufffe\uffff").split()
    )
