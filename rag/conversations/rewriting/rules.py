"""What a question leans on, and what it says when it stands alone: by small rules, in many languages, without a model.

Only what leans on earlier turns is rewritten: an opener (*and …*, *und was ist mit …*), a pronoun (*it*, *er*, *هذا*),
or a question of hardly any word (*Why?*). Everything else is searched for as it was typed, so that another topic brings
nothing along; and one topic alone is added, never all that was asked. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.conversations.rewriting.small_words import languages_of

LONGEST = 1_000  # signs of a question
MOST_OPENED = 2  # words of content of a question that leans by its opener, and …
MOST_NAMELESS = 3  # … by a pronoun: one that says more says what it is about
MOST_WORDS = 8  # of a topic
FROM_ANSWER = 2  # words of the answer's first sentence that a topic takes: mostly what it is about
LEADING = "¿¡\"'“«( "
WORD = re.compile(r"\w+")
INVERTED = re.compile(r"-(?:t-)?(?:je|tu|il|elle|on|nous|vous|ils|elles|ce)\b", re.IGNORECASE)  # *lève-t-il*
SUBJECT = re.compile(r"-(?:t-)?(?:il|elle|ils|elles)\b", re.IGNORECASE)  # … and where nothing else is named
COPULA = re.compile(r"^(ما|من|מה|מי|co)\s+(?:هو|هي|هم|זה|זו|הוא|היא|to)\s+(?=\w+\s*\w)", re.IGNORECASE)  # *What is …*
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
LEAST_SIGNS = 7  # of a question in a writing without spaces
UNSPACED_PRONOUN = re.compile(r"[它他她]|那[么个些里]|这[个些]|其[他它]|それ|これ|彼")


@dataclass(frozen=True)
class PastQuestion:
    """``searched``: the question as it was put to the document. ``answer``: the first sentence that answered it."""

    question: str
    searched: str
    answer: str = ""


def standing_alone(question: str, past: Sequence[PastQuestion]) -> str:
    """``question`` as it can be put to the document: as it is, or with the topic of the questions before behind it."""
    question = " ".join(question.split())
    if not past or not leans(question):
        return question
    asked = set(content(question))
    added = [word for word in topic(past) if word not in asked]
    rewritten = f"{question} ({' '.join(added)})" if added else question
    return rewritten if len(rewritten) <= LONGEST else question


def leans(question: str) -> bool:
    """Whether a question needs what was asked before it."""
    bare = question.strip(LEADING)
    if UNSPACED.search(bare):
        return len(WORD.findall(bare)) == 0 or len("".join(WORD.findall(bare))) < LEAST_SIGNS or _points_back(bare)
    bare = COPULA.sub(r"\1 ", bare)
    found, said = _words(bare), len(content(bare))
    if said == 0 or (said == 1 and SUBJECT.search(bare)):
        return True
    languages = languages_of(bare, found)
    has_opener = any(one.opens.match(bare) for one in languages)
    has_pronoun = any(word in one.pronouns for one in languages for word in found)
    return (has_opener and said <= MOST_OPENED) or (has_pronoun and said <= MOST_NAMELESS)


def _points_back(question: str) -> bool:
    return UNSPACED_PRONOUN.search(question) is not None


def topic(past: Sequence[PastQuestion]) -> list[str]:
    """What the last question that stood alone was about, and what its newest answer was about, in small letters."""
    alone = next((one for one in reversed(past) if one.searched == one.question), past[0])
    found = content(alone.question)[: MOST_WORDS - FROM_ANSWER]
    told = [word for word in content(past[-1].answer) if word not in found]
    return [*found, *told[:FROM_ANSWER]]


def content(text: str) -> list[str]:
    """The words of ``text`` that say something, in small letters, each once."""
    found = _words(text)
    languages = languages_of(text.strip(LEADING), found)
    small = frozenset().union(*(one.stopwords | one.pronouns for one in languages))
    return list(dict.fromkeys(word for word in found if word not in small and (len(word) > 1 or UNSPACED.match(word))))


def _words(text: str) -> list[str]:
    return WORD.findall(INVERTED.sub(" ", text).lower())
