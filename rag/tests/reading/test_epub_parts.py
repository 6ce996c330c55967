"""The parts of an EPUB are found by whatever name, locked only where it says so, and told where they are missing."""

from __future__ import annotations

import io
import zipfile

import pytest

from rag.ingest.formats.epub.book import Epub
from rag.ingest.formats.flowing import clean
from rag.tests.reading.test_epub import NAV, NCX, PACKAGE, PARTS, code, epub, opened

AES = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
ENCRYPTION = "META-INF__encryption_dot_xml"
OPF = "OEBPS__book_dot_opf"
KIND = 'media-type="application/oebps-package+xml"'


def texts(book: Epub) -> list[str]:
    return [clean(book.read(number)).text for number in range(1, book.facts.pages + 1)]


def renamed(old: str, new: str) -> bytes:
    """The EPUB with a part of another name."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in PARTS.items():
            archive.writestr(new if name == old else name, content)
    return made.getvalue()


def lock(algorithm: str, *uris: str) -> str:
    targets = "".join(
        f'<EncryptedData><EncryptionMethod Algorithm="{algorithm}"/><CipherData><CipherReference URI="{uri}"/>'
        "</CipherData></EncryptedData>"
        for uri in uris
    )
    return f'<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container">{targets}</encryption>'


# -- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "other"), [("\u00e9", "e\u0301"), ("e\u0301", "\u00e9")])
@pytest.mark.parametrize("capitals", [False, True])
def test_names_that_differ_only_by_their_composition_or_capitals_are_one_name(form, other, capitals):
    in_archive = f"OEBPS/text/{form}.xhtml"
    in_manifest = f"text/{other}.xhtml"
    package = PACKAGE.replace("text/one.xhtml", in_manifest.upper() if capitals else in_manifest)
    nav = NAV.replace("text/one.xhtml", in_manifest)
    content = epub(
        **{
            OPF: package,
            "OEBPS__nav_dot_xhtml": nav,
            "OEBPS__text__one_dot_xhtml": None,
            in_archive: PARTS["OEBPS/text/one.xhtml"],
        }
    )
    book = opened(content)
    assert book.facts.missing == ()
    assert [(mark.title, mark.page) for mark in book.facts.outline] == [
        ("Second", 1),
        ("First of all", 2),
        ("Krill", 2),
    ]


def test_name_that_is_there_word_for_word_comes_before_one_that_is_alike():
    content = epub(OEBPS__text__ONE_dot_xhtml="<p>Another.</p>")
    assert texts(opened(content))[1].startswith("First of all")


@pytest.mark.parametrize("name", ["OEBPS\\text\\one.xhtml", "OEBPS/text/./one.xhtml"])
def test_names_are_paths_whatever_their_strokes(name):
    assert len(texts(opened(renamed("OEBPS/text/one.xhtml", name)))) == 2


def test_name_in_utf8_that_the_archive_does_not_call_so_is_found():
    content = epub(**{OPF: PACKAGE.replace("text/one.xhtml", "text/%C3%A9.xhtml"), "OEBPS__text__one_dot_xhtml": None})
    made = io.BytesIO(content)
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("OEBPS/text/XX.xhtml", PARTS["OEBPS/text/one.xhtml"])
    content = made.getvalue().replace(b"OEBPS/text/XX.xhtml", "OEBPS/text/é.xhtml".encode())
    assert opened(content).facts.missing == ()


def test_links_find_names_of_another_composition_and_percent_signs():
    nav = NAV.replace("#krill", "#caf%C3%A9")
    one = (
        PARTS["OEBPS/text/one.xhtml"]
        .replace('id="krill"', 'id="cafe\u0301"')
        .replace("<p>Whales", "<p>" + "word " * 200 + "Whales")
    )
    book = opened(epub(OEBPS__nav_dot_xhtml=nav, OEBPS__text__one_dot_xhtml=one))
    assert book.facts.outline[2].page == book.facts.pages == 3


# -- locks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rights_dot_xml", "license_dot_lcpl", "sinf_dot_xml"])
def test_rights_and_licences_alone_lock_nothing(name):
    assert opened(epub(**{f"META-INF__{name}": "<rights/>"})).facts.pages == 2


@pytest.mark.parametrize(
    "uri", ["OEBPS/text/one.xhtml", "OEBPS/text/two%20b.xhtml", "/OEBPS/book.opf", "OEBPS/TEXT/ONE.xhtml"]
)
def test_book_of_which_a_document_is_encrypted_is_protected(uri):
    assert code(epub(**{ENCRYPTION: lock(AES, "OEBPS/a.otf", uri)})) == "file_protected"


def test_fonts_and_pictures_lock_no_book_however_they_are_encrypted():
    locks = lock(AES, "OEBPS/a.otf", "OEBPS/whale.jpg")
    assert opened(epub(**{ENCRYPTION: locks, "META-INF__rights_dot_xml": "<rights/>"})).facts.pages == 2
    assert opened(epub(**{ENCRYPTION: lock("http://ns.adobe.com/pdf/enc#RC", "a.otf")})).facts.pages == 2


def test_encryption_of_nobody_knows_what_locks_the_book():
    locks = '<encryption><EncryptedData><EncryptionMethod Algorithm="urn:x"/></EncryptedData></encryption>'
    assert code(epub(**{ENCRYPTION: locks})) == "file_protected"


def test_chapters_that_are_no_markup_are_missing_and_beside_rights_locked():
    noise = bytes(range(256)) * 20
    book = opened(epub(OEBPS__text__one_dot_xhtml=noise))
    assert (book.facts.pages, book.facts.missing) == (1, ("OEBPS/text/one.xhtml",))
    both = {"OEBPS__text__one_dot_xhtml": noise, "OEBPS__text__two b_dot_xhtml": noise}
    assert code(epub(**both)) == "no_text"
    assert code(epub(**both, **{"META-INF__rights_dot_xml": "<rights/>"})) == "file_protected"


# -- the package ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "roots",
    [
        f'<rootfile full-path="book.pdf" media-type="application/pdf"/><rootfile full-path="OEBPS/book.opf" {KIND}/>',
        '<rootfile full-path="book.pdf"/><rootfile full-path="OEBPS/book.opf"/>',
        f'<rootfile full-path="gone.opf" {KIND}/><rootfile full-path="OEBPS/book.opf"/>',
    ],
)
def test_rendition_that_can_be_read_is_read(roots):
    assert (
        opened(
            epub(**{"META-INF__container_dot_xml": f"<container><rootfiles>{roots}</rootfiles></container>"})
        ).facts.pages
        == 2
    )


@pytest.mark.parametrize(
    "kind", ["text/x-oeb1-document", "application/x-dtbook+xml", "text/html; charset=utf-8", "application/octet-stream"]
)
def test_documents_of_older_kinds_and_of_wrong_ones_are_read(kind):
    assert opened(epub(**{OPF: PACKAGE.replace("application/xhtml+xml", kind)})).facts.pages == 2


def with_item(item: str, *, spine: str = '<itemref idref="x"/>') -> str:
    return PACKAGE.replace("</manifest>", f"{item}</manifest>").replace("</spine>", f"{spine}</spine>")


def test_part_that_cannot_be_read_is_read_by_its_fallback():
    items = (
        '<item id="x" href="x.pdf" media-type="application/pdf" fallback="y"/>'
        '<item id="y" href="y.svg" media-type="image/svg+xml" fallback="z"/>'
        '<item id="z" href="z.xhtml" media-type="application/xhtml+xml"/>'
    )
    book = opened(epub(**{OPF: with_item(items), "OEBPS__z_dot_xhtml": "<p>By fallback.</p>"}))
    assert texts(book)[-1] == "By fallback."


@pytest.mark.parametrize("fallback", ["x", "y", "gone", ""])
def test_fallbacks_that_go_round_or_lead_nowhere_end(fallback):
    items = (
        f'<item id="x" href="x.pdf" media-type="application/pdf" fallback="{fallback}"/>'
        '<item id="y" href="y.pdf" media-type="application/pdf" fallback="x"/>'
    )
    assert opened(epub(**{OPF: with_item(items)})).facts.pages == 2


def test_documents_that_only_links_lead_to_stand_behind_the_text():
    package = PACKAGE.replace('<itemref idref="b"/>', '<itemref idref="b" linear="no"/>')
    assert texts(opened(epub(**{OPF: package})))[1].startswith("Of the sea.")


@pytest.mark.parametrize("declared", [NCX[: NCX.index("<ncx")], ""])
def test_entities_of_xhtml_are_read_in_contents_whether_they_are_declared_or_not(declared):
    ncx = declared + NCX[NCX.index("<ncx") :].replace("Old first", "Chapter&nbsp;1&mdash;Storm &amp; Caf&eacute;")
    book = opened(epub(OEBPS__nav_dot_xhtml=None, OEBPS__toc_dot_ncx=ncx))
    assert [mark.title for mark in book.facts.outline] == ["Chapter 1—Storm & Café"]
    nav = NAV.replace("Second", "Second&nbsp;one&hellip;")
    assert opened(epub(OEBPS__nav_dot_xhtml=nav)).facts.outline[0].title == "Second one…"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_parts_are_read_in_utf16_too(encoding):
    declared = '<?xml version="1.0" encoding="utf-16"?>' if "16" in encoding else ""
    changes = {
        name: declared + text.partition("?>")[2 if text.startswith("<?xml") else 0] for name, text in PARTS.items()
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        for name, text in changes.items():
            archive.writestr(name, text.encode(encoding))
    book = opened(made.getvalue())
    assert (book.facts.title, [mark.page for mark in book.facts.outline]) == ("On Whales", [1, 2, 2])
    assert "Whales are mammals" in texts(book)[1]


def test_elements_with_a_prefix_are_paragraphs():
    body = '<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:body><h:h1>Whales</h:h1><h:p>one</h:p><h:p>two</h:p></h:body></h:html>'
    book = opened(epub(OEBPS__text__one_dot_xhtml=body))
    assert texts(book)[1] == "Whales\n\none\n\ntwo"


# -- printed pages ----------------------------------------------------------------------------------------------------

ONE = '<p id="p101">Whales sing.</p><p>They <a id="p102"/>dive.</p>'


def begins(book: Epub) -> list[tuple[str, list[tuple[int, str]]]]:
    pages = [book.read(number) for number in range(1, book.facts.pages + 1)]
    return [(page.label, clean(page).begins) for page in pages]


def test_printed_pages_come_from_the_list_of_pages():
    links = [f'<li><a href="text/one.xhtml#p{number}">{number}</a></li>' for number in (101, 102)]
    nav = NAV.replace('<li><a href="text/one.xhtml">1</a></li>', "".join(links))
    assert begins(opened(epub(OEBPS__nav_dot_xhtml=nav, OEBPS__text__one_dot_xhtml=ONE))) == [
        ("", []),
        ("101", [(19, "102")]),
    ]


def test_printed_pages_come_from_the_old_list_of_pages_too_and_run_on():
    targets = "".join(
        f'<pageTarget value="{n}"><navLabel><text>{n}</text></navLabel><content src="text/{at}"/></pageTarget>'
        for n, at in ((100, "two%20b.xhtml"), (102, "one.xhtml#p102"))
    )
    ncx = NCX.replace("</navMap>", f"</navMap><pageList>{targets}</pageList>")
    book = opened(epub(OEBPS__nav_dot_xhtml=None, OEBPS__toc_dot_ncx=ncx, OEBPS__text__one_dot_xhtml=ONE))
    assert begins(book) == [("100", []), ("100", [(19, "102")])]


def test_printed_pages_come_from_the_text_where_nothing_lists_them():
    one = ONE.replace('<a id="p102"/>', '<span epub:type="pagebreak" title="ii"/>')
    book = opened(epub(OEBPS__nav_dot_xhtml=None, OEBPS__text__one_dot_xhtml=one))
    assert begins(book)[1] == ("", [(19, "ii")])


# -- covers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cover",
    [
        "<body><p>Cover</p></body>",
        "<body><h1>Front Cover</h1></body>",
        "<body><p>Umschlag</p></body>",
        '<body><img alt="A whale dives" src="w.jpg"/></body>',
        '<body epub:type="cover"><h1>On Whales</h1><p>by A. Melville</p></body>',
        '<body><section epub:type="cover"><p>On Whales</p></section></body>',
        "<body><svg><image/></svg></body>",
        "<body/>",
    ],
)
def test_cover_is_no_page(cover):
    book = opened(epub(**{"OEBPS__text__two b_dot_xhtml": cover}))
    assert book.facts.pages == 1
    assert texts(book)[0].startswith("First of all")
    assert [mark.title for mark in book.facts.outline] == ["First of all", "Krill"] or not cover.count("p>")


@pytest.mark.parametrize(
    "named",
    [
        {
            OPF: PACKAGE.replace(
                "</package>", '<guide><reference type="cover" href="text/two%20b.xhtml"/></guide></package>'
            )
        },
        {
            "OEBPS__nav_dot_xhtml": NAV.replace(
                "</body>",
                '<nav epub:type="landmarks"><ol><li><a epub:type="cover" href="text/two%20b.xhtml">x</a></li></ol>'
                "</nav></body>",
            )
        },
    ],
)
def test_book_names_its_cover_and_a_chapter_that_is_named_by_mistake_stays(named):
    assert opened(epub(**named)).facts.pages == 1
    long = {"OEBPS__text__two b_dot_xhtml": f"<p>{'whale ' * 50}</p>"}
    assert opened(epub(**named, **long)).facts.pages == 2


@pytest.mark.parametrize(
    "text", ["<p>Cover your ears.</p>", "<p>Krill</p>", '<p><img alt="x"/> words</p>', "<p>Page of the book</p>"]
)
def test_first_page_that_says_anything_else_is_one(text):
    assert opened(epub(**{"OEBPS__text__two b_dot_xhtml": text})).facts.pages == 2


def test_picture_behind_the_first_page_is_one():
    book = opened(epub(OEBPS__text__one_dot_xhtml='<img alt="A whale dives"/>'))
    assert texts(book)[1] == "A whale dives"


def test_container_of_another_case_is_found():
    assert opened(renamed("META-INF/container.xml", "META-INF/Container.xml")).facts.pages == 2
