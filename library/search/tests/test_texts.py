"""BM25 over stored terms is BM25, and finds more than stock full text does."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import log
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from library.search import texts
from library.search.bm25 import idf
from library.search.cut import spaced
from library.search.fold import words
from library.search.texts import MOST_OFTEN, Statistics, Table, best, kept, lexemes

pytestmark = pytest.mark.django_db
TABLE = Table("lab_texts")
DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "retrieval"
SOME = [
    "The mill grinds the grain. The mill is old.",
    "Grain and flour",
    "A horse, a horse, my kingdom for a horse",
    "flour flour flour flour",
    "",
    "The café of the naïve Ærø",
]


@pytest.fixture
def table():
    """A table of texts, as an app would keep them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE lab_texts (id integer PRIMARY KEY, shelf integer, vector tsvector, word_count integer)"
            " ON COMMIT DROP"
        )
    return TABLE


def fill(some: Mapping[int, str], language: str = "") -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE lab_texts")
        cursor.executemany(
            "INSERT INTO lab_texts VALUES (%s, %s, to_tsvector(lyceum_text_configuration(%s), %s), %s)",
            [(key, key % 2, language, words(text), len(words(text).split())) for key, text in some.items()],
        )


def statistics() -> Statistics:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), coalesce(sum(word_count), 0) FROM lab_texts")
        number, whole = cursor.fetchone()
        cursor.execute("SELECT lexeme, count(*) FROM lab_texts, unnest(vector) GROUP BY lexeme")
        return Statistics(number, whole, dict(cursor.fetchall()))


def by_hand(some: Mapping[int, str], asked: Sequence[str]) -> dict[int, float]:
    """BM25 as the book has it, over texts split at spaces."""
    bags = {key: Counter(words(text).split()) for key, text in some.items()}
    average = sum(bag.total() for bag in bags.values()) / len(bags)
    scores: dict[int, float] = {}
    for term in set(asked):
        having = sum(term in bag for bag in bags.values())
        rare = log(1 + (len(bags) - having + 0.5) / (having + 0.5))
        for key, bag in bags.items():
            if often := bag[term]:
                norm = 1.2 * (0.25 + 0.75 * bag.total() / average)
                scores[key] = scores.get(key, 0) + rare * often * 2.2 / (often + norm)
    return scores


def test_scores_are_those_of_the_formula(table):
    some = dict(enumerate(SOME))
    fill(some)
    for query in ("mill", "grain flour", "horse kingdom mill", "Café naive aero", "nothing of it"):
        asked = lexemes(query, [""])
        assert asked == sorted(set(words(query).split()))
        assert best(table, asked, statistics()) == pytest.approx(by_hand(some, asked), rel=1e-6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=40).map(" ".join), min_size=1, max_size=12),
    st.lists(st.sampled_from("abcdefghxyz"), min_size=1, max_size=5),
)
def test_whatever_the_texts_scores_are_those_of_the_formula(table, some, query):
    rows = dict(enumerate(some))
    fill(rows)
    found = best(table, sorted(set(query)), statistics())
    assert found == pytest.approx(by_hand(rows, query) if any(some) else {}, rel=1e-6)
    assert list(found.items()) == sorted(found.items(), key=lambda one: (-one[1], one[0]))


def test_word_is_counted_as_often_as_it_is_there(table):
    some = {often: " ".join(["mill"] * often) for often in range(1, MOST_OFTEN + 1)}
    fill(some)
    assert best(table, ["mill"], statistics()) == pytest.approx(by_hand(some, ["mill"]), rel=1e-6)
    fill({1: " ".join(["mill"] * 250), 2: "grain"})
    assert set(best(table, ["mill"], statistics())) == {1}


def test_equal_scores_come_in_the_order_of_their_keys(table):
    fill(dict.fromkeys([7, 3, 5], "mill"))
    assert list(best(table, ["mill"], statistics())) == [3, 5, 7]
    assert list(best(table, ["mill"], statistics(), number=2)) == [3, 5]


def test_only_rows_within_are_found(table):
    fill(dict.fromkeys(range(6), "mill"))
    assert list(best(table, ["mill"], statistics(), within={"shelf": [1]})) == [1, 3, 5]
    assert best(table, ["mill"], statistics(), within={"shelf": [2]}) == {}


def test_writing_without_spaces_is_read_in_pairs(table):
    assert spaced("河水把谷物 — Mill, Straße!") == "河水 水把 把谷 谷物 物 mill strasse"
    assert spaced("河") == "河"
    assert spaced("") == ""
    with connection.cursor() as cursor:
        for key, text in ((1, "河水把谷物运到磨坊"), (2, "面包师在那里等着")):
            cursor.execute(
                "INSERT INTO lab_texts VALUES (%s, 0, to_tsvector('simple', %s), %s)", [key, spaced(text), 8]
            )
    assert set(best(table, lexemes("谷物", ["zh"]), statistics())) == {1}


def test_words_are_read_in_each_language():
    assert lexemes("The mills of Häuser", ["en"]) == ["hauser", "mill"]
    assert set(lexemes("mills Häuser", ["en", "de", "ja"])) >= {"mill", "haus", "mills"}
    assert lexemes("the of and", ["en"]) == []
    assert lexemes("", ["en"]) == lexemes("mill", []) == []


