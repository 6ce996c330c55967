"""Writing without spaces is cut so that any part of it can be found."""

import pytest

from library.search.cut import phrase, pieces, recorded, spaced
from library.search.fold import words


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("三国演义", "三国 国演 演义 义"),
        ("茶", "茶"),
        ("C语言程序", "c 语言 言程 程序 序"),
        ("村上, 春樹", "村上 上春 春樹 樹"),
        ("ハリー・ポッター", "ハリ リー ーポ ポッ ッタ ター ー"),
        ("한국 문학", "한국 국문 문학 학"),
        ("ประวัติ", "ปร ระ ะวั วัติ ติ"),
        ("ខ្មែរ", "ខ្មែរ រ"),
        ("မြန်မာ", "မြန် န်မာ မာ"),
        ("हिन्दी", "हिन्दी"),
        ("plain words", "plain words"),
        ("", ""),
    ],
)
def test_neighbouring_signs_are_words(text, cut):
    assert spaced(text) == cut


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("O’Neill", "o neill oneill"),
        ("The Spider-Man", "the spider man spiderman"),
        ("Catch-22", "catch 22 catch22"),
        ("section31", "section31 section 31"),
        ("La col·lecció", "la col leccio colleccio"),
        ("1914–1918, 1914-1918", "1914 1918 1914 1918"),
        ("20th century, 3D, MP3", "20th century 3d mp3 mp 3"),
        ("a-b-c-d-e-f", "a b c d e f"),
        ("plain words", "plain words"),
    ],
)
def test_what_others_write_for_a_word_stands_behind(text, more):
    assert recorded(text) == more


@pytest.mark.parametrize("part", ["三国", "演义", "国演义", "义", "国"])
def test_every_part_of_a_run_is_asked_for_by_what_stands_in_it(part):
    kept = spaced("三国演义").split()
    (piece,) = pieces(words(part))
    *first, last = piece.words
    assert set(first) <= set(kept)
    assert any(word.startswith(last) if piece.is_begun else word == last for word in kept)
    assert phrase(words(part)).words == piece.words
