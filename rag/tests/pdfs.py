"""Small PDFs for tests, made with PyMuPDF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

PLANTS = [
    "Photosynthesis turns the light of the sun into sugar inside the chloroplast of a plant cell. Water is split, "
    "oxygen leaves through the stomata, and carbon dioxide is bound in the Calvin cycle.",
    "Chlorophyll is the green pigment that catches light. It reflects green light, which is why leaves look green "
    "to us in summer.",
]
WHALES = [
    "The blue whale is the largest animal that has ever lived on Earth. A grown blue whale weighs about one hundred "
    "and fifty tonnes and eats krill.",
    "Whales breathe air through blowholes on top of the head. They sleep with one half of the brain awake, so that "
    "they do not forget to breathe.",
]
STEAM = [
    "James Watt improved the steam engine in 1769 with a separate condenser. The condenser saved fuel because the "
    "cylinder no longer had to be cooled at every stroke.",
    "Factories were no longer bound to rivers. Towns such as Manchester grew within two generations from villages "
    "to cities of a hundred thousand people.",
]
BREAD = [
    "Bread rises because yeast turns sugar into carbon dioxide. Gluten, the protein of wheat, forms an elastic net "
    "that holds the gas in the dough.",
    "A sourdough is raised by wild yeast and lactic acid bacteria that live together in the starter.",
]
CHAPTERS = [PLANTS, WHALES, STEAM, BREAD]


def book(
    pages: Sequence[Sequence[str]] = CHAPTERS, *, header: str = "A Small Reader", footer: str = "{n}", repeat: int = 1
) -> Any:
    """A ``pymupdf`` document with paragraphs on pages, a running header and a footer (``{n}`` is the page's number)."""
    import pymupdf

    document = pymupdf.open()
    for number, paragraphs in enumerate([page for page in pages for _ in range(repeat)], start=1):
        page = document.new_page()
        if header:
            page.insert_text((72, 40), header.format(n=number), fontsize=9)
        top = 90.0
        for paragraph in paragraphs:
            left = page.insert_textbox((72, top, 520, 740), paragraph, fontsize=11)
            assert left >= 0, "the paragraph does not fit"
            top = 740 - left + 14
        if footer:
            page.insert_text((290, 810), footer.format(n=number), fontsize=9)
    return document


def as_bytes(document: Any, **options: Any) -> bytes:
    content: bytes = document.tobytes(**options)
    document.close()
    return content
