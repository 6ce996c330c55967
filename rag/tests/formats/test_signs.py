"""Marks of notes and numbers of printed pages stand in the text of an EPUB, and are none of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.formats import markup, signs
from rag.ingest.formats.pagination import Block


def block(body: str) -> Block:
    found = markup.chapter(body.encode()).blocks
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('1859<sup><a epub:type="noteref" href="#n2">2</a></sup> they', "1859 they"),
        ('1859<a xmlns:o="x" o:type="noteref">2</a> they', "1859 they"),
        ('1859<a role="doc-noteref" href="n.xhtml#x">2</a>, they', "1859, they"),
        ('1859<sup><a href="#fn2">2</a></sup>. They', "1859. They"),
        ('1859<a href="#fn2"><sup>2</sup></a>. They', "1859. They"),
        ('1859<sup>[<a href="x.html#c1">1</a>]</sup> they', "1859 they"),
        ('1859<sup><a href="#a">1</a>, <a href="#b">2</a></sup> they', "1859 they"),
        ('whales <a class="fnanchor" id="FNanchor_1_1" href="#Footnote_1_1">[1]</a>, too', "whales, too"),
        ('whales<a href="#_ftn1" name="_ftnref1">[1]</a> swim', "whales swim"),
        ('whales<a href="#sdfootnote1sym">1</a> swim', "whales swim"),
        ('whales<a epub:type="noteref" href="#a">*</a>,<a epub:type="noteref" href="#b">†</a> swim', "whales swim"),
        ('whales<a epub:type="noteref" href="#a">iv</a>? No', "whales? No"),
        ('whales<a epub:type="noteref" href="#a"><img alt="note" src="n.png"/></a> swim', "whales swim"),
        ('whales<a href="#fn:1">¹</a> swim', "whales swim"),
        ('<a href="#r1" role="doc-backlink">1</a>. Creators migrated.', "Creators migrated."),
        ('<a href="#fnref1">[1]</a> Creators migrated. <a href="#x">↩︎</a>', "Creators migrated."),
        ('“Quoted.”<sup><a href="#fn1">12</a></sup> Next', "“Quoted.” Next"),
    ],
)
def test_mark_of_a_note_is_no_text_and_glued_to_nothing(body, text):
    assert block(f"<p>{body}</p>").text == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('chapter <a href="#c3">3</a> says', "chapter 3 says"),
        ('see note <a href="#fn3">3</a> there', "see note 3 there"),
        ('as <a epub:type="noteref" href="#n">the notes say</a> so', "as the notes say so"),
        ('as <a href="#ref12">[12]</a> shows', "as [12] shows"),
        ('<a href="http://x.org/3">3</a> whales', "3 whales"),
        ('<a href="#top">Whales</a> swim', "Whales swim"),
        ("a <sup>small</sup> word", "a small word"),
        ("the 1<sup>st</sup> of May, le XIX<sup>e</sup>", "the 1st of May, le XIXe"),
        ("C<sup>*</sup> and H<sub>2</sub>O", "C* and H2O"),
        ("10<sup>3</sup> m<sup>2</sup>, x<sup>n+1</sup>", "10³ m², xⁿ⁺¹"),
        ("2<sup>-192</sup> and 2<sup>−6</sup>", "2⁻¹⁹² and 2⁻⁶"),
        ("146<sup>3</sup> steps", "146³ steps"),
        ('<sup>1<a href="#x">more words than a mark has</a></sup>', "1more words than a mark has"),
        ('one <a href="#fn1">1', "one 1"),
    ],
)
def test_what_only_looks_like_a_mark_stays_and_powers_are_no_digits_of_their_number(body, text):
    assert block(f"<p>{body}</p>").text == text


@pytest.mark.parametrize(
    ("body", "text", "pages"),
    [
        ('inspec<span epub:type="pagebreak">106</span>tor', "inspector", [(6, "106")]),
        ('19<span epub:type="pagebreak">13</span>39', "1939", [(2, "13")]),
        ('re<span class="pagenum">[Pg 10]</span>turned', "returned", [(2, "10")]),
        ('a <span role="doc-pagebreak" aria-label="Page 11. "/> b', "a b", [(2, "11")]),
        ('a <span epub:type="pagebreak" id="page_012"></span>b', "a b", [(2, "12")]),
        ('a <span epub:type="pagebreak" title="xiv"/>b', "a b", [(2, "xiv")]),
        ('<span class="pagenum"><a id="Page_7">{7}</a></span>The', "The", [(0, "7")]),
        ('a <span class="pageno x">Seite 5</span> b <span class="pagenum">- vi -</span>', "a b", [(2, "5"), (3, "vi")]),
        ('a <span epub:type="pagebreak" title="the end"/>b', "a b", []),
        ('a <span epub:type="pagebreak">words of the book</span> b', "a words of the book b", []),
        ('a <span class="pagenum">Chapter 5 begins</span> b', "a Chapter 5 begins b", []),
        ('a <span class="pagenumber-less">5</span> b', "a 5 b", []),
        ('a<br class="pb" title="9"/>', "a", [(1, "9")]),
    ],
)
def test_number_of_a_printed_page_is_told_and_no_text(body, text, pages):
    found = markup.chapter(f"<p>{body}</p>".encode()).blocks
    assert (found[0].text, [page for one in found for page in one.pages]) == (text, pages)


def test_number_between_paragraphs_goes_to_the_next_one():
    for number in (
        '<div epub:type="pagebreak" title="12"/>',
        '<div class="pagenum"><p>12</p></div>',
        '<hr class="pb" id="p12"/>',
    ):
        found = markup.chapter(f"<p>one</p>{number}<p>two</p>".encode()).blocks
        assert [(one.text, one.pages) for one in found] == [("one", ()), ("two", ((0, "12"),))]


def test_chapter_in_an_element_that_is_called_a_page_break_keeps_its_words_and_headings():
    found = markup.chapter(b'<div class="page-break"><h1>One</h1><p>Short.</p><p>Text</p></div>').blocks
    assert [(one.text, one.level) for one in found] == [("One", 1), ("Short.", 0), ("Text", 0)]
    found = markup.chapter(b'<div class="page-break"><p>Short.</p><p>Text</p></div>').blocks
    assert [one.text for one in found] == ["Short.", "Text"]


def test_numbers_in_tables_and_listings_stand_at_their_rows():
    found = markup.chapter(
        b'<table><tr><td>a<span class="pagenum">5</span></td><td>b</td></tr></table>'
        b'<pre>x\n<span epub:type="pagebreak" title="7"/>  y</pre>'
    ).blocks
    assert [(one.text, one.pages) for one in found] == [("a | b", ((0, "5"),)), ("x", ()), ("  y", ((0, "7"),))]


def test_list_of_pages_says_what_begins_where_and_is_believed_before_what_is_shown():
    body = b'<p id="a">one <a id="b"/>two <span epub:type="pagebreak" id="c">3</span></p><p>four</p>'
    found = markup.chapter(body, {"": "100", "b": "101", "c": "102"}).blocks
    assert [(one.text, one.pages) for one in found] == [
        ("one two", ((0, "100"), (4, "101"), (7, "102"))),
        ("four", ()),
    ]


def test_private_signs_in_a_file_are_no_marks():
    assert block(f"<p>a{signs.NOTE}b{signs.PAGE}5{signs.PAGE_END}c</p>").text == "ab5c"
    assert block(f"<p>a<img alt='{signs.PAGE}5'/>c</p>").pages == ()


PIECES = [
    "<p>",
    "</p>",
    "<sup>",
    "</sup>",
    '<a href="#fn1">',
    "</a>",
    '<span class="pagenum">',
    "</span>",
    '<div class="pagenum">',
    "</div>",
    "<td>",
    "<tr>",
    "<pre>",
    "</pre>",
    "word ",
    "12",
]


@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_whatever_the_marks_no_word_is_lost_and_every_number_stands_in_its_block(parts):
    found = markup.chapter("".join(parts).encode()).blocks
    assert sum(one.text.count("word") for one in found) == parts.count("word ")
    assert all(0 <= at <= len(one.text) and number == number.strip() != "" for one in found for at, number in one.pages)


@given(st.lists(st.tuples(st.text(alphabet=" ab\u00adé\n", max_size=6), st.sampled_from(["", "1", "xx"])), max_size=6))
def test_text_with_numbers_taken_out_is_the_text_without_them(parts):
    marked = "".join(text + (signs.page(number) if number else "") for text, number in parts)
    text, pages = signs.settled(marked)
    assert text == signs.settled("".join(text for text, _number in parts))[0]
    assert [number for _at, number in pages] == [number for _text, number in parts if number]
    assert [at for at, _number in pages] == sorted(at for at, _number in pages)
