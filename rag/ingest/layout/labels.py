"""The numbers printed on pages, where the file says so."""

from __future__ import annotations

from typing import Any

from rag.ingest.layout.words import tidy

ROMAN = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)
MOST_ROMAN = 5000
MOST_LETTERS = 20
KEPT = "lyceum_label_rules"  # reading the rules costs milliseconds, so they are kept with the open file


def label(page: Any) -> str:
    """The label of ``page`` (a ``pymupdf.Page``); empty where the file has none."""
    document = page.parent
    rules = getattr(document, KEPT, None)
    if rules is None:
        rules = _read(document)
        setattr(document, KEPT, rules)
    rule = next((rule for rule in reversed(rules) if rule["startpage"] <= page.number), None)
    if rule is None:
        return ""
    number = page.number - rule["startpage"] + rule["firstpagenum"]
    return tidy(rule["prefix"] + _numeral(number, rule.get("style", "")))


def _read(document: Any) -> list[dict[str, Any]]:
    try:
        return sorted(document.get_page_labels(), key=lambda rule: rule["startpage"])
    except (RuntimeError, ValueError, IndexError, KeyError):  # damaged rules are no rules
        return []


def _numeral(number: int, style: str) -> str:
    if style == "D":
        return str(number)
    if style in ("r", "R") and 0 < number < MOST_ROMAN:
        return _cased(_roman(number), style)
    if style in ("a", "A") and 0 < number <= 26 * MOST_LETTERS:  # a … z, aa … zz, aaa …
        return _cased(chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1), style)
    return ""


def _cased(numeral: str, style: str) -> str:
    return numeral.upper() if style.isupper() else numeral


def _roman(number: int) -> str:
    numeral = ""
    for value, sign in ROMAN:
        while number >= value:
            numeral, number = numeral + sign, number - value
    return numeral
