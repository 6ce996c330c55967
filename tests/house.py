"""What must stay true of the whole tree and no linter sees: ``python -m tests.house`` says each fault in a sentence.

Folders are small enough to be read at a glance, a name means one thing, the formatter formats everything, a template's
line can be read, and no app has fewer lines of tests than of code.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
APPS = ("accounts", "aistudy", "catalog", "circulation", "demo", "library", "rag")
FILES_AT_MOST = 15  # of code, side by side
UNFORMATTED_AT_MOST = 12  # tables that must keep their shape
TEMPLATE_WIDTH = 160
# Where tests are still shorter than the code: lines of them for each line of code. Only ever raised, and then left out.
STILL_SHORT: dict[str, float] = {}
SHARED_NAMES = {"Command", "Meta", "Media", "Migration"}  # which Django asks for


def is_test(path: PurePosixPath) -> bool:
    return "tests" in path.parts or path.name == "conftest.py"


def crowded_folders(files: Iterable[PurePosixPath]) -> Iterator[str]:
    """``files``: all of the tree."""
    code = Counter(
        path.parent
        for path in files
        if path.suffix == ".py" and path.name != "__init__.py" and "migrations" not in path.parts
    )
    for folder, count in sorted(code.items()):
        if count > FILES_AT_MOST:
            yield f"{folder} has {count} code files side by side; at most {FILES_AT_MOST} can be read at a glance."


def names_that_stand_twice(sources: Iterable[tuple[PurePosixPath, str]]) -> Iterator[str]:
    """Public classes of the product."""
    places: dict[str, list[str]] = defaultdict(list)
    for path, text in sources:
        if path.suffix != ".py" or is_test(path) or {"migrations", "bench", "locustfile.py"} & set(path.parts):
            continue
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(path))
    for name, where in sorted(places.items()):
        if len(where) > 1 and name not in SHARED_NAMES:
            yield f"{name} is the name of {len(where)} classes: {', '.join(sorted(where))}."


def unformatted(sources: Iterable[tuple[PurePosixPath, str]]) -> Iterator[str]:
    left_out = []
    for path, text in sources:
        if path.suffix != ".py":
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(r"#\s*fmt:\s*skip", line):
                yield f"{path}:{number} keeps a line from the formatter."
            if re.match(r"\s*#\s*fmt:\s*off\s*$", line):
                left_out.append(f"{path}:{number}")
    if len(left_out) > UNFORMATTED_AT_MOST:
        yield f"{len(left_out)} tables are kept from the formatter, at most {UNFORMATTED_AT_MOST}: {', '.join(left_out)}."


def wide_templates(sources: Iterable[tuple[PurePosixPath, str]]) -> Iterator[str]:
    for path, text in sources:
        if path.suffix != ".html":
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > TEMPLATE_WIDTH:
                yield f"{path}:{number} is {len(line)} characters wide, at most {TEMPLATE_WIDTH}."


def apps_without_enough_tests(sources: Iterable[tuple[PurePosixPath, str]]) -> Iterator[str]:
    """Lines that say something, of tests beside code. What needs the whole library to be tested is in ``tests/APP``."""
    code: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    for path, text in sources:
        app = path.parts[1] if path.parts[0] == "tests" and len(path.parts) > 2 else path.parts[0]
        if path.suffix != ".py" or app not in APPS or "migrations" in path.parts:
            continue
        lines = sum(1 for line in text.splitlines() if line.strip() and not line.strip().startswith("#"))
        (tests if is_test(path) else code)[app] += lines
    for app in sorted(code):
        if tests[app] < code[app] * STILL_SHORT.get(app, 1):
            yield f"{app} has {tests[app]} lines of tests for {code[app]} of code."


def faults(root: Path = ROOT) -> list[str]:
    """Every fault of the tree under ``root``, which git knows."""
    listed = subprocess.run(
        ["/usr/bin/env", "git", "-C", root, "ls-files", "*.py", "*.html"], capture_output=True, text=True, check=True
    )
    files = [PurePosixPath(line) for line in listed.stdout.splitlines() if (root / line).is_file()]
    sources = [(path, (root / path).read_text()) for path in files]
    checks = (names_that_stand_twice, unformatted, wide_templates, apps_without_enough_tests)
    return [*crowded_folders(files), *(fault for check in checks for fault in check(sources))]


def main() -> int:
    found = faults()
    for sentence in found:
        print(sentence)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
