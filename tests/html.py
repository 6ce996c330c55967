"""Whether a page is what a browser, a keyboard and a screen reader can rely on."""

from __future__ import annotations

from collections import Counter
from typing import Any

import html5lib

VALUELESS = {"hidden", "submit", "button", "reset", "image"}


def assert_valid(html: str | bytes, *, fragment: bool = False) -> None:
    """The page is HTML5 without a parse error; one h1; a name for each control and picture; unique ids; no inline code.

    ``fragment``: a part that HTMX swaps in, where no h1 and no title are asked for.
    """
    text = html.decode() if isinstance(html, bytes) else html
    problems = faults(text, fragment=fragment)
    assert not problems, "\n".join(problems)


def faults(text: str, *, fragment: bool = False) -> list[str]:
    """What is wrong with the page, a sentence each."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parseFragment(text, container="div") if fragment else parser.parse(text)
    lines = text.splitlines()
    found = [
        f"line {line}: {code} {values or ''}: {lines[line - 1].strip()[:120] if line <= len(lines) else ''}"
        for (line, _), code, values in parser.errors
    ]
    elements = [element for element in tree.iter() if isinstance(element.tag, str)]
    found += _duplicates(elements)
    found += [fault for element in elements for fault in _inline_code(element)]
    found += _unnamed(elements)
    if not fragment:
        found += _frame(elements)
    return found


def controls_without_name(text: str) -> list[str]:
    """The controls, links and pictures of a page that a screen reader cannot name, a sentence each."""
    tree = html5lib.parse(text, namespaceHTMLElements=False)
    return _unnamed([element for element in tree.iter() if isinstance(element.tag, str)])


def _duplicates(elements: list[Any]) -> list[str]:
    seen = Counter(element.get("id") for element in elements if element.get("id") is not None)
    ids = set(seen)
    found = [f"the id {name!r} stands {count} times" for name, count in seen.items() if count > 1]
    found += [f"the id {name!r} is empty or has a space" for name in ids if not name or " " in name]
    for element in elements:
        for attribute in ("for", "aria-labelledby", "aria-describedby"):
            pointed = (element.get(attribute) or "").split()
            found += [
                f"{attribute} of <{element.tag}> points to {name!r}, which is not there"
                for name in pointed
                if name not in ids
            ]
    return found


def _inline_code(element: Any) -> list[str]:
    found = [
        f"<{element.tag}> has an inline {name}" for name in element.attrib if name == "style" or name.startswith("on")
    ]
    if element.tag == "style":
        found.append("there is a style element")
    if element.tag == "script" and not element.get("src") and "json" not in (element.get("type") or ""):
        found.append("there is an inline script")
    if (element.get("href") or element.get("action") or "").startswith("javascript:"):
        found.append(f"<{element.tag}> runs a script from its address")
    return found


def _unnamed(elements: list[Any]) -> list[str]:
    labelled = {element.get("for") for element in elements if element.tag == "label"}
    inside = {id(child) for label in elements if label.tag == "label" for child in label.iter()}
    found = []
    for element in elements:
        named = element.get("aria-label") or element.get("aria-labelledby")
        is_field = element.tag in {"input", "select", "textarea"} and element.get("type") not in VALUELESS
        if is_field and not (named or element.get("id") in labelled - {None} or id(element) in inside):
            found.append(f"<{element.tag} name={element.get('name')!r}> has no label")
        if element.tag in {"a", "button", "summary"} and not (named or _says(element)):
            found.append(f"<{element.tag} href={element.get('href')!r}> says nothing")
        if element.tag == "img" and element.get("alt") is None:
            found.append(f"<img src={element.get('src')!r}> has no alt")
    return found


def _says(element: Any) -> bool:
    """Whether something in the element names it: words, a picture's, a title; what is hidden or leads nowhere need not."""
    if element.get("aria-hidden") == "true" or (element.tag == "a" and element.get("href") is None):
        return True
    pictured = any((picture.get("alt") or "").strip() for picture in element.iter("img"))
    return bool("".join(element.itertext()).strip() or pictured or (element.get("title") or "").strip())


def _frame(elements: list[Any]) -> list[str]:
    found = []
    headings = [element for element in elements if element.tag == "h1"]
    if len(headings) != 1:
        found.append(f"there are {len(headings)} h1")
    titles = [element for element in elements if element.tag == "title"]
    if len(titles) != 1 or not (titles[0].text or "").strip(" ·\n"):
        found.append("there is no title, or more than one")
    if not next(element for element in elements if element.tag == "html").get("lang"):
        found.append("the page does not say its language")
    if sum(element.tag == "main" for element in elements) != 1:
        found.append("there is not exactly one main")
    return found
