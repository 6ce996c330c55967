"""Writes the summary of a document: reads its passages, and has ``aistudy.summary`` choose among their sentences."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from aistudy import errors, summary
from aistudy.kinds import STEPS, IndexReplaced, StudyMaterial
from library.jobs.embedding.job_embedder import embedder_for
from library.jobs.job_run import JobRun
from rag.models import Passage
from rag.text import passage_parts
from rag.text.sentences import fold_space, word_count


def write_summary(run: JobRun, material: StudyMaterial) -> dict[str, Any]:
    """Six to ten sentences of the document, each found on its page. Errors: ``NothingToSummarise``."""
    rows = list(material.generation.passages.order_by("ordinal"))
    pages = {number: text or "" for number, text in material.generation.pages.values_list("number", "text")}
    if not rows:
        raise IndexReplaced  # deleted while we looked
    run.progress(done=1, total=STEPS, message=_("Weighing {n} passages").format(n=len(rows)))
    with embedder_for(run, material.generation.model) as embedder:
        chosen = summary.summarise(
            [_passage(row, pages) for row in rows],
            np.stack([np.asarray(row.embedding, dtype=np.float32) for row in rows]),
            pages,
            language=material.language,
            embed=partial(embedder.embed, kind="passage"),
        )
    verbatim = [s for s in chosen if fold_space(pages[s.page][s.start : s.end]) == s.text]
    if not verbatim:
        raise errors.NothingToSummarise
    run.progress(done=2, total=STEPS, message=_("Putting {n} sentences in order").format(n=len(verbatim)))
    return {
        "sentences": [asdict(sentence) for sentence in verbatim],
        "words": sum(word_count(sentence.text) for sentence in verbatim),
    }


def _passage(row: Passage, pages: dict[int, str]) -> summary.PassageText:
    parts = passage_parts.parts(row.first_page, row.start, row.last_page, row.end, pages)
    return summary.PassageText(row.first_page, row.start, row.text, tuple(parts))
