"""Which of the sentences found are quoted, and in which order. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rag.answers.choosing.asked_for import AskedFor
from rag.answers.choosing.candidate import WeighedSentence
from rag.answers.choosing.languages.words import Kind
from rag.text.sentences import ITEM

MOST = 4
MOST_OF: Mapping[Kind, int] = {
    "person": 2,
    "place": 2,
    "date": 2,
    "time": 2,
    "quantity": 2,
    "yes_no": 2,
    "definition": 3,
    "cause": 3,
    "unknown": 3,
}
FALLS: Mapping[Kind, float] = {  # how much less a further sentence may be worth than the best one; by trials
    "person": 0.06,
    "place": 0.06,
    "date": 0.06,
    "time": 0.06,
    "quantity": 0.06,
}
FALL = 0.12
GOES_ON = frozenset({"steps", "cause", "list", "unknown"})
LEADS = 120  # letters between a sentence and the list that it leads to
GOING_ON = 0.4  # of the question's words in the sentence before and the heading
CONSEQUENCE = re.compile(
    r"(?:for (?:that|this) reason|therefore|thus|hence|so|that is why|this is why|por eso|por ello|por tanto|deshalb|"
    r"darum|daher|deswegen|c[’']est pourquoi|donc|поэтому|ولذلك|لذلك|ولهذا|لهذا)\b",
    re.IGNORECASE,
)
SIDE = 0.6  # share of the words of a side
TOO_ALIKE = 0.9  # cosine: they say the same


WORDS = 0.45  # share of the question's words, those around counting AROUND …
AROUND = 0.5
NEAR = 0.85  # … in a sentence that is nearly as near as the model's threshold says
SHARED = 0.5
# Where words are written together with others, or are pairs of signs, fewer of them agree: measured, docs/answers.md.
SHARED_IN = {"ar": 0.2, "zh": 0.2}


@dataclass(frozen=True)
class Support:
    """What a sentence must have to be quoted. ``threshold``: the model's, of the language in which is asked.
    ``shared``: how much nearer a sentence is for having all words of the question."""

    threshold: float = 0.0
    shared: float = SHARED

    @classmethod
    def in_language(cls, language: str, threshold: float) -> Support:
        """What counts in a text of a language (two letters)."""
        return cls(threshold, SHARED_IN.get(language, SHARED))

    def holds(self, asked: AskedFor, one: WeighedSentence) -> bool:
        """Whether the sentence itself supports an answer: it shows its kind, where that is demanded; and it has the
        words of the question, or means the same in others. Two texts with words in common are near for these words'
        sake; where some are there and what is asked about is not, that is no support."""
        if asked.demands and one.shows is False:
            return False
        has_words = one.words + AROUND * one.around >= WORDS and one.meaning >= NEAR * self.threshold
        return has_words or one.meaning - self.shared * one.words >= self.threshold


Alike = Callable[[WeighedSentence, WeighedSentence], float]


def choose(asked: AskedFor, found: Sequence[WeighedSentence], alike: Alike, support: Support) -> list[WeighedSentence]:
    """At most four sentences: what answers best with what it leans on, then the others, each part as in the book. None
    where not even what promises most supports an answer."""
    promising = sorted((one for one in found if not (asked.demands and one.shows is False)), key=_standing)
    fit = [one for one in promising if support.holds(asked, one)]
    taken = _both_sides(asked, fit)
    if not taken:
        if not fit or promising[0] is not fit[0]:
            return []
        taken = _best(asked, fit, alike)
    whole = _with_what_follows(asked, _with_what_they_lean_on(asked, taken, found), found)
    return _in_order(taken[0], whole)


def _standing(one: WeighedSentence) -> tuple[float, int, int]:
    return -one.worth, one.sentence.page, one.sentence.span.start


def _best(asked: AskedFor, fit: Sequence[WeighedSentence], alike: Alike) -> list[WeighedSentence]:
    best = fit[0]
    taken = [best]
    for one in fit[1:]:
        if len(taken) == MOST_OF.get(asked.kind, MOST) or one.worth < best.worth - FALLS.get(asked.kind, FALL):
            break
        if best.shows and not one.shows:
            continue
        if not any(_overlap(one, other) or alike(one, other) > TOO_ALIKE for other in taken):
            taken.append(one)
    return taken


def _both_sides(asked: AskedFor, fit: Sequence[WeighedSentence]) -> list[WeighedSentence]:
    """For a difference: one sentence that has both sides, or the best of each; empty where a side is nowhere."""
    if len(asked.sides) < 2:
        return []
    both = next((one for one in fit if len(one.sides) == 2 and min(one.sides) >= SIDE), None)
    if both is not None:
        return [both]
    best = [_best_of(side, fit) for side in range(2)]
    sides = [one for side, one in enumerate(best) if one is not None and one.sides[side] >= SIDE]
    return list(dict.fromkeys(sides)) if len(sides) == 2 else []


def _best_of(side: int, fit: Sequence[WeighedSentence]) -> WeighedSentence | None:
    """The best sentence on one side of a difference, before all others."""
    told = [one for one in fit if len(one.sides) == 2]
    return max(told, key=lambda one: (one.sides[side] >= SIDE, one.worth), default=None)


def _with_what_they_lean_on(
    asked: AskedFor, taken: Sequence[WeighedSentence], found: Sequence[WeighedSentence]
) -> list[WeighedSentence]:
    """A sentence such as *It is …* goes with the one before it, where that has what it lacks of the question; where a
    cause is asked for, *For that reason …* with what it was."""
    whole = list(taken)
    for one in taken:
        is_led_to = asked.kind == "cause" and CONSEQUENCE.match(one.sentence.text) is not None
        if (one.leans and one.around > 0) or is_led_to:
            before = next((other for other in found if _follows(other, one)), None)
            if before is not None and before not in whole and len(whole) < MOST and (before.words > 0 or is_led_to):
                whole.append(before)
    return whole


def _with_what_follows(
    asked: AskedFor, taken: Sequence[WeighedSentence], found: Sequence[WeighedSentence]
) -> list[WeighedSentence]:
    """The list that the best sentence leads to. And what tells how, why or which stands often behind the sentence that
    has the words of the question."""
    best, whole = taken[0], list(taken)
    if asked.kind not in GOES_ON or ITEM.match(best.sentence.text):
        return whole
    led_to = next((one for one in found if one.sentence.is_list and _follows(best, one, LEADS)), None)
    if led_to is not None:
        return [best, led_to]
    if asked.kind == "list" and best.counts:
        return _run_from(best, found)
    after = next((one for one in found if _follows(best, one)), None)
    if (
        after is not None
        and after not in whole
        and after.around >= GOING_ON
        and len(whole) < MOST_OF.get(asked.kind, MOST)
    ):
        whole.append(after)
    return whole


def _run_from(first: WeighedSentence, found: Sequence[WeighedSentence]) -> list[WeighedSentence]:
    """The sentence that says how many there are, and those behind it, which name them."""
    run = [first]
    while len(run) < MOST and (after := next((one for one in found if _follows(run[-1], one)), None)) is not None:
        run.append(after)
    return run


def _follows(first: WeighedSentence, second: WeighedSentence, letters: int = 3) -> bool:
    """Whether the second stands behind the first, at most so many letters away."""
    one, other = first.sentence, second.sentence
    return one.page == other.page and 0 <= other.span.start - one.span.end <= letters


def _overlap(one: WeighedSentence, other: WeighedSentence) -> bool:
    first, second = one.sentence, other.sentence
    return first.page == second.page and first.span.start < second.span.end and second.span.start < first.span.end


def _in_order(best: WeighedSentence, taken: Sequence[WeighedSentence]) -> list[WeighedSentence]:
    """The best one with its neighbours first, then the rest; each as in the book."""
    placed = sorted(taken, key=lambda one: (one.sentence.page, one.sentence.span.start))
    own = placed.index(best)
    first = last = own
    while first > 0 and _follows(placed[first - 1], placed[first]):
        first -= 1
    while last + 1 < len(placed) and _follows(placed[last], placed[last + 1]):
        last += 1
    return [*placed[first : last + 1], *placed[:first], *placed[last + 1 :]]
