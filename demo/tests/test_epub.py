"""Books made as EPUBs, for writings that run from right to left."""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape
from xml.etree import ElementTree

import pytest

from demo import FOLDER
from demo.epub import FigureNotSet, build_epub
from demo.manuscript import Heading, Paragraph, parse
from rag.ingest.formats.epub.book import Epub

XHTML = "{http://www.w3.org/1999/xhtml}"
OPF = "{http://www.idpf.org/2007/opf}"
DC = "{http://purl.org/dc/elements/1.1/}"
TEXT = """---
title: عن <الخلية> & غيرها
author: سلمى حداد
year: 2024
language: ar
---

# الغرف

## غرف صغيرة

سماها هوك *خلية* لأنها تشبه غرف الرهبان، وفيها 5 < 7 & 3.

- كل حي مصنوع *من خلايا*.
- كل خلية من خلية.

## أخرى

انتهى الفصل.

# الانقسام

تنقسم الخلية.
"""
OURS = sorted((FOLDER / "files").glob("*.epub"))


@pytest.fixture
def built(tmp_path):
    """The archive of the short book above."""
    (tmp_path / "cell.md").write_text(TEXT)
    target = tmp_path / "not" / "yet" / "there" / "cell.epub"
    assert build_epub(tmp_path / "cell.md", target) == 2
    with zipfile.ZipFile(target) as archive:
        yield archive


def written(block):
    assert isinstance(block, Heading | Paragraph)
    if isinstance(block, Heading):
        return block.text
    return " ".join("".join(run.text for run in word) for word in block.words)


def tree(archive, name):
    return ElementTree.fromstring(archive.read(name))  # noqa: S314 (made a moment ago)


def test_a_reader_knows_it_by_its_first_bytes(built):
    first = built.infolist()[0]
    assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")
    assert built.read("mimetype") == b"application/epub+zip"


def test_its_package_names_the_book_its_language_and_its_direction(built):
    package = tree(built, "book/package.opf")
    assert package.findtext(f".//{DC}title") == "عن <الخلية> & غيرها"
    assert package.findtext(f".//{DC}creator") == "سلمى حداد"
    assert package.findtext(f".//{DC}language") == "ar"
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", package.findtext(f".//{DC}identifier") or "")
    assert package.find(f"{OPF}spine").get("page-progression-direction") == "rtl"
    assert package.get("dir") == "rtl"


def test_all_that_its_manifest_names_is_there_and_the_other_way_round(built):
    items = tree(built, "book/package.opf").iter(f"{OPF}item")
    named = {f"book/{item.get('href')}" for item in items} | {"book/package.opf", "META-INF/container.xml", "mimetype"}
    assert named == set(built.namelist())
    spine = [ref.get("idref") for ref in tree(built, "book/package.opf").iter(f"{OPF}itemref")]
    assert spine == ["title", "chapter-01", "chapter-02"]


def test_every_leaf_says_that_it_runs_from_right_to_left_in_arabic(built):
    leaves = [name for name in built.namelist() if name.endswith(".xhtml")]
    assert len(leaves) == 4
    for name in leaves:
        root = tree(built, name)
        assert (root.get("dir"), root.get("lang")) == ("rtl", "ar"), name
        assert root.findtext(f"{XHTML}head/{XHTML}title"), name


def test_its_contents_lead_to_chapters_and_sections(built):
    nav = tree(built, "book/nav.xhtml").find(f".//{XHTML}nav")
    assert nav is not None
    links = {link.get("href"): link.text for link in nav.iter(f"{XHTML}a")}
    assert links == {
        "chapter-01.xhtml": "الغرف",
        "chapter-01.xhtml#s1": "غرف صغيرة",
        "chapter-01.xhtml#s2": "أخرى",
        "chapter-02.xhtml": "الانقسام",
    }
    for href, text in links.items():
        name, _, place = (href or "").partition("#")
        headed = [
            "".join(one.itertext())
            for one in tree(built, f"book/{name}").iter()
            if (one.tag == f"{XHTML}h1" if not place else one.get("id") == place)
        ]
        assert headed == [text]


def test_signs_of_the_markup_in_a_text_are_text(built):
    body = built.read("book/chapter-01.xhtml").decode()
    assert "5 &lt; 7 &amp; 3" in body
    assert "<em>خلية</em>" in body
    assert "<li>كل حي مصنوع <em>من خلايا.</em></li>" in body.replace("</em>.", ".</em>")
    assert body.count("<ul>") == 1


def test_the_same_text_gives_the_same_bytes_and_another_one_another_name(tmp_path):
    (tmp_path / "cell.md").write_text(TEXT)
    (tmp_path / "other.md").write_text(TEXT.replace("2024", "2023"))
    for source, name in (("cell", "one"), ("cell", "two"), ("other", "three")):
        build_epub(tmp_path / f"{source}.md", tmp_path / f"{name}.epub")
    one, two, three = ((tmp_path / f"{name}.epub").read_bytes() for name in ("one", "two", "three"))
    assert one == two
    identifiers = {re.search(rb"urn:uuid:[0-9a-f-]+", content)[0] for content in (one, three)}  # type: ignore[index]
    assert len(identifiers) == 2


def test_a_book_with_a_figure_is_refused_and_leaves_no_file(tmp_path):
    (tmp_path / "cell.md").write_text(TEXT + "\n![خلية](figure:cell)\n")
    with pytest.raises(FigureNotSet, match="cell"):
        build_epub(tmp_path / "cell.md", tmp_path / "cell.epub")
    assert not (tmp_path / "cell.epub").exists()


def test_the_library_reads_it_with_all_its_words_and_its_outline(tmp_path):
    (tmp_path / "cell.md").write_text(TEXT)
    build_epub(tmp_path / "cell.md", tmp_path / "cell.epub")
    read = Epub(io.BytesIO((tmp_path / "cell.epub").read_bytes()), most_pages=100)
    assert (read.facts.language, read.facts.notes) == ("ar", ())
    assert [(mark.level, mark.title) for mark in read.facts.outline] == [
        (1, "الغرف"),
        (2, "غرف صغيرة"),
        (2, "أخرى"),
        (1, "الانقسام"),
    ]
    said = " ".join(
        word.text for page in range(1, read.facts.pages + 1) for line in read.read(page).lines for word in line.words
    )
    assert "سماها هوك خلية لأنها تشبه غرف الرهبان، وفيها 5 < 7 & 3." in said


@pytest.mark.parametrize("kept", OURS, ids=lambda path: path.stem)
def test_the_books_of_the_collection_are_made_from_their_texts(kept, tmp_path):
    build_epub(FOLDER / "books" / f"{kept.stem}.md", tmp_path / "now.epub")
    assert (tmp_path / "now.epub").read_bytes() == kept.read_bytes()


@pytest.mark.parametrize("kept", OURS, ids=lambda path: path.stem)
def test_no_word_of_a_book_is_lost(kept):
    book = parse((FOLDER / "books" / f"{kept.stem}.md").read_text())
    with zipfile.ZipFile(kept) as archive:
        leaves = [archive.read(name).decode() for name in sorted(archive.namelist()) if "chapter-" in name]
    assert len(leaves) == len(book.chapters)
    for chapter, leaf in zip(book.chapters, leaves, strict=True):
        text = " ".join(unescape(re.sub(r"</?em>", "", leaf)).split())
        for block in chapter.blocks:
            assert written(block) in text


def test_there_is_one_such_book():
    assert [path.stem for path in OURS] == ["kam-as-saa"]
