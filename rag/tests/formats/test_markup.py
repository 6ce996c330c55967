"""XHTML as paragraphs, as browsers show it, and XML without its dangers."""

from __future__ import annotations

from xml.parsers import expat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.formats import markup, xml_tree
from rag.ingest.formats.pagination import Block
from rag.ingest.sandbox.reader import FileRefused


def blocks(body: str | bytes) -> list[Block]:
    return markup.chapter(body if isinstance(body, bytes) else body.encode()).blocks


def texts(body: str | bytes) -> list[str]:
    return [block.text for block in blocks(body)]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("", []),
        ("plain", ["plain"]),
        ("<p>one<p>two", ["one", "two"]),
        ("<p>one <b>of</b> all</p>", ["one of all"]),
        ("<div>one<p>two</p>three</div>", ["one", "two", "three"]),
        ("<p>a&lt;b &amp;amp; &eacute;&#xe9;&nbsp;&copy</p>", ["a<b &amp; éé ©"]),
        ("<p>soft&shy;hyphen</p>", ["softhyphen"]),
        ("<p> \n\t </p>", []),
        ("<p><img src='x' alt='A whale'/> swims</p>", ["A whale swims"]),
        ("<p><img src='x' alt=''/>swims</p>", ["swims"]),
        ("<ruby>漢<rt>kan</rt></ruby>字", ["漢字"]),
        ("<!-- no --><p>yes</p>", ["yes"]),
        ("<![CDATA[no]]><p>yes</p>", ["yes"]),
        ("<![weird x]><p>yes</p>", ["yes"]),
        ("<?xml version='1.0'?><p>yes</p>", ["yes"]),
        ("<svg><text>no</text></svg>yes", ["yes"]),
        ("<dl><dt>krill</dt><dd>small</dd></dl>", ["krill", "small"]),
        ("<h1>one</h1>two", ["one", "two"]),
        ("</p></div>text</h1>", ["text"]),
    ],
)
def test_paragraphs_are_those_that_a_browser_shows(body, found):
    assert texts(body) == found


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>no</p>",
        "<p style='display:none'>no</p>",
        "<p style='color:red; DISPLAY : NONE'>no</p>",
        "<p style='visibility: hidden'>no <b>no</b></p>",
        "<style>no</style>",
        "<script>no</script>",
        "<template>no<p>no</template>",
        "<head><title>no</title></head>",
        "<audio>no</audio>",
        "<div hidden><br><img alt='no'><p>no</p></div>",
        "<div hidden><div>no</div>no</div>",
    ],
)
def test_what_nobody_sees_is_left_out_and_what_follows_is_not(hidden):
    assert texts(f"<p>before</p>{hidden}<p>after</p>") == ["before", "after"]


def test_line_break_that_is_meant_stays_in_its_paragraph():
    found = blocks("<p>Tyger Tyger,<br/>burning bright</p><p>Next</p>")
    assert [(block.text, block.starts) for block in found] == [
        ("Tyger Tyger,", True),
        ("burning bright", False),
        ("Next", True),
    ]


def test_sign_that_stands_for_a_break_cannot_be_written_into_a_text():
    assert texts("<p>one\x1etwo</p>") == ["one two"]
    assert texts("<p>one&#30;two</p>") == ["onetwo"]


def test_levels_of_headings_end_with_them():
    found = blocks("<h2 id='w'>Whales</h2><p>text</p><h6>Krill<br>small</h6>tail")
    assert [(block.text, block.level) for block in found] == [
        ("Whales", 2),
        ("text", 0),
        ("Krill", 6),
        ("small", 6),
        ("tail", 0),
    ]


def test_names_go_to_the_next_paragraph_that_says_something():
    found = blocks("<div id='a'><p></p><a name='b'/><p id='c'>text</p></div><p id='d'>more</p><p id='e'></p>")
    assert [(block.text, block.anchors) for block in found] == [("text", ("a", "b", "c")), ("more", ("d",))]


