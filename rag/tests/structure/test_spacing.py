"""What stands between the lines of a text, by its writing."""

from __future__ import annotations

from typing import Any

import pymupdf
import pytest

from rag.ingest.cleaning import Survey
from rag.ingest.formats.plain import blocks
from rag.ingest.layout.extract import read_page
from rag.ingest.model.raw import PageLine, PageWord, RawPage
from rag.ingest.writing.spacing import between, is_hangul, is_unspaced


def line(text: str, y: float, *, width: float = 0.0, **values: Any) -> PageLine:
    """A line of letters 10 points wide, or of ``width`` in all."""
    words, x = [], 50.0
    step = (width or 10.0 * len(text)) / len(text)
    for word in text.split():
        words.append(PageWord(word, x, y, x + step * len(word), y + 10))
        x += step * (len(word) + 1)
    return PageLine(words, 10, **values)


def text_of(*lines: str, others: tuple[str, ...] = (), width: float = 0.0) -> str:
    """The text of a paragraph in these lines, in a book where the words of ``others`` stand too."""
    found = [line(text, 100 + 14 * place, width=width, starts=not place) for place, text in enumerate(lines)]
    page = RawPage(595, 842, "", "text", found)
    survey = Survey()
    survey.see(1, page)
    survey.see(2, RawPage(595, 842, "", "text", [line(text, 100, starts=True) for text in others]))
    return survey.clean(1, page).text


@pytest.mark.parametrize(
    ("before", "after", "space"),
    [
        ("マ", "クロ", ""),
        ("図書", "館。", ""),
        ("你好，", "世界", ""),
        ("他说：“好", "”然后", ""),
        ("“", "”", " "),
        ("你好”", "世界", ""),
        ("ภาษา", "ไทย", ""),
        ("図書", "PDF", " "),
        ("PDF", "図書", " "),
        ("한국", "문학", " "),
        ("word", "word", " "),
        ("", "図", " "),
    ],
)
def test_writing_without_spaces_has_none_between_its_lines(before, after, space):
    assert between(before, after) == space


def test_writings_are_known_by_their_signs():
    assert is_unspaced("図")
    assert is_unspaced("（")
    assert not is_unspaced("한")
    assert not is_unspaced("a")
    assert not is_unspaced("")
    assert is_hangul("한")
    assert not is_hangul("図")


def test_japanese_word_that_a_line_parts_is_whole():
    full = "図書館の資料をマイ"
    assert text_of(full, "クロフィルムで保存す", "る。") == full + "クロフィルムで保存する。"


def test_latin_words_in_chinese_keep_their_space():
    assert text_of("我们使用 Lyceum", "System 管理图书馆") == "我们使用 Lyceum System 管理图书馆"


def test_korean_word_that_a_line_parts_is_whole_where_the_book_has_it():
    assert text_of("그는 매일 도서", "관에 간다.", others=("도서관에 책이 있다",)).startswith("그는 매일 도서관에")


def test_korean_words_stay_apart_where_the_book_has_both():
    others = ("한국 문학 한국 문학",)
    assert text_of("우리는 지금 한국", "문학 이야기를 한다", others=others).startswith("우리는 지금 한국 문학")


def test_korean_paragraph_with_a_line_that_ends_early_is_broken_at_words():
    assert text_of("나는 오늘 아침에", "일찍 일어나서 밥을", "먹었다") == "나는 오늘 아침에 일찍 일어나서 밥을 먹었다"


def test_korean_line_that_is_full_may_part_a_word():
    assert (
        text_of("나는 오늘 아침에 일", "찍 일어나서 밥을 먹", "었다 그리고")
        == "나는 오늘 아침에 일찍 일어나서 밥을 먹었다 그리고"
    )


def test_cell_in_chinese_that_wraps_has_no_space_in_it():
    words = [
        PageWord("图书馆目", 50, 100, 90, 110),
        PageWord("录编制", 50, 114, 80, 124),
        PageWord("|", 100, 100, 100, 110),
    ]
    row = PageLine([*words, PageWord("规则", 100, 100, 120, 110), PageWord("二", 140, 100, 150, 110)], 10, kind="row")
    survey = Survey()
    page = RawPage(595, 842, "", "text", [row])
    survey.see(1, page)
    assert survey.clean(1, page).text == "图书馆目录编制 | 规则 二"


def test_page_set_in_japanese_has_no_space_at_its_lines():
    document: Any = pymupdf.open()
    page = document.new_page()
    text = "図書館は資料を集めて整理し保存するところである。利用者はマイクロフィルムを閲覧することができる。" * 3
    for place in range(0, len(text), 30):
        page.insert_text((60, 80 + 0.6 * place), text[place : place + 30], fontname="japan", fontsize=11)
    raw = read_page(page)
    survey = Survey()
    survey.see(1, raw)
    assert survey.clean(1, raw).text == text


def test_plain_text_in_chinese_is_one_paragraph_without_spaces():
    lines = ["图书馆收集整理和保存资料供读者使用", "并且编制目录使人们能够找到它们的位", "置和内容"]
    assert [block.text for block in blocks("\n".join(lines))] == ["".join(lines)]


def test_lines_from_the_right_are_one_paragraph():
    """Their left ends are ragged; they begin at the right."""
    lines = [line("א" * 5 + " " + "ב" * 9, 100, starts=True), line("ג" * 6 + " " + "ד" * 7, 114), line("ה" * 7, 128)]
    for one in lines:
        shift = 400 - one.box[2]
        for word in one.words:
            word.x0, word.x1 = word.x0 + shift, word.x1 + shift
    page = RawPage(595, 842, "", "text", lines)
    survey = Survey()
    survey.see(1, page)
    assert "\n" not in survey.clean(1, page).text
