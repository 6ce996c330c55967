"""Each rule of the house finds what breaks it, and nothing else."""

from __future__ import annotations

import subprocess
from pathlib import PurePosixPath as At

from tests import house


def test_a_folder_holds_fifteen_files_of_code():
    files = [At("rag/__init__.py"), *(At(f"rag/part_{number}.py") for number in range(15))]
    assert list(house.crowded_folders([*files, At("rag/readme.md"), At("rag/migrations/0001_initial.py")])) == []
    (sentence,) = house.crowded_folders([*files, At("rag/one_more.py")])
    assert sentence.startswith("rag has 16 code files side by side")


def test_a_public_class_has_a_name_of_its_own():
    one, other = (At("catalog/a.py"), "class Row:\n    pass\n"), (At("rag/b.py"), "class Row:\n    pass\n")
    assert list(house.names_that_stand_twice([one, other])) == ["Row is the name of 2 classes: catalog/a.py, rag/b.py."]


def test_names_that_django_asks_for_and_names_of_tests_may_stand_twice():
    sources = [
        (At("catalog/a.py"), "class Command:\n    pass\nclass _Row:\n    pass\nclass Shelf:\n    class Meta: ...\n"),
        (At("rag/b.py"), "class Command:\n    pass\nclass _Row:\n    pass\nclass Passage:\n    class Meta: ...\n"),
        (At("rag/tests/test_b.py"), "class Shelf:\n    pass\n"),
    ]
    assert list(house.names_that_stand_twice(sources)) == []


def test_no_line_is_kept_from_the_formatter():
    skipped = "rows = [1,2]  # fmt:" + " skip\n"
    assert list(house.unformatted([(At("a.py"), skipped), (At("a.html"), skipped)])) == [
        "a.py:1 keeps a line from the formatter."
    ]


def test_a_few_tables_may_keep_their_shape():
    table = "# fmt:" + " off\nrows = [1,2]\n# fmt: on\n"
    assert list(house.unformatted([(At("a.py"), table * 12)])) == []
    (sentence,) = house.unformatted([(At("a.py"), table * 13)])
    assert sentence.startswith("13 tables are kept from the formatter")


def test_a_line_of_a_template_can_be_read():
    sources = [(At("templates/a.html"), "x" * 160 + "\n" + "x" * 161), (At("a.py"), "x" * 200)]
    assert list(house.wide_templates(sources)) == ["templates/a.html:2 is 161 characters wide, at most 160."]


def test_an_app_has_as_many_lines_of_tests_as_of_code():
    code = (At("rag/a.py"), "# said\n\none = 1\ntwo = 2\n")
    assert list(house.apps_without_enough_tests([code, (At("rag/tests/test_a.py"), "one = 1\ntwo = 2\n")])) == []
    assert list(house.apps_without_enough_tests([code, (At("tests/rag/test_a.py"), "one = 1\ntwo = 2\n")])) == []
    assert list(house.apps_without_enough_tests([code, (At("rag/tests/test_a.py"), "one = 1\n# two\n")])) == [
        "rag has 1 lines of tests for 2 of code."
    ]


def test_what_is_said_is_of_the_files_that_git_knows(tmp_path):
    subprocess.run(["/usr/bin/env", "git", "-C", tmp_path, "init", "-q"], check=True)
    for place in ("templates/known.html", "templates/unknown.html"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text("x" * 200)
    subprocess.run(["/usr/bin/env", "git", "-C", tmp_path, "add", "templates/known.html"], check=True)
    assert house.faults(tmp_path) == ["templates/known.html:1 is 200 characters wide, at most 160."]