def test_listing_keeps_its_lines_and_the_spaces_before_them():
    found = blocks("<pre>def f():\n    return <b>1</b>\n\n\nend<br/>last</pre>text")
    assert [(block.text, block.kind, block.starts) for block in found] == [
        ("def f():", "code", True),
        ("    return 1", "code", False),
        ("end", "code", False),
        ("last", "code", False),
        ("text", "text", True),
    ]


def test_rows_of_a_table_are_lines_of_cells():
    found = blocks(
        "<p>before</p><table><caption>Whales</caption><thead><tr><th>Name<th>Metres</tr></thead>"
        "<tr><td><p>Blue</p><p>whale</p></td><td>3<br>0</td><td></td></tr><tr></tr></table>after"
    )
    assert [(block.text, block.kind, block.starts) for block in found] == [
        ("before", "text", True),
        ("Whales", "text", True),
        ("Name | Metres", "row", True),
        ("Blue whale | 3 0", "row", False),
        ("after", "text", True),
    ]


def test_table_that_is_never_closed_ends_with_the_chapter():
    assert texts("<table><tr><td>one<td>two") == ["one | two"]
    assert texts("<table><tr><td>one</table><p>two") == ["one", "two"]


def test_table_in_a_cell_is_part_of_the_cell():
    assert texts("<table><tr><td>a<table><tr><td>b</td></tr></table></td></tr></table>")[0].startswith("a")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<p>é</p>".encode(), "é"),
        (b"\xef\xbb\xbf<p>\xc3\xa9</p>", "é"),
        ("<p>é</p>".encode("utf-16"), "é"),
        ("\ufeff<p>é</p>".encode("utf-16-be"), "é"),
        (b"<?xml version='1.0' encoding='iso-8859-1'?><p>\xe9</p>", "é"),
        (b"<?xml version='1.0' encoding='no-such-code'?><p>\xc3\xa9</p>", "é"),
        (b"<p>\xe9</p>", "\ufffd".replace("\ufffd", "")),
    ],
)
def test_chapter_is_decoded_as_it_says_or_as_it_begins(content, text):
    assert "".join(texts(content)) == text


@given(st.binary(max_size=60))
def test_whatever_the_bytes_a_chapter_is_read(content):
    assert all(block.text.strip() for block in blocks(content))


@given(st.lists(st.sampled_from(["<p>", "</p>", "<tr>", "</tr>", "<td>", "<pre>", "</pre>", "<h1>", "<br>", "x "])))
def test_whatever_the_tags_no_word_is_lost(parts):
    assert "".join(texts("".join(parts))).count("x") == parts.count("x ")


def test_tree_has_names_without_namespaces():
    root = xml_tree.parsed(b'<a:p xmlns:a="urn:a" xmlns:b="urn:b" b:id="x"><a:q/></a:p>')
    assert (root.tag, root.attrib, root[0].tag) == ("p", {"id": "x"}, "q")


@pytest.mark.parametrize("content", [b"", b"<p>", b"<p></q>", b"text", b"<p>&gone;</p>", b"<p/><p/>"])
def test_what_is_no_xml_is_said_to_be_none(content):
    with pytest.raises(expat.ExpatError):
        xml_tree.parsed(content)


@pytest.mark.parametrize("declared", [b'<!ENTITY a "b">', b'<!ENTITY % a "b">', b'<!ENTITY a SYSTEM "file.txt">'])
def test_entities_of_a_files_own_are_refused(declared):
    with pytest.raises(FileRefused) as refused:
        xml_tree.parsed(b"<!DOCTYPE p [" + declared + b"]><p/>")
    assert refused.value.code == "file_declares_entities"


@pytest.mark.parametrize(("depth", "is_read"), [(xml_tree.DEEPEST, True), (xml_tree.DEEPEST + 1, False)])
def test_elements_nest_so_deep_and_no_deeper(depth, is_read):
    content = b"<a>" * depth + b"</a>" * depth
    if is_read:
        assert xml_tree.parsed(content).tag == "a"
    else:
        with pytest.raises(FileRefused) as refused:
            xml_tree.parsed(content)
        assert (refused.value.code, refused.value.values) == ("file_nested_too_deeply", {"most": xml_tree.DEEPEST})