@pytest.mark.parametrize("sign", ["'", "\\", "''; DROP TABLE lab_texts; --", "a & b", "!(", ":*", "\u2028"])
def test_no_query_is_an_error(table, sign):
    fill({1: "mill"})
    assert best(table, [f"mill{sign}", "mill"], statistics()) == best(table, ["mill"], statistics()) != {}
    assert {"mill", "grain"} <= set(lexemes(f"mill {sign} grain", ["en"]))


def test_nothing_asked_or_nothing_there_finds_nothing(table):
    fill({})
    assert best(table, ["mill"], Statistics(0, 0)) == best(table, [], Statistics(0, 0)) == {}


def test_word_that_was_not_counted_yet_is_found(table):
    fill({1: "mill"})
    assert set(best(table, ["mill"], Statistics(0, 0))) == {1}


def test_rarest_words_of_a_long_query_are_asked_for(table, monkeypatch):
    monkeypatch.setattr(texts, "MOST_TERMS", 2)
    fill({1: "a b c", 2: "a b", 3: "a"})
    assert set(best(table, ["a", "b", "c"], statistics())) == {1, 2}


def test_in_a_great_collection_common_words_bring_nothing_in_but_count(table, monkeypatch):
    some = {1: "a b c", 2: "a c", 3: "c", 4: "c d"}
    fill(some)
    whole = best(table, ["a", "b", "c"], statistics())
    assert set(whole) == {1, 2, 3, 4}
    monkeypatch.setattr(texts, "MOST_GATHERED", 3)  # b brings one in and a two; c would bring in four more
    few = best(table, ["a", "b", "c"], statistics())
    assert few == pytest.approx({key: whole[key] for key in (1, 2)})
    monkeypatch.setattr(texts, "MOST_GATHERED", 0)
    assert set(best(table, ["c", "a"], statistics())) == {1, 2}


@pytest.mark.data
def test_questions_find_more_than_by_stock_full_text(table):
    """Recall of the five first on a quarter of the questions to fairy tales (development half)."""
    rows = read("corpus.jsonl.gz")
    keys = {row["_id"]: number for number, row in enumerate(rows)}
    fill({keys[row["_id"]]: row["text"] for row in rows}, "en")
    judged = (DATA / "fairytaleqa-val" / "qrels.tsv").read_text().split("\n")[1:]
    wanted: dict[str, set[int]] = defaultdict(set)
    for question_id, text_id, _relevance in (line.split("\t") for line in judged if line):
        wanted[question_id].add(keys[text_id])
    whole = statistics()
    hits = Counter[str]()
    questions = read("queries.jsonl.gz")[::4]
    for question in questions:
        right = wanted[question["_id"]]
        found = list(best(table, lexemes(question["text"], ["en"]), whole, number=5))
        hits["bm25"] += bool(right & set(found))
        hits["any word, ts_rank"] += bool(right & stock(question["text"], "|"))
        hits["all words, ts_rank"] += bool(right & stock(question["text"], "&"))
    assert hits["bm25"] > hits["any word, ts_rank"] > hits["all words, ts_rank"]
    assert hits["bm25"] >= 0.75 * len(questions)


def read(name: str) -> list[dict[str, str]]:
    with gzip.open(DATA / "fairytaleqa-val" / name, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines.read().split("\n") if line]


def stock(question: str, by: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM lab_texts, (SELECT replace(plainto_tsquery('english', %s)::text, '&', %s)::tsquery AS q)"
            " AS asked WHERE vector @@ q ORDER BY ts_rank(vector, q, 1) DESC, id LIMIT 5",
            [words(question), by],
        )
        return {key for (key,) in cursor.fetchall()}


@pytest.mark.parametrize(
    ("readings", "words", "wanted"),
    [
        ({"english": {3: "hous"}, "simple": {1: "where", 2: "the", 3: "house"}}, 3, {"hous", "house"}),
        ({"english": {1: "son"}, "french": {}}, 1, {"son"}),  # it leaves nothing of the question: not in French
        ({"english": {1: "gift"}, "german": {1: "gift"}}, 1, {"gift"}),
        ({"english": {2: "die"}, "german": {1: "was"}}, 2, {"was", "die"}),  # as many in both: all that either reads
        ({"english": {}}, 2, set()),
        ({}, 2, set()),
    ],
)
def test_stop_words_are_those_of_the_language_that_has_most_of_them(readings, words, wanted):
    assert kept(readings, words) == wanted


def test_a_text_with_all_that_is_asked_for_has_it_whole_and_unknown_words_count_as_the_rarest():
    statistics = texts.Statistics(100, 10_000, {"common": 50, "rare": 1, "nowhere": 0})
    whole = sum(idf(100, having) for having in (50, 1, 0))
    assert texts.share({1: idf(100, 50), 2: 0.1}, statistics) == pytest.approx(idf(100, 50) / whole)
    assert texts.share({1: 2 * whole}, statistics) == 1.0
    assert texts.share({}, statistics) == 0.0
    assert texts.share({1: 3.0}, texts.Statistics(100, 10_000)) == 0.0, "nothing but stop words was asked"
