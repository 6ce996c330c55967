"""What a text has to say to a question: the passages found, and their sentences weighed one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from library.ai.spec import Embedder, Vectors
from library.search import texts
from rag.answers.choosing.asked_for import ANYTHING, FOREIGN, AskedFor, asked_for, is_foreign
from rag.answers.choosing.lists import lists
from rag.answers.choosing.words import RareWords
from rag.answers.quotable import QuotableSentence
from rag.indexes import terms
from rag.models import Document, IndexGeneration, Page, Section
from rag.retrieval.hits import AskedQuestion, Hit
from rag.text import passage_parts, references
from rag.text.passage_parts import PlacedSentence
from rag.text.printed_pages import PrintedPages
from rag.text.sentences import TextSpan, fold_space, is_quotable

ALONE = 0.05  # so much nearer a sentence must be where no passage is near: short texts are near to more by chance


MANY_WORDS = 0.6  # of the question's, by how rare they are
WORDS_COUNT = 0.5  # what all words of the question count beside a cosine, where passages are compared


@dataclass(frozen=True)
class Evidence:
    """``vectors``: float32 (n, d) of ``sentences``, ``scores``: their cosines to the question."""

    hits: Sequence[Hit]
    pages: Mapping[int, str]  # the text of each page on which one of the passages stands
    sentences: Sequence[QuotableSentence]
    vectors: Vectors
    scores: Sequence[float]
    printed: Mapping[int, PrintedPages] = field(default_factory=dict)  # of the same pages
    asked: AskedFor = ANYTHING  # what the question wants
    words: RareWords = field(default_factory=RareWords)  # of the question, as rare as they are in the document
    language: str = ""

    def is_enough(self, threshold: float) -> bool:
        """Whether a passage or a sentence is as near to the question as ``threshold``, or a sentence has most of its
        words: else the text does not say."""
        near = [hit.score for hit in self.hits] + [score - ALONE for score in self.scores]
        has_words = any(self.words.share(one.lexemes) >= MANY_WORDS for one in self.sentences)
        return max(near, default=0.0) >= threshold or has_words

    @property
    def read_as(self) -> str:
        """Whose threshold counts: that of the text's language, or *foreign* where it is asked in another one."""
        return FOREIGN if is_foreign(self.asked, self.language) else self.language

    def best_passages(self, count: int) -> list[int]:
        """The ranks of the ``count`` passages that matter: by their own score or, where a fact is buried among other
        matter, by that of their best sentence with its share of the question's words, whichever is better."""
        worth = [hit.score for hit in self.hits]
        for sentence, score in zip(self.sentences, self.scores, strict=True):
            said = score + WORDS_COUNT * self.words.share(sentence.lexemes | sentence.around)
            worth[sentence.passage] = max(worth[sentence.passage], said)
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
    language = generation.language or document.language  # what it was found to be in, before what its record says
    asked = asked_for(question.text, language)
    words = _words(asked, generation, language)
    found = _with_lexemes(_sentences(_that_say_something(hits), pages, language), words, language)
    vectors = embedder.embed([fold_space(sentence.text) for sentence in found], "passage")
    scores = [] if question.vector is None else [float(score) for score in vectors @ question.vector]
    return Evidence(hits, pages, found, vectors, scores, printed, asked, words, language)


def _words(asked: AskedFor, generation: IndexGeneration, language: str) -> RareWords:
    """The words of what is asked about; of a difference each side's own, too. Where a question is in another language
    than the text, its words are none of the text's: what they mean has to do."""
    if is_foreign(asked, language):
        return RareWords()
    words = RareWords.of(terms.of_generations([generation], asked.about))
    sides = [frozenset(texts.lexemes(side, [language])) for side in asked.sides]
    own = tuple(side - frozenset().union(*(other for other in sides if other is not side)) for side in sides)
    return replace(words, sides=own)


def _with_lexemes(found: Sequence[QuotableSentence], words: RareWords, language: str) -> list[QuotableSentence]:
    """The sentences with the words of the question that they, and what stands around them, have; one query."""
    read = [part for one in found for part in (one.text, f"{one.heading} {one.before}")]
    wanted = frozenset(words.rare).union(*words.sides)
    having = texts.having(read, [language] * len(read), wanted)
    return [
        replace(one, lexemes=own, around=around)
        for one, own, around in zip(found, having[::2], having[1::2], strict=True)
    ]


def _pages_of(generation: IndexGeneration, hits: Sequence[Hit]) -> tuple[dict[int, str], dict[int, PrintedPages]]:
    numbers = {number for hit in hits for number in range(hit.passage.first_page, hit.passage.last_page + 1)}
    found = Page.objects.filter(generation=generation, number__in=numbers)
    rows = list(found.values_list("number", "text", "label", "begins"))
    printed = {number: PrintedPages(label, begins) for number, _text, label, begins in rows}
    return {number: text or "" for number, text, _label, _begins in rows}, printed


def _that_say_something(hits: Sequence[Hit]) -> list[tuple[int, Hit, str]]:
    """The hits with their ranks and the titles above them, but for those in a list of references: it names books, and
    says nothing."""
    sections = {hit.passage.section_id for hit in hits if hit.passage.section_id is not None}
    paths: dict[int | None, list[str]] = dict(Section.objects.filter(pk__in=sections).values_list("pk", "path"))
    above = [paths.get(hit.passage.section_id, []) for hit in hits]
    return [
        (rank, hit, path[-1] if path else "")
        for rank, (hit, path) in enumerate(zip(hits, above, strict=True))
        if not any(map(references.is_title_of_references, path))
    ]


def _sentences(hits: Iterable[tuple[int, Hit, str]], pages: Mapping[int, str], language: str) -> list[QuotableSentence]:
    """The sentences that could be quoted, each once: neighbouring passages share some. Entries of a list of
    references, under whatever title it stands, are none."""
    found: dict[tuple[int, TextSpan], QuotableSentence] = {}
    for rank, hit, heading in hits:
        passage = hit.passage
        parts = passage_parts.parts(passage.first_page, passage.start, passage.last_page, passage.end, pages)
        placed = list(passage_parts.sentences(parts, passage.text, passage.language or language))
        for sentence in quotable(placed, pages, passage=rank, score=hit.score, heading=heading):
            if not references.holds(pages[sentence.page], sentence.span):
                known = found.setdefault((sentence.page, sentence.span), sentence)
                if sentence.before and not known.before:  # it begins one passage and stands within another
                    found[sentence.page, sentence.span] = replace(known, before=sentence.before)
    return list(found.values())


def quotable(
    placed: Sequence[PlacedSentence], pages: Mapping[int, str], *, passage: int, score: float, heading: str = ""
) -> list[QuotableSentence]:
    """The quotable sentences and lists of a passage, of which ``placed`` are all sentences, on ``pages``."""
    before = ["", *(fold_space(one.text) for one in placed)]
    found = [
        QuotableSentence(one.page, one.span, one.text, passage, score, one.goes_on, last, heading)
        for one, last in zip(placed, before, strict=False)
        if is_quotable(one.text, before=one.before)
    ]
    for first, span, text in lists(placed, pages):
        intro = before[placed.index(first)]
        found.append(QuotableSentence(first.page, span, text, passage, score, None, intro, heading, is_list=True))
    return found
