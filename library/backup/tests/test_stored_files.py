"""Names of stored files, and files that are kept in reach while the library goes on."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.backup import stored_files
from library.backup.stored_files import HELD, FileColumn, Held, StoredFile, is_plain

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=8).filter(
    lambda name: name not in {".", ".."}
)


@pytest.mark.parametrize(
    "name", ["a", "books/a.pdf", "books/2026/كتاب.pdf", ".hidden", "a..b", "...", "a b/c\nd", "\\a"]
)
def test_a_name_leads_to_a_file_below(name):
    assert is_plain(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "/", "//", "/etc/passwd", "../a", "a/../b", "a/..", "./a", "a/./b", "a//b", "a/", "a\0b", "//a"],
)
def test_a_name_that_leads_elsewhere_is_no_name_of_ours(name):
    assert not is_plain(name)


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_whatever_folders_are_called_what_lies_below_them_does(parts):
    root = Path("/media")
    assert is_plain("/".join(parts))
    assert (root / "/".join(parts)).is_relative_to(root)
    assert not is_plain("/".join([*parts, ".."]))


@given(st.text("./a", max_size=8))
def test_no_name_leads_out_of_the_folder(name):
    if is_plain(name):
        assert os.path.normpath(f"/media/{name}").startswith("/media/")


# -- taking hold


@pytest.fixture
def media(tmp_path):
    for name in ("books/a.pdf", "books/b.pdf", "covers/c.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    return tmp_path


FILES = [StoredFile(name) for name in ("books/a.pdf", "books/b.pdf", "covers/c.png")]


def read(held: Held) -> list[str]:
    return [held.path(file.name).read_text() for file in FILES]


def test_a_file_that_the_library_takes_away_is_still_there(media):
    held = Held(media)
    assert held.hold(FILES)
    for file in FILES:
        (media / file.name).unlink()
    assert read(held) == [file.name for file in FILES]
    held.release()
    assert not any(path.is_file() for path in media.rglob("*"))


def test_letting_go_leaves_the_library_as_it_was(media):
    before = sorted(media.rglob("*"))
    held = Held(media)
    held.hold(FILES)
    assert (media / HELD).stat().st_mode & 0o077 == 0
    held.release()
    assert sorted(media.rglob("*")) == before
    assert read(held) == [file.name for file in FILES]  # by their own names again


def test_two_at_once_hold_their_own(media):
    one, other = Held(media), Held(media)
    assert one.hold(FILES)
    assert other.hold(FILES)
    one.release()
    assert (read(other), (media / HELD).exists()) == ([file.name for file in FILES], True)
    other.release()
    assert not (media / HELD).exists()


def test_files_that_are_gone_and_names_that_lead_elsewhere_are_lost_and_the_others_held(media):
    (media.parent / "secret").write_text("not ours")
    odd = [StoredFile("books/none.pdf"), StoredFile("../secret"), StoredFile("/etc/hostname"), StoredFile("")]
    held = Held(media)
    assert held.hold([*odd, *FILES])
    assert held.lost == [file.name for file in odd]
    assert read(held) == [file.name for file in FILES]
    held.release()


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK])
def test_where_there_are_no_second_names_files_are_read_where_they_lie(media, monkeypatch, number):
    def refuse(source: Path, link: Path) -> None:
        if not source.exists():
            raise FileNotFoundError(source)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
    held = Held(media)
    assert held.hold([StoredFile("books/none.pdf"), *FILES, StoredFile("../secret")]) is False
    assert held.lost == ["books/none.pdf", "../secret"]
    assert read(held) == [file.name for file in FILES]
    assert not (media / HELD).exists()


def test_a_full_disk_is_no_missing_feature(media, monkeypatch):
    def full(source: Path, link: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    held = Held(media)
    with pytest.raises(OSError, match="No space"):
        held.hold(FILES)
    held.release()
    assert not (media / HELD).exists()


def test_no_files_are_held_without_trouble_where_there_was_no_folder_yet(tmp_path):
    held = Held(tmp_path / "media")
    assert held.hold([])
    assert held.lost == []
    held.release()
    assert list((tmp_path / "media").iterdir()) == []


# -- where names are kept


class Connection:
    """A database with these tables, as far as anybody asks here."""

    def __init__(self, **tables: list[tuple[object, ...]]) -> None:
        self.tables = tables
        self.asked: list[str] = []

    def execute(self, query: object) -> object:
        text = query if isinstance(query, str) else query.as_string()  # type: ignore[attr-defined]
        self.asked.append(text)
        if "information_schema" in text:
            found: list[tuple[object, ...]] = [(table, "file") for table in self.tables]
            return type("Cursor", (), {"fetchall": lambda self: found})()
        (table,) = [table for table in self.tables if f'"{table}"' in text]
        return iter(self.tables[table])


BOOKS, SHEETS = FileColumn("books", "file", "size", "sha256"), FileColumn("sheets", "file", "", "")


def test_every_file_is_named_once_and_in_the_order_of_its_name():
    rows: list[tuple[object, ...]] = [("b.pdf", 7, "x"), ("a.pdf", None, None), ("b.pdf", 7, "x")]
    connection = Connection(books=rows, sheets=[("c.csv", None, None)])
    assert stored_files.named(connection, [BOOKS, SHEETS]) == [  # type: ignore[arg-type]
        StoredFile("a.pdf"),
        StoredFile("b.pdf", 7, "x"),
        StoredFile("c.csv"),
    ]


def test_a_table_that_an_older_library_had_not_yet_is_not_asked():
    connection = Connection(books=[])
    assert stored_files.present(connection, [BOOKS, SHEETS]) == [BOOKS]  # type: ignore[arg-type]
    assert stored_files.named(connection, [BOOKS, SHEETS]) == []  # type: ignore[arg-type]
    assert not any("sheets" in text for text in connection.asked)
