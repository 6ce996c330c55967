"""Small raised numbers: marks of notes are no text, powers are no digits of the number before them."""

from __future__ import annotations

import pytest

from rag.tests.layouts import Sheet

NOTES = ["1 Creators migrated.", "2 Another note.", "3 A third note.", "4 A fourth note."]


def read(*lines: str, notes: list[str] | None = None) -> list[str]:
    """The lines of a page that has these; what stands behind ``^`` is set small and raised, behind ``_`` small and low,
    up to the next space or ``~``. Below them ``notes`` in small letters."""
    import pymupdf

    sheet, font = Sheet(), pymupdf.Font("tiro")
    y = 100.0
    for line in lines:
        x, size, up = 72.0, 10.0, 0.0
        for sign in line:
            if sign in "^_":
                size, up = 6.0, 4.0 if sign == "^" else -2.0
                continue
            if sign in "~ ":
                size, up = 10.0, 0.0
            if sign != "~":
                sheet.page.insert_text((x, y - up), sign, fontsize=size, fontname="tiro")
                x += font.text_length(sign, fontsize=size)
        y += 14
    for number, note in enumerate(notes or []):
        sheet.line(72, 700 + 10 * number, note, size=8, fontname="tiro")
    return [line.text for line in sheet.read().lines]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("The whales^1 sang.", "The whales sang."),
        ("The whales sang.^2 So it went.", "The whales sang. So it went."),
        ("(Novikoff, 1962).^13 So it learns.", "(Novikoff, 1962). So it learns."),
        ("The whales,^5,6 too.", "The whales, too."),
        ("The whales^* sang.", "The whales sang."),
        ("The whales^† sang.", "The whales sang."),
        ('He said "whales"^3 and went.', 'He said "whales" and went.'),
    ],
)
def test_behind_a_word_or_a_sentence_it_is_the_mark_of_a_note(line, text):
    assert read(line.replace("†", "*")) == [text]


@pytest.mark.parametrize("line", ["In the year 1859^3 they came.", "The tower has 146^3 steps."])
def test_behind_a_number_it_is_one_if_the_page_has_the_note(line):
    plain = line.replace("^3", "")
    assert read(line, notes=NOTES)[0] == plain
    assert read(line)[0] == line.replace("^3", "³")
    assert read(line, notes=["7 Some other note."])[0] == line.replace("^3", "³")


def test_behind_a_number_it_is_one_if_the_marks_of_the_page_count_up_through_it():
    assert read("The whales^2 of 1859^3 sang.") == ["The whales of 1859 sang."]
    assert read("The whales^2 of 64^3 sang^4 then.") == ["The whales of 64 sang then."]
    assert read("The whales^2 of 64^3 sang.") == ["The whales of 64³ sang."]
    assert read("The whales^7 of 1859^3 sang.") == ["The whales of 1859³ sang."]


@pytest.mark.parametrize("power", ["10^3", "x^2", "m^2", "km^2", "cm^3", "sin^2"])
def test_powers_stay_whatever_notes_there_are(power):
    line = f"It has {power} of them^1 and more."
    wanted = line.replace("^1", "").replace("^2", "²").replace("^3", "³")
    assert read(line) == [wanted]
    assert read(line, notes=NOTES)[0] == wanted


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("CO_2 and H_2~O are found.", "CO2 and H2O are found."),
        ("The 1^st of May came.", "The 1st of May came."),
        ("It is C^* and no more.", "It is C* and no more."),
    ],
)
def test_what_is_low_or_no_number_stays_at_its_word(line, text):
    assert read(line) == [text]


def test_number_at_the_head_of_a_note_stays_apart_from_its_first_word():
    assert (
        read("The whales^1 sang a song that nobody had ever heard before.", "^1~Creators migrated.")[1]
        == "¹ Creators migrated."
    )


def test_page_of_small_raised_numbers_alone_is_read():
    assert read("^1 ^2 ^3")
