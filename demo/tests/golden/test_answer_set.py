"""The questions by which quotations are judged: what they are, whatever chooses sentences.

They were written before anything was tuned on them. The tuning half may be looked at; the other half only judges.
"""

from __future__ import annotations

from collections import Counter

from demo import FOLDER
from rag.evaluation import answer_set
from rag.evaluation.answer_set import gating_hash

QUESTIONS = answer_set.read(FOLDER / "golden" / "answers")
GATING = "7302f1e9a5d4c8d1d6c3a69e874ded1a7006ebec4f7aebf375734b53e7ae79e1"


def test_the_half_that_judges_is_as_it_was_written():
    assert gating_hash(QUESTIONS) == GATING


def test_there_are_many_questions_of_many_types_half_of_which_only_judge():
    answerable = [one for one in QUESTIONS if one.kind == "answerable"]
    halves = Counter(one.half for one in answerable)
    assert len(answerable) >= 150
    assert abs(halves["tuning"] - halves["gating"]) <= 14
    assert len({one.type for one in answerable}) >= 11
    for kind in ("on_topic", "off_topic"):
        assert sum(one.kind == kind for one in QUESTIONS) >= 30


def test_real_books_are_asked_and_nothing_but_a_few_words_of_them_is_copied():
    real = [one for one in QUESTIONS if one.book in ("category-theory-for-programmers", "riscv-privileged")]
    answerable = [one for one in real if one.kind == "answerable"]
    assert len({one.book for one in answerable}) == 2
    for one in answerable:
        assert all(len(said.split()) <= 8 for said in (*one.bears, *(said for need in one.needs for said in need))), (
            one.id
        )
        assert one.page > 0
