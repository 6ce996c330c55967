"""Sets of questions with the sentences that answer them are read strictly, and judge what is quoted."""

from __future__ import annotations

import json

import pytest

from rag.evaluation import answer_set
from rag.evaluation.answer_set import digest, judge
from rag.evaluation.lines import BrokenSet

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
