"""XML as a tree, without its dangers. Only the standard library; runs in the reading process."""

from __future__ import annotations

import re
from html.entities import html5
from xml.etree import ElementTree
from xml.parsers import expat

from rag.ingest.formats import bounds
from rag.ingest.formats.decoding import decoded
from rag.ingest.sandbox.reader import FileRefused

DEEPEST = 200  # elements in each other
ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
OF_XML = {"amp", "lt", "gt", "quot", "apos"}


def parsed(content: bytes) -> ElementTree.Element:
    """``content`` as a tree; names of elements and attributes without their namespaces.

    Entities that XHTML knows (``&nbsp;``, ``&eacute;``) are what they mean whether the file declares XHTML or not; none
    that the file declares itself is ever filled in. Errors: ``FileRefused``, ``expat.ExpatError``.
    """
    text = decoded(content)
    bounds.check(text.encode(errors="replace"))
    with bounds.timed():
        return _tree(ENTITY.sub(_filled_in, text))


def _filled_in(entity: re.Match[str]) -> str:
    meant = None if entity[1] in OF_XML else html5.get(f"{entity[1]};")
    return entity[0] if meant is None else "".join(f"&#{ord(sign)};" for sign in meant)


def _tree(text: str) -> ElementTree.Element:
    parser = expat.ParserCreate(namespace_separator="}")
    builder = ElementTree.TreeBuilder()
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise FileRefused("file_nested_too_deeply", most=DEEPEST)
        builder.start(_local(name), {_local(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_local(name))

    def refuse(*_declared: object) -> None:
        raise FileRefused("file_declares_entities")

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = refuse
    parser.Parse(text, True)
    root: ElementTree.Element = builder.close()
    return root


def _local(name: str) -> str:
    return name.rpartition("}")[2]
