"""What measures is itself held to something: it sees a difference that is there, and writes only its own section."""

from __future__ import annotations

import numpy as np
import pytest

from bench import desk, otp, results


@pytest.fixture
def chance():
    return np.random.default_rng(7)


def test_a_difference_that_is_there_is_seen(chance):
    known, unknown = chance.normal(20, 2, 200), chance.normal(21, 2, 200)
    assert otp.mann_whitney(list(known), list(unknown)) < 0.01
    assert otp.sign_flip(known - unknown, chance) < 0.01
    assert otp.bootstrap(known - unknown, chance)[1] < 0


def test_where_there_is_no_difference_none_is_seen(chance):
    verdicts = [otp.sign_flip(chance.normal(0, 2, 200), chance) < 0.05 for _ in range(40)]
    assert sum(verdicts) <= 6  # about one in twenty


def test_one_slow_call_decides_nothing(chance):
    differences = chance.normal(0, 1, 200)
    before = otp.sign_flip(differences, np.random.default_rng(1))
    differences[int(np.argmax(differences))] = 5_000
    assert otp.sign_flip(differences, np.random.default_rng(1)) == pytest.approx(before, abs=0.05)


def test_section_is_written_in_place_and_leaves_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "RESULTS", tmp_path / "RESULTS.md")
    for name, body in (("load", "first"), ("otp", "other"), ("load", "second \\1")):
        results.write_section(name, body)
    text = results.RESULTS.read_text()
    assert "first" not in text
    assert text.index("## load\n\nsecond \\1\n") < text.index("## otp\n\nother\n")
    assert text.startswith("# What was measured")


def test_a_loan_too_many_or_of_another_reader_is_seen_before_a_time_counts():
    before = {"loans": 100, "open": 0}
    right = {
        "loans": 110,
        "open": 10,
        "copies open": 10,
        "on loan": 10,
        "wrong patron": 0,
        "due wrongly": 0,
        "wrong counters": 0,
    }
    assert desk.wrong(right, before=before, verb="out", number=10) == []
    assert desk.wrong(right | {"open": 11}, before=before, verb="out", number=10) == ["open: 11, not 10"]
    assert desk.wrong(right | {"wrong patron": 1}, before=before, verb="out", number=10) == ["wrong patron: 1, not 0"]
    assert len(desk.wrong(right, before=right, verb="in", number=10)) == 3  # nothing came back


def test_a_pair_takes_as_long_as_its_two_verbs():
    turns = {("sql", "out", 1): desk.Turn([100.0]), ("sql", "in", 1): desk.Turn([50.0, 300.0, 300.0])}
    assert desk.both(turns, "sql", 1) == pytest.approx(75)
