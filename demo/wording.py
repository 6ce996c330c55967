"""The words of a book that are its house's and not its author's, in the languages of the collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Wording:
    """``chapter`` has room for a number; ``imprint`` is what stands below the title on the back of the title page,
    line by line, with room for the year."""

    direction: Literal["ltr", "rtl"]
    contents: str
    chapter: str
    imprint: tuple[str, ...]


WORDINGS = {
    "en": Wording(
        "ltr",
        "Contents",
        "Chapter {number}",
        (
            "First published {year}.",
            "Written for the demonstration collection of the Lyceum library system.",
            "Set in Times. Pages are numbered from the title page on,",
            "so that a page cited is the same on the screen and on paper.",
        ),
    ),
    "es": Wording(
        "ltr",
        "Índice",
        "Capítulo {number}",
        (
            "Primera edición, {year}.",
            "Escrito para la colección de muestra del sistema bibliotecario Lyceum.",
            "Compuesto en Times. Las páginas se numeran desde la portada,",
            "para que la página citada sea la misma en pantalla y en papel.",
        ),
    ),
    "ar": Wording(
        "rtl",
        "المحتويات",
        "الفصل {number}",
        (
            "الطبعة الأولى، {year}.",
            "كُتب لمجموعة العرض في نظام المكتبات لايسيوم.",
        ),
    ),
}


def wording(language: str) -> Wording:
    """That of a language of the collection. Errors: ``KeyError`` for any other."""
    return WORDINGS[language]
