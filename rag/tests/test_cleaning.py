"""Running lines go, the book stays."""

from __future__ import annotations

from rag.ingest.cleaning.lines import clean, drop_running_lines
from rag.tests.pdfs import CHAPTERS

BODY = ["\n".join(" ".join(paragraphs).split(". ")) for paragraphs in CHAPTERS]
SENTENCE = "Remember that every rule has its exception."


def test_header_footer_and_page_number_are_dropped_from_every_page():
    pages = [f"A Small Reader\n\n{body}\n\n{number}" for number, body in enumerate(BODY * 3, start=1)]
    assert drop_running_lines(pages) == BODY * 3


def test_left_and_right_pages_may_have_headers_of_their_own():
    heads = ["The Author", "The Title"]
    pages = [f"{heads[n % 2]}\n\n{BODY[n % 4]}\n\n{n}" for n in range(20, 40)]
    assert drop_running_lines(pages) == [BODY[n % 4] for n in range(20, 40)]


def test_header_that_changes_with_the_chapter_is_dropped():
    pages = [f"Chapter {1 + n // 7}. Of Things {'ABC'[n // 7]}\n\n{BODY[n % 4]}" for n in range(21)]
    assert drop_running_lines(pages) == [BODY[n % 4] for n in range(21)]


def test_header_whose_title_changes_every_page_is_known_by_its_page_number():
    titles = ["Seals", "Bears", "Owls", "Foxes", "Mice", "Deer", "Hares", "Crows"]
    pages = [f"{title} | Page {n}\n\n{BODY[n % 4]}" for n, title in enumerate(titles, start=11)]
    assert drop_running_lines(pages) == [BODY[n % 4] for n in range(11, 19)]


def test_roman_page_numbers_are_dropped():
    pages = [f"{BODY[n % 4]}\n\n{roman}" for n, roman in enumerate(["v", "vi", "vii", "viii"])]
    assert drop_running_lines(pages) == [BODY[n % 4] for n in range(4)]


def test_sentence_that_repeats_in_the_body_stays():
    pages = []
    for n in range(12):
        lines = BODY[n % 4].split("\n")
        pages.append("\n".join(["Header", "", *lines[:2], SENTENCE, *lines[2:], *lines, "", str(n)]))
    for page in drop_running_lines(pages):
        assert SENTENCE in page
        assert "Header" not in page


def test_years_and_numbers_at_the_foot_that_do_not_count_pages_stay():
    pages = [f"{BODY[n % 4]}\n\n{year}" for n, year in enumerate([1789, 1815, 1830, 1848, 1871])]
    assert [page.split("\n\n")[-1] for page in drop_running_lines(pages)] == ["1789", "1815", "1830", "1848", "1871"]


def test_short_book_without_running_lines_is_left_alone():
    assert drop_running_lines(BODY) == BODY
    assert drop_running_lines(["One page only."]) == ["One page only."]
    assert drop_running_lines(["", ""]) == ["", ""]


def test_word_parted_by_a_line_break_is_joined():
    assert clean(["The nucle-\nus is in the cell."]) == ["The nucleus is in the cell."]


def test_hyphen_stays_where_only_the_parts_are_words_of_the_book():
    text = "A well known fact. It is well that it is known.\nA well-\nknown fact."
    assert "well-known fact" in clean([text])[0]


def test_soft_hyphen_is_always_joined():
    assert clean(["photo\u00ad\nsynthesis"]) == ["photosynthesis"]


def test_prose_flows_and_listings_keep_their_lines():
    prose = (
        "The rain fell on the roof of the small house for the\nwhole of the night, and nobody in it could sleep at all."
    )
    listing = "def f(x):\nreturn x"
    assert clean([f"{prose}\n\n{listing}"]) == [f"{prose.replace(chr(10), ' ')}\n\n{listing}"]


def test_sentence_in_the_edge_of_every_page_is_a_running_line_after_all():
    notice = "This copy is licensed to the library of the town and may not be sold."
    pages = [f"{BODY[n % 4]}\n\n{notice}" for n in range(10)]
    assert drop_running_lines(pages) == [BODY[n % 4] for n in range(10)]
    assert drop_running_lines(pages[:4]) == pages[:4]  # four times may be the author's own
