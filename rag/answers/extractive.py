"""The extractive writer: answers a question with sentences of the book, word for word. Pure."""

from __future__ import annotations

from rag.answers.choosing.asked_for import asked_for
from rag.answers.choosing.candidate import WeighedSentence, candidates
from rag.answers.choosing.choose import Support, choose
from rag.answers.choosing.marks import answering
from rag.answers.evidence import Evidence
from rag.answers.ports import Statement
from rag.retrieval.hits import AskedQuestion
from rag.text.sentences import fold_space


class ExtractiveWriter:
    """Writes with sentences of the text alone."""

    name = "extractive"

    def write(self, question: AskedQuestion, evidence: Evidence, *, threshold: float) -> list[Statement]:
        """Up to four sentences: the one that answers best with its neighbours, then the others, each part as in the
        book. As ``rag.answers.ports.AnswerWriter``."""
        asked = evidence.asked if evidence.asked.about else asked_for(question.text, evidence.language)
        found = candidates(asked, question.text, evidence.language, evidence.sentences, evidence.scores, evidence.words)
        places = {id(one): index for index, one in enumerate(found)}

        def alike(one: WeighedSentence, other: WeighedSentence) -> float:
            return float(evidence.vectors[places[id(one)]] @ evidence.vectors[places[id(other)]])

        chosen = choose(asked, found, alike, Support.in_language(evidence.language, threshold))
        statements = []
        for one in chosen:
            text = fold_space(one.sentence.text)
            marks = answering(asked, text, evidence.language, question.text)
            statements.append(
                Statement(text, one.sentence, one.meaning, tuple((mark.start, mark.end) for mark in marks))
            )
        return statements
