"""The contents of a text, beside its pages."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from rag.models import IndexGeneration

MOST = 300  # headings; of a text with more of them the lower levels are left out
DEEPEST = 4  # how far they are set in


@dataclass(frozen=True)
class ContentsRow:
    """A heading. ``level``: 1 the widest; ``is_here``: the page that is open belongs to it."""

    title: str
    level: int
    page: int
    is_here: bool

    @property
    def inset(self) -> str:
        """How far it is set in, as the style sheet calls it."""
        return f"level-{self.level}"


def contents_of(generation: IndexGeneration, number: int) -> list[ContentsRow]:
    """The headings of the text in their order; two queries."""
    counted = generation.sections.order_by("level").values("level").annotate(sections=Count("pk"))
    deepest, total = 0, 0
    for row in counted:
        total += row["sections"]
        if total > MOST and deepest:
            break
        deepest = row["level"]
    sections = list(generation.sections.filter(level__lte=deepest).values_list("title", "level", "page")[:MOST])
    widest = min((level for _title, level, _page in sections), default=1)
    here = max((place for place, (_title, _level, page) in enumerate(sections) if page <= number), default=-1)
    return [
        ContentsRow(title, min(level - widest + 1, DEEPEST), page, place == here)
        for place, (title, level, page) in enumerate(sections)
        if title
    ]
