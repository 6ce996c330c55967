"""Which documents of an EPUB are covers. A cover is no page of the text: it has nothing to ask."""

from __future__ import annotations

import re

from rag.ingest.formats.markup import MarkupChapter

MOST_WORDS = 40  # what a cover says: title, authors, publisher. A chapter that is called a cover by mistake says more
WORDS = re.compile(r"[^\W\d_]+")
COVERS = frozenset(
    WORDS.findall(
        "cover couverture umschlag titelbild einband cubierta tapa capa copertina omslag forside omslagsbild "
        "kansi borító okładka obálka přebal обложка обкладинка εξώφυλλο kapak sampul bìa غلاف عטיפה כריכה आवरण 封面 "
        "表紙 カバー 표지 ปก"
    )
)
BESIDES = frozenset(
    WORDS.findall("front back page image book the of picture page de du la le del della buch bild seite vorne")
)


def is_cover(chapter: MarkupChapter, *, is_named: bool, is_first: bool) -> bool:
    """Whether ``chapter`` is a cover. ``is_named``: the book says so, which alone proves nothing; ``is_first``: it
    is the first document, where a cover stands that the book does not name."""
    words = [word.casefold() for block in chapter.blocks for word in WORDS.findall(block.text)]
    if is_named:
        return len(words) <= MOST_WORDS
    only_says_so = bool(COVERS & set(words)) and set(words) <= COVERS | BESIDES
    is_picture = bool(chapter.blocks) and all(block.is_drawn for block in chapter.blocks) and len(words) <= MOST_WORDS
    return only_says_so or (is_first and is_picture)
