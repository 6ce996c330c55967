"""Words and paragraphs made whole, and where each word stands."""

from __future__ import annotations

from collections.abc import Sequence

from rag.ingest.cleaning import Survey
from rag.ingest.model.clean import CleanPage
from rag.ingest.model.raw import PageLine, PageWord, RawPage
from rag.tests.raw_pages import Press


def cleaned(*pages: RawPage) -> list[CleanPage]:
    survey = Survey()
    for number, page in enumerate(pages, start=1):
        survey.see(number, page)
    return [survey.clean(number, page) for number, page in enumerate(pages, start=1)]


def set_in_lines(*rows: str) -> RawPage:
    """One paragraph, its lines broken as given."""
    return Press().lines(*rows).page


def text_of(*rows: str, known: Sequence[str] = ()) -> str:
    """The text of a paragraph in a book where the words of ``known`` stand elsewhere."""
    return cleaned(set_in_lines(*rows), *(Press().paragraph(text).page for text in known))[0].text


def test_word_parted_by_a_line_break_is_joined():
    assert (
        text_of("It is known that the nucle-", "us is in the cell.") == "It is known that the nucleus is in the cell."
    )


def test_hyphen_stays_where_only_the_parts_are_words_of_the_book():
    known = ["A well known fact is well known."]
    assert text_of("That is a long and rather well-", "known fact.", known=known).endswith("well-known fact.")


def test_hyphen_stays_where_the_word_is_written_with_it_elsewhere():
    known = ["The by-product and the by-product again."]
    assert text_of("This is only what one calls a by-", "product of it.", known=known).endswith("a by-product of it.")


def test_hyphen_before_a_capital_or_a_number_stays():
    assert text_of("This is what we call the Curry-", "Howard isomorphism.").endswith("Curry-Howard isomorphism.")
    assert text_of("They read without pause the 50-", "page report.").endswith("50-page report.")


def test_hanging_hyphen_before_another_one_stays():
    assert text_of("All that has to do with the pre-", "and post-war years.").endswith("the pre- and post-war years.")


def test_soft_hyphen_is_always_joined():
    known = ["photo synthesis photo synthesis"]
    assert text_of("The light that is caught in photo\u00ad", "synthesis.", known=known).endswith("in photosynthesis.")


def test_prose_flows_and_listings_keep_their_lines_and_indentation():
    page = Press().paragraph("The rain fell on the roof of the small house for the whole of the night. " * 2)
    page.lines("def f(x):", "    return x", kind="code")
    text = cleaned(page.page)[0].text
    assert text.split("\n\n")[1] == "def f(x):\n    return x"
    assert "\n" not in text.split("\n\n")[0]


def test_rows_of_a_table_keep_their_lines():
    page = Press().lines("Name | Size", "whale | 30 m", kind="row").page
    assert cleaned(page)[0].text == "Name | Size\nwhale | 30 m"


def test_verse_keeps_its_lines_and_ragged_prose_does_not():
    verse = ["Tyger Tyger, burning bright,", "In the forests of the night;", "What immortal hand or eye,"]
    page = Press().lines(*verse)
    page.paragraph(
        "A paragraph of prose that is set ragged, as most of what people write is set by most programs. " * 3
    )
    poem, prose = cleaned(page.page)[0].text.split("\n\n")
    assert poem.split("\n") == verse
    assert "\n" not in prose


def test_each_word_has_the_box_it_is_printed_in():
    page = set_in_lines("It is known that the nucle-", "us is in the cell.")
    clean = cleaned(page)[0]
    printed = [word for line in page.lines for word in line.words]
    assert len(clean.boxes) == len(printed)
    for box, word in zip(clean.boxes, printed, strict=True):
        assert (box.x0, box.y0, box.x1, box.y1) == (word.x0, word.y0, word.x1, word.y1)
        assert clean.text[box.start : box.end] in {word.text, "nucleus"}
    whole = [box for box in clean.boxes if clean.text[box.start : box.end] == "nucleus"]
    assert len(whole) == 2
    assert whole[0].y0 < whole[1].y0


def test_box_of_an_indented_word_begins_at_its_letters():
    clean = cleaned(Press().lines("    return x", kind="code").page)[0]
    assert [clean.text[box.start : box.end] for box in clean.boxes] == ["return", "x"]


def test_words_of_lines_without_measures_are_read_too():
    words = [
        PageWord(text, 0, 0, 0, 0) for text in ["A", "section", "of", "an", "electronic", "book", "in", "one", "line."]
    ]
    assert (
        cleaned(RawPage(lines=[PageLine(words, 0, starts=True)]))[0].text
        == "A section of an electronic book in one line."
    )
