"""Sets in BEIR's form: read whole, or refused by file and line."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from rag.evaluation import beir
from rag.evaluation.beir import CorpusText
from rag.evaluation.lines import BrokenSet
from rag.tests.evaluation.sets import ANIMALS, packed, write_beir

HEAD = "query-id\tcorpus-id\tscore\n"


def test_texts_and_judged_queries_are_read(tmp_path):
    found = beir.read(write_beir(tmp_path / "animals"))
    assert found.name == "animals"
    assert [one.id for one in found.texts] == list(ANIMALS)
    assert found.texts[0] == CorpusText("owl", "Owl", ANIMALS["owl"])
    assert {query.id: query.grades for query in found.queries} == {"q1": {"owl": 2, "bee": 0}, "q2": {"eel": 1}}


def test_a_query_without_a_relevant_text_is_not_asked(tmp_path):
    found = beir.read(write_beir(tmp_path, qrels=f"{HEAD}q1\towl\t1\nq3\tyew\t0\n".encode()))
    assert [query.id for query in found.queries] == ["q1"]


def test_files_may_be_unpacked_and_judgements_lie_where_beir_has_them(tmp_path):
    write_beir(tmp_path)
    for name in ("corpus", "queries"):
        (tmp_path / f"{name}.jsonl").write_bytes(gzip.decompress((tmp_path / f"{name}.jsonl.gz").read_bytes()))
        (tmp_path / f"{name}.jsonl.gz").unlink()
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels.tsv").rename(tmp_path / "qrels" / "test.tsv")
    assert len(beir.read(tmp_path).queries) == 2


def test_of_two_texts_with_one_id_the_later_counts_as_for_beir_itself(tmp_path):
    rows = [{"_id": "owl", "text": "first"}, {"_id": "eel", "text": "Eel"}, {"_id": "owl", "text": "second"}]
    made = write_beir(tmp_path, corpus=packed(rows), qrels=f"{HEAD}q1\towl\t1\n".encode())
    assert [one.text for one in beir.read(made).texts] == ["second", "Eel"]


def test_numbers_are_ids_and_strange_line_ends_are_text(tmp_path):
    rows: list[dict[str, Any]] = [{"_id": 1, "text": "one\u2028line\x0bonly"}, {"_id": "2", "title": "", "text": "two"}]
    made = write_beir(tmp_path, corpus=packed(rows), qrels=f"{HEAD}q1\t1\t1\r\n".encode())
    assert [one.text for one in beir.read(made).texts] == ["one\u2028line\x0bonly", "two"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"corpus": None}, "There is no .*corpus.jsonl"),
        ({"queries": None}, "There is no .*queries.jsonl"),
        ({"qrels": None}, "There is no .*qrels.tsv"),
        ({"corpus": b"no gzip"}, "corpus.jsonl.gz cannot be read"),
        ({"corpus": gzip.compress(b"abc" * 99)[:-12]}, "corpus.jsonl.gz cannot be read"),
        ({"corpus": gzip.compress(b"")}, "has no text"),
        ({"corpus": packed([{"_id": "owl"}])}, "corpus.jsonl.gz, line 1: “text” must be a text"),
        ({"corpus": packed([{"text": "x"}])}, "line 1: “_id” must be a text"),
        ({"queries": packed([{"_id": "q1", "text": ""}])}, "queries.jsonl.gz, line 1: “text” must be a text"),
        ({"qrels": f"{HEAD}q1\towl\n".encode()}, "qrels.tsv, line 2: a query, a text and a whole number"),
        ({"qrels": f"{HEAD}q1\towl\t1.5\n".encode()}, "qrels.tsv, line 2: a query, a text and a whole number"),
        ({"qrels": f"{HEAD}q9\towl\t1\n".encode()}, "qrels.tsv, line 2: there is no query q9"),
        ({"qrels": f"{HEAD}q1\tcow\t1\n".encode()}, "qrels.tsv, line 2: there is no text cow"),
        ({"qrels": HEAD.encode()}, "no query with a relevant text"),
    ],
)
def test_a_folder_that_is_no_such_set_is_refused_in_words(tmp_path, changes, said):
    with pytest.raises(BrokenSet, match=said):
        beir.read(write_beir(tmp_path, **changes))


def test_a_title_stands_before_its_text_once():
    assert CorpusText("a", "Owls", "They hunt.").whole == "Owls\n\nThey hunt."
    assert CorpusText("a", "Owls", "Owls hunt.").whole == "Owls hunt."
    assert CorpusText("a", "", "They hunt.").whole == "They hunt."
