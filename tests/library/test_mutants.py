"""The hunt for faults that no test notices: where it puts them, and that it tells a found one from one that is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.hunt import ROOT
from tests.mutants.places import functions_of, places, with_fault

SOURCE = '''
from dataclasses import dataclass

LIMIT = 3


@dataclass
class Loan:
    """A loan of 1 book."""

    days: int = 14

    def is_over(self, today: int, grace: int = 2) -> bool:
        """Whether 1 day counts."""
        assert today > 0
        return today > self.days + grace and not self.days == 0


def label(name: str) -> str:
    log.info("asked")
    if name in ("a", "b"):
        raise ValueError("no")
    print(name)
    return "Book " + name
'''


def faults() -> list[str]:
    return [f"{place.function}: {place.fault}" for place in places(SOURCE, "loans.py")]


def test_every_comparison_condition_and_call_within_a_function_is_a_place() -> None:
    assert faults() == [
        "Loan.is_over: Add becomes Sub",
        "Loan.is_over: Gt becomes GtE",
        "Loan.is_over: 0 becomes 1",
        "Loan.is_over: Eq becomes NotEq",
        "Loan.is_over: not is left out",
        "Loan.is_over: And becomes Or",
        "Loan.is_over: what is returned becomes None",
        "label: In becomes NotIn",
        "label: raise is left out",
        "label: if becomes if not",
        "label: the call is left out",
        "label: what is returned becomes None",
    ]


@pytest.mark.parametrize("left_alone", ["14", "assert", "asked", "grace: int", "LIMIT"])
def test_what_runs_at_import_or_only_speaks_is_left_alone(left_alone: str) -> None:
    lines = [number for number, line in enumerate(SOURCE.splitlines(), 1) if left_alone in line]

    assert lines
    assert not {place.line for place in places(SOURCE, "loans.py")} & set(lines)


def test_a_fault_changes_one_function_and_no_other() -> None:
    chosen = next(place for place in places(SOURCE, "loans.py") if place.fault == "Gt becomes GtE")
    plain = {code.co_qualname: code for code in functions_of(compile(SOURCE, "loans.py", "exec", dont_inherit=True))}
    changed = {code.co_qualname: code for code in functions_of(with_fault(SOURCE, chosen, "loans.py"))}

    assert plain.keys() == changed.keys()
    assert [name for name in plain if plain[name].co_code != changed[name].co_code] == ["Loan.is_over"]


def test_each_fault_gives_a_module_that_compiles() -> None:
    for place in places(SOURCE, "loans.py"):
        assert with_fault(SOURCE, place, "loans.py").co_filename == "loans.py"


HUNTED = """
def is_late(days: int, allowed: int) -> bool:
    return days > allowed


def is_unwatched(days: int) -> bool:
    return days > 7
"""
TESTS = """
from hunted import is_late, is_unwatched


def test_watched():
    assert is_late(4, 3)
    assert not is_late(3, 3)


def test_calls_but_does_not_look():
    is_unwatched(7)
"""
HUNT = """
import sys
from pathlib import Path
import pytest
from tests.mutants import hunt
hunt.ROOT = Path.cwd()
plugin = hunt.Hunt(["hunted.py"], count=99, seed="x", report=Path("report"))
arguments = ["-p", "no:xdist", "-p", "no:django", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", ".", "test_it.py"]
sys.exit(pytest.main(arguments, [plugin]))
"""


def test_a_fault_that_a_test_notices_is_found_and_another_is_told(tmp_path: Path) -> None:
    (tmp_path / "hunted.py").write_text(HUNTED)
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "run.py").write_text(f"import sys; sys.path[:0] = [{str(ROOT)!r}, '.']\n{HUNT}")

    subprocess.run([sys.executable, "run.py"], cwd=tmp_path, check=False, capture_output=True)

    total, *left = (tmp_path / "report").read_text().splitlines()
    assert total == "2 of 5"
    assert sorted(line.split(" ", 1)[1] for line in left) == [
        "is_unwatched: 7 becomes 8",
        "is_unwatched: Gt becomes GtE",
        "is_unwatched: what is returned becomes None",
    ]
