"""Golden questions are read strictly: whoever judges by them has to know that they are whole."""

from __future__ import annotations

import pytest

from rag.evaluation import golden
from rag.evaluation.lines import BrokenSet
from rag.tests.evaluation.sets import write_golden


def test_questions_come_in_the_order_of_files_and_lines(tmp_path):
    write_golden(tmp_path, {}, {"id": "p-2", "kind": "unanswerable", "quote": "", "half": "tuning"})
    (tmp_path / "a.jsonl").write_text((tmp_path / "primer.jsonl").read_text().replace("p-", "a-"))
    (tmp_path / "notes.txt").write_text("nothing")

    found = golden.read(tmp_path)

    assert [one.id for one in found] == ["a-1", "a-2", "p-1", "p-2"]
    assert [one.is_answerable for one in found] == [True, False, True, False]
    assert (found[0].question, found[0].half, found[1].half) == ("Who named cells?", "gating", "tuning")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "hard"}, "primer.jsonl, line 1: “kind” is one of plain, paraphrased, unanswerable, not hard"),
        ({"half": "both"}, "“half” is one of tuning, gating"),
        ({"question": " "}, "“question” must be a text"),
        ({"question": 7}, "“question” must be a text"),
        ({"quote": ""}, "what can be answered has a quote"),
        ({"kind": "unanswerable"}, "what can be answered has a quote, and nothing else has"),
        ({"page": 7}, "nobody knows “page”"),
    ],
)
def test_a_line_that_cannot_be_is_told_by_its_place(tmp_path, change, said):
    with pytest.raises(BrokenSet, match=said):
        golden.read(write_golden(tmp_path, change))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"id": "p-1"', "primer.jsonl, line 1: "),
        (b"[1, 2]", "line 1: an object is wanted, not .1, 2"),
        (b"\xff\xfe", "primer.jsonl is not in UTF-8"),
        (b"\n\n", "has no question"),
    ],
)
def test_a_file_that_is_no_list_of_objects_is_told_so(tmp_path, content, said):
    (tmp_path / "primer.jsonl").write_bytes(content)
    with pytest.raises(BrokenSet, match=said):
        golden.read(tmp_path)


def test_an_id_stands_for_one_question(tmp_path):
    with pytest.raises(BrokenSet, match="Two questions have the id p-1"):
        golden.read(write_golden(tmp_path, {}, {"question": "Another?"}))


def test_a_text_may_hold_what_others_take_for_the_end_of_a_line(tmp_path):
    (question,) = golden.read(write_golden(tmp_path, {"quote": "one\u2028two\x85three"}))
    assert question.quote == "one\u2028two\x85three"


def test_the_hash_follows_the_gating_half_alone_and_no_order(tmp_path):
    first = golden.read(write_golden(tmp_path / "1", {}, {"id": "p-2"}, {"id": "p-3", "half": "tuning"}))
    other = golden.read(write_golden(tmp_path / "2", {"id": "p-2"}, {}, {"id": "p-4", "half": "tuning"}))
    changed = golden.read(write_golden(tmp_path / "3", {}, {"id": "p-2", "quote": "he named them"}))
    assert golden.gating_hash(first) == golden.gating_hash(other) != golden.gating_hash(changed)
    assert len(golden.gating_hash(first)) == 64


def test_a_quotation_is_found_over_the_ends_of_lines_and_nowhere_else():
    pages = [(1, "Hooke named\nthem  cells."), (2, "Hooke named others"), (3, "… Hooke named them again")]
    assert golden.pages_with("Hooke named them", pages) == [1, 3]
    assert golden.pages_with("hooke named them", pages) == []
