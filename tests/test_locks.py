"""The locks: what they hold, that they agree, and that the commands which make and check them tell the truth."""

from __future__ import annotations

import ast
import itertools
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from library.core.config.model import ROOT
from locks import __main__ as locks
from locks.__main__ import LOCKS, Lock, Target

OWN = {"library", "accounts", "catalog", "circulation", "rag", "aistudy", "demo"}
ALL = {lock.name: lock for lock in LOCKS}
TRIO = {"torch", "transformers", "sentence-transformers"}


@cache
def pins(name: str) -> dict[str, set[str]]:
    """Package → its versions in a lock; more than one where systems differ."""
    found: dict[str, set[str]] = {}
    for line in ALL[name].path.read_text().splitlines():
        if re.match(r"[A-Za-z0-9]", line):
            requirement = Requirement(line.removesuffix("\\").strip())
            found.setdefault(canonicalize_name(requirement.name), set()).add(str(requirement.specifier))
    return found


def direct(*names: str) -> dict[str, Requirement]:
    """What requirement files name themselves."""
    lines = itertools.chain.from_iterable((ROOT / name).read_text().splitlines() for name in names)
    bare = (line.split(" #")[0].strip() for line in lines if re.match(r"[A-Za-z0-9]", line))
    return {canonicalize_name(each.name): each for each in map(Requirement, bare)}


