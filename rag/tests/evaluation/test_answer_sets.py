"""Sets of questions with the sentences that answer them are read strictly, and judge what is quoted."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from demo import FOLDER
from rag.evaluation import answer_set
from rag.evaluation.answer_set import digest, gating_hash, judge
from rag.evaluation.lines import BrokenSet

QUESTIONS = answer_set.read(FOLDER / "golden" / "answers")
GATING = "7302f1e9a5d4c8d1d6c3a69e874ded1a7006ebec4f7aebf375734b53e7ae79e1"
ROW = {
    "id": "p-1",
    "book": "primer",
    "language": "en",
    "question": "Who named cells, and when?",
    "type": "person",
    "kind": "answerable",
    "page": 6,
    "needs": [["Hooke named them", "named by Hooke"], ["in 1665"]],
    "bears": ["monks lived"],
    "half": "gating",
}


def written(folder, **changes):
    (folder / "primer.jsonl").write_text(json.dumps(ROW | changes))
    return folder


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


@pytest.mark.parametrize(
    ("quotes", "is_full", "bears"),
    [
        (["Hooke  named\nthem in 1665."], True, (True,)),
        (["They were named by Hooke.", "That was in 1665."], True, (True, True)),
        (["They were named by Hooke.", "In them monks lived.", "It rained."], False, (True, True, False)),
        ([], False, ()),
    ],
)
def test_an_answer_is_full_where_each_need_is_met_and_a_quotation_bears_where_it_is_known(
    tmp_path, quotes, is_full, bears
):
    (question,) = answer_set.read(written(tmp_path))
    found = judge(question, quotes)
    assert (found.is_full, found.bears) == (is_full, bears)


def test_a_sentence_is_told_without_its_words(tmp_path):
    said = "Hooke named  them."
    (question,) = answer_set.read(written(tmp_path, needs=[[digest(said)]], bears=[]))
    assert judge(question, ["Hooke named them."]).is_full
    assert not judge(question, ["Hooke named them. He did."]).is_full


def test_what_is_not_answered_is_never_full(tmp_path):
    (question,) = answer_set.read(written(tmp_path, kind="off_topic", needs=[], bears=[]))
    assert judge(question, ["Hooke named them."]) == answer_set.Judgement(False, (False,))


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "plain"},
        {"half": "both"},
        {"page": "6"},
        {"needs": []},
        {"needs": [[]]},
        {"needs": [""]},
        {"bears": [""]},
        {"bears": None},
        {"kind": "on_topic"},
        {"quote": "more"},
        {"question": " "},
    ],
)
def test_a_line_that_cannot_be_is_told_by_its_place(tmp_path, changes):
    with pytest.raises(BrokenSet, match=r"primer\.jsonl, line 1"):
        answer_set.read(written(tmp_path, **changes))


def test_an_id_comes_once_and_a_set_has_questions(tmp_path):
    with pytest.raises(BrokenSet, match="no question"):
        answer_set.read(tmp_path)
    (tmp_path / "a.jsonl").write_text(json.dumps(ROW) + "\n" + json.dumps(ROW))
    with pytest.raises(BrokenSet, match="p-1"):
        answer_set.read(tmp_path)
