"""What a text has to say to a question: the passages found, and their sentences weighed one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from library.ai.spec import Embedder, Vectors
from rag.models import Document, IndexGeneration, Page, Section
from rag.retrieval.hits import AskedQuestion, Hit
from rag.text import passage_parts, references
from rag.text.passage_parts import PassagePart
from rag.text.printed_pages import PrintedPages
from rag.text.sentences import TextSpan, fold_space, is_quotable

ALONE = 0.05  # so much nearer a sentence must be where no passage is near: short texts are near to more by chance


@dataclass(frozen=True)
class QuotableSentence:
    """A sentence that could be quoted: where it stands and in which passage it was found."""

    page: int
    span: TextSpan  # in the text of its page
    text: str
    passage: int  # rank of its passage, 0 the best
    passage_score: float
    goes_on: tuple[int, TextSpan] | None = None  # on the next page, where the sentence runs over the end of this one

    @property
    def places(self) -> tuple[tuple[int, TextSpan], ...]:
        """The pages on which it stands, and where on them."""
        return ((self.page, self.span), *([self.goes_on] if self.goes_on else []))


@dataclass(frozen=True)
class Evidence:
    """``vectors``: float32 (n, d) of ``sentences``, ``scores``: their cosines to the question."""

    hits: Sequence[Hit]
    pages: Mapping[int, str]  # the text of each page on which one of the passages stands
    sentences: Sequence[QuotableSentence]
    vectors: Vectors
    scores: Sequence[float]
    printed: Mapping[int, PrintedPages] = field(default_factory=dict)  # of the same pages

    def is_enough(self, threshold: float) -> bool:
        """Whether a passage or a sentence is as near to the question as ``threshold``: else the text does not say."""
        near = [hit.score for hit in self.hits] + [score - ALONE for score in self.scores]
        return max(near, default=0.0) >= threshold

    def best_passages(self, count: int) -> list[int]:
        """The ranks of the ``count`` passages that matter: by their own score or, where a fact is buried among other
        matter, by that of their best sentence, whichever is better."""
        worth = [hit.score for hit in self.hits]
        for sentence, score in zip(self.sentences, self.scores, strict=True):
            worth[sentence.passage] = max(worth[sentence.passage], score)
        return sorted(range(len(self.hits)), key=lambda rank: (-worth[rank], rank))[:count]

    def of_passages(self, ranks: Sequence[int]) -> Evidence:
        """The sentences of these passages alone."""
        allowed = [index for index, sentence in enumerate(self.sentences) if sentence.passage in ranks]
        return replace(
            self,
            sentences=[self.sentences[index] for index in allowed],
            vectors=self.vectors[allowed],
            scores=[self.scores[index] for index in allowed],
        )


def gather(
    document: Document, generation: IndexGeneration, question: AskedQuestion, hits: Sequence[Hit], embedder: Embedder
) -> Evidence:
    """All that ``hits``, which are of ``generation`` of ``document``, have to say. Errors: ``EmbedderUnavailable``."""
    pages, printed = _pages_of(generation, hits)
    found = _sentences(_that_say_something(hits), pages, document.language)
    vectors = embedder.embed([fold_space(sentence.text) for sentence in found], "passage")
    scores = [] if question.vector is None else [float(score) for score in vectors @ question.vector]
    return Evidence(hits, pages, found, vectors, scores, printed)


def _pages_of(generation: IndexGeneration, hits: Sequence[Hit]) -> tuple[dict[int, str], dict[int, PrintedPages]]:
    numbers = {number for hit in hits for number in range(hit.passage.first_page, hit.passage.last_page + 1)}
    found = Page.objects.filter(generation=generation, number__in=numbers)
    rows = list(found.values_list("number", "text", "label", "begins"))
    printed = {number: PrintedPages(label, begins) for number, _text, label, begins in rows}
    return {number: text or "" for number, text, _label, _begins in rows}, printed


def _that_say_something(hits: Sequence[Hit]) -> list[tuple[int, Hit]]:
    """The hits with their ranks, but for those in a list of references: it names books, and says nothing."""
    sections = {hit.passage.section_id for hit in hits if hit.passage.section_id is not None}
    paths = Section.objects.filter(pk__in=sections).values_list("pk", "path") if sections else ()
    listed = {pk for pk, path in paths if any(map(references.is_title_of_references, path))}
    return [(rank, hit) for rank, hit in enumerate(hits) if hit.passage.section_id not in listed]


def _sentences(hits: Iterable[tuple[int, Hit]], pages: Mapping[int, str], language: str) -> list[QuotableSentence]:
    """The sentences that could be quoted, each once: neighbouring passages share some. Entries of a list of
    references, under whatever title it stands, are none."""
    found: dict[tuple[int, TextSpan], QuotableSentence] = {}
    for rank, hit in hits:
        passage = hit.passage
        parts = passage_parts.parts(passage.first_page, passage.start, passage.last_page, passage.end, pages)
        for sentence in quotable(
            parts, passage.text, passage=rank, score=hit.score, language=passage.language or language
        ):
            if not references.holds(pages[sentence.page], sentence.span):
                found.setdefault((sentence.page, sentence.span), sentence)
    return list(found.values())


def quotable(
    parts: Sequence[PassagePart], text: str, *, passage: int, score: float, language: str
) -> list[QuotableSentence]:
    """The quotable sentences of a passage that stands at ``parts`` of its pages."""
    return [
        QuotableSentence(one.page, one.span, one.text, passage, score, one.goes_on)
        for one in passage_parts.sentences(parts, text, language)
        if is_quotable(one.text, before=one.before)
    ]