def imported(*, tests: bool) -> Iterator[tuple[str, str]]:
    """Every file of ours and the packages from outside that it imports."""
    tracked = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in tracked.split():
        parts = Path(name).parts
        if parts[0] not in OWN or ("tests" in parts) is not tests or not (ROOT / name).exists():
            continue
        for node in ast.walk(ast.parse((ROOT / name).read_text())):
            if isinstance(node, ast.Import):
                yield from ((name, alias.name.split(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield name, node.module.split(".")[0]


def unnamed(named: set[str], *, tests: bool) -> set[str]:
    """Imports of packages that no requirement file names: an upgrade of something else could take them away."""
    carriers = packages_distributions()
    known = sys.stdlib_module_names | OWN | {"tests", "locks"}
    return {
        f"{module} in {file}"
        for file, module in imported(tests=tests)
        if module not in known
        and not {canonicalize_name(carrier) for carrier in carriers.get(module, [])} & (named | {"psycopg-pool"})
    }


@pytest.mark.parametrize("name", ALL)
def test_every_line_has_one_version_and_the_hashes_of_its_files(name):
    blocks = re.split(r"\n(?=[A-Za-z0-9])", ALL[name].path.read_text())
    assert len(blocks) > 1
    for block in blocks[1:]:
        assert re.match(r"[A-Za-z0-9._-]+==[^\s;]+( ; .*)? \\\n", block), block.splitlines()[0]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block.splitlines()[0]


@pytest.mark.parametrize("name", ALL)
def test_a_lock_holds_what_its_requirement_files_name_in_that_very_version(name):
    lock = ALL[name]
    for package, requirement in direct(*lock.sources).items():
        if package in {*lock.without, *lock.apart}:
            assert package not in pins(name)
        elif requirement.specifier:
            assert str(requirement.specifier) in pins(name)[package]


def test_what_lyceum_runs_on_leaves_out_what_runs_other_models():
    assert not TRIO & set(pins("run"))
    assert not TRIO & set(pins("image"))
    assert "sentence-transformers" in direct("requirements.txt")
    for name in ("torch", "dev"):
        assert TRIO - {"torch"} <= set(pins(name))


def test_no_lock_brings_torch_or_what_its_build_for_graphics_cards_needs():
    found = {package for name in ALL for package in pins(name)}
    assert not [package for package in found if re.match(r"torch$|nvidia-|cuda-|triton", package)]


def test_what_torch_needs_is_locked_beside_it():
    for name in ("torch", "dev", "bench"):
        assert {"sympy", "networkx", "jinja2", "filelock", "fsspec"} <= set(pins(name))


@pytest.mark.parametrize("name", ["torch", "dev", "image", "arm"])
def test_what_is_tested_and_shipped_is_what_runs(name):
    common = set(pins(name)) & set(pins("run"))
    assert common
    assert {package: pins(name)[package] for package in common} == {package: pins("run")[package] for package in common}


def test_torch_has_one_version():
    assert direct("requirements-torch.txt")["torch"] == direct("requirements-bench.txt")["torch"]


def test_every_direct_dependency_says_why_it_is_there():
    for file in ROOT.glob("requirements*.txt"):
        lines = file.read_text().splitlines()
        for before, line in itertools.pairwise(["", *lines]):
            if re.match(r"[A-Za-z0-9]", line):
                is_marked = " ; " in line  # two lines of one package share the comment above them
                assert " # " in line or before.startswith("#") or is_marked, f"{file.name}: {line}"


def test_what_the_product_imports_is_named_and_comes_with_make_install():
    named = set(direct("requirements.txt", "requirements-torch.txt"))
    assert unnamed(named, tests=False) == set()
    assert set(direct("requirements.txt")) - {"sentence-transformers"} <= set(pins("run"))


def test_what_the_tests_import_is_named():
    named = set(direct("requirements.txt", "requirements-torch.txt", "requirements-dev.txt"))
    assert unnamed(named, tests=True) == set()


def test_a_package_that_nothing_names_is_found(monkeypatch):
    assert any(each.startswith("django in ") for each in unnamed(set(direct("requirements-schema.txt")), tests=False))


# -- the commands, on packages of our own ---------------------------------------------------------------------------


def put_wheel(folder: Path, name: str, version: str, *, needs: str = "", tag: str = "py3-none-any") -> None:
    about = f"{name}-{version}.dist-info"
    requires = f"Requires-Dist: {needs}\n" if needs else ""
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as wheel:
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}")
        wheel.writestr(f"{about}/WHEEL", f"Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: {tag}\n")
        wheel.writestr(f"{about}/RECORD", "")


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A registry with two packages, a requirement file and a lock of it."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    put_wheel(wheels, "shelf", "1.0", needs="plank")
    put_wheel(wheels, "plank", "1.0")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "requirements.txt").write_text("shelf==1.0\n")
    monkeypatch.setattr(locks, "HERE", tmp_path)
    monkeypatch.setattr(locks, "ROOT", tmp_path)
    monkeypatch.setattr(locks, "LOCKS", (Lock("ours", ("requirements.txt",), (Target("x86_64-manylinux_2_28"),)),))
    assert locks.main(["write"]) == 0
    return tmp_path


def lines(shop: Path) -> list[str]:
    return re.findall(r"^[\w.-]+==[^\s;]+", (shop / "ours.txt").read_text(), re.M)


def test_what_comes_along_is_locked_with_its_hashes(shop):
    assert lines(shop) == ["plank==1.0", "shelf==1.0"]
    assert (shop / "ours.txt").read_text().count("--hash=sha256:") == 2


def test_a_newer_release_is_no_reason_to_fail_and_is_taken_when_asked_for(shop, capsys):
    put_wheel(shop / "wheels", "plank", "1.1")
    assert locks.main(["check"]) == 0
    assert locks.main(["write"]) == 0
    assert lines(shop) == ["plank==1.0", "shelf==1.0"]
    assert locks.main(["write", "--upgrade"]) == 0
    assert lines(shop) == ["plank==1.1", "shelf==1.0"]
    assert capsys.readouterr().err == ""


def test_a_file_added_to_a_release_later_is_no_reason_to_fail(shop):
    put_wheel(shop / "wheels", "plank", "1.0", tag="cp315-cp315-manylinux_2_28_x86_64")
    assert locks.main(["check"]) == 0


def test_a_requirement_that_the_lock_does_not_know_is_told_with_the_command(shop, capsys):
    put_wheel(shop / "wheels", "ladder", "2.0")
    (shop / "requirements.txt").write_text("shelf==1.0\nladder==2.0\n")
    assert locks.main(["check"]) == locks.FAILED
    said = capsys.readouterr().err
    assert "locks/ours.txt: +ladder==2.0" in said
    assert "make lock" in said
    assert lines(shop) == ["plank==1.0", "shelf==1.0"], "a check changes nothing"


def test_a_requirement_that_has_gone_is_told(shop, capsys):
    (shop / "requirements.txt").write_text("plank==1.0\n")
    assert locks.main(["check"]) == locks.FAILED
    assert "locks/ours.txt: -shelf==1.0" in capsys.readouterr().err


@pytest.mark.parametrize("change", [("==1.0", "==1.5"), ("sha256:", "sha256:0")])
def test_a_lock_that_somebody_edited_is_told(shop, change):
    lock = shop / "ours.txt"
    lock.write_text(lock.read_text().replace(*change, 1))
    assert locks.main(["check"]) != 0


def test_a_requirement_that_nothing_fulfils_is_an_error_in_words(shop, capsys):
    (shop / "requirements.txt").write_text("shelf==9\n")
    assert locks.main(["write"]) == locks.FAILED
    assert "shelf==9" in capsys.readouterr().err
    assert lines(shop) == ["plank==1.0", "shelf==1.0"], "the lock stays as it was"


def test_a_system_without_a_wheel_is_named(shop, capsys, monkeypatch):
    (shop / "wheels" / "plank-1.0-py3-none-any.whl").unlink()
    put_wheel(shop / "wheels", "plank", "1.0", tag="cp311-cp311-manylinux_2_28_x86_64")
    (shop / "ours.txt").unlink()
    assert locks.main(["write"]) == 0
    assert locks.main(["resolve"]) == locks.FAILED
    said = capsys.readouterr()
    assert "locks/ours.txt does not install on x86_64-manylinux_2_28, CPython 3.12" in said.err
    assert "CPython 3.11" not in said.err
    assert "1 locks resolve for 1 of 4 systems." in said.out


def test_an_unknown_lock_is_named_with_those_that_are_known(shop, capsys):
    with pytest.raises(SystemExit):
        locks.main(["write", "yours"])
    assert "no lock is called yours; there are ours" in capsys.readouterr().err


def test_a_registry_that_is_away_is_not_a_lock_that_is_out_of_date(shop, capsys, monkeypatch):
    monkeypatch.delenv("UV_NO_INDEX")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    (shop / "requirements.txt").write_text("shelf==1.0\nladder==2.0\n")
    assert locks.main(["check"]) == locks.UNREACHABLE
    assert "does not answer" in capsys.readouterr().err


# -- what is promised, and what installs ----------------------------------------------------------------------------


def test_the_promise_of_the_readme_is_what_is_resolved():
    sentence = re.search(r"On Linux .* with CPython ([\d., or]+)", (ROOT / "README.md").read_text())
    assert sentence is not None
    assert set(re.findall(r"3\.\d+", sentence[1])) == set(locks.PYTHONS)
    assert {python for target in ALL["run"].targets for python in target.pythons} == set(locks.PYTHONS)
    assert {target.platform.split("-")[0] for target in ALL["run"].targets} == {"x86_64", "aarch64"}


@pytest.mark.parametrize(
    ("target", "used"),
    [
        ("install", ["run", "redis"]),
        ("install-torch", ["run", "redis", "torch"]),
        ("install-dev", ["run", "redis", "torch", "dev"]),
        (".venv-schema-not-here/.installed", ["schema"]),
        (".venv-bench-not-here/.installed", ["bench"]),
    ],
)
def test_make_installs_from_locks_by_hash_and_shows_it(target, used):
    places = ["VENV=.venv-not-here", "SCHEMA=.venv-schema-not-here", "BENCH=.venv-bench-not-here"]
    done = subprocess.run(["make", "-n", *places, target], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.findall(r"locks/(\w+)\.txt", done.stdout) == used
    installs = [line for line in done.stdout.splitlines() if "pip install" in line and "torch==" not in line]
    assert all("--require-hashes --no-deps --only-binary :all:" in line for line in installs)
    assert "--quiet" not in done.stdout
    assert not re.search(r"-r requirements", done.stdout)
