"""Folders of the embedded services: who may pass, who has them, and what is said where it cannot be."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library.core.config.model import ConfigError
from library.embedded import folders
from library.embedded.folders import Account

ADA = Account("ada", 1001, 1002)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def as_root(monkeypatch):
    """As if this were root; nothing that only root may do is done."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    given: list[tuple[Path, int, int]] = []
    monkeypatch.setattr(os, "chown", lambda path, uid, gid: given.append((Path(path), uid, gid)))
    return given


@pytest.fixture
def as_ada(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: ADA.uid)


# -- whose it is


def test_whoever_is_not_root_runs_the_database_themselves(as_ada, monkeypatch):
    entry = SimpleNamespace(pw_name="ada", pw_uid=1001, pw_gid=1002)
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: entry)
    assert folders.postgres_account() == ADA


@pytest.mark.parametrize(
    ("there", "taken"), [({"postgres", "nobody"}, "postgres"), ({"nobody"}, "nobody"), ({"nobody", "ada"}, "nobody")]
)
def test_as_root_the_first_account_without_rights_runs_it(as_root, monkeypatch, there, taken):
    def named(name: str) -> SimpleNamespace:
        if name not in there:
            raise KeyError(name)
        return SimpleNamespace(pw_name=name, pw_uid=7, pw_gid=8)

    monkeypatch.setattr(pwd, "getpwnam", named)
    assert folders.postgres_account() == Account(taken, 7, 8)
    there.clear()
    with pytest.raises(ConfigError, match="there is no account postgres or nobody to run it"):
        folders.postgres_account()


# -- the data folder


def test_a_data_folder_is_made_with_all_that_leads_to_it_and_again_without_harm(tmp_path):
    var = tmp_path / "a" / "b" / "var"
    for _ in range(2):
        folders.prepare_var(var)
        assert {path.name for path in var.iterdir()} == {"media", "mail", "uploads", "log"}
    (var / "media" / "book.pdf").touch()
    (var / "media").chmod(0o755)
    folders.prepare_var(var)
    assert ((var / "media" / "book.pdf").exists(), mode(var / "media")) == (True, 0o700)


def test_a_folder_that_was_there_before_keeps_its_own_rights(tmp_path):
    tmp_path.chmod(0o750)
    folders.prepare_var(tmp_path)
    assert mode(tmp_path) == 0o750


@pytest.mark.parametrize("where", ["file", "file/var"])
def test_a_data_folder_that_cannot_be_is_told_with_what_to_choose(tmp_path, where):
    (tmp_path / "file").write_text("a file of somebody's own")
    with pytest.raises(ConfigError) as refusal:
        folders.prepare_var(tmp_path / where)
    said = str(refusal.value)
    assert said.startswith(f"The data folder {tmp_path / where} cannot be written: ")
    assert said.endswith("Choose another with LYCEUM_VAR.")
    assert (tmp_path / "file").read_text() == "a file of somebody's own"


def test_a_disk_that_is_full_is_told_in_words(tmp_path, monkeypatch):
    def full(self: Path, *given: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "touch", full)
    with pytest.raises(ConfigError, match="cannot be written: No space left on device"):
        folders.prepare_var(tmp_path)


# -- one process at a time


def test_one_process_has_the_folder_until_it_lets_go(tmp_path):
    held = folders.lock(tmp_path)
    assert (tmp_path / folders.LOCK).read_text() == str(os.getpid())
    assert folders.try_lock(tmp_path) is None
    with pytest.raises(ConfigError) as refusal:
        folders.lock(tmp_path)
    assert str(refusal.value) == (
        f"Another `manage.py up` (process {os.getpid()}) already runs on {tmp_path}; "
        "stop it, or choose another data folder with LYCEUM_VAR."
    )
    held.close()
    again = folders.try_lock(tmp_path)
    assert again is not None
    again.close()


def test_what_a_longer_number_left_behind_is_gone(tmp_path):
    (tmp_path / folders.LOCK).write_text("99999999999 and more")
    with folders.lock(tmp_path):
        assert (tmp_path / folders.LOCK).read_text() == str(os.getpid())


def test_an_owner_that_has_not_said_its_number_is_unknown(tmp_path):
    with folders.lock(tmp_path):
        (tmp_path / folders.LOCK).write_text(" \n")
        with pytest.raises(ConfigError, match=r"\(process unknown\)"):
            folders.lock(tmp_path)


def test_a_process_that_was_killed_has_nothing_any_more(tmp_path):
    script = "import sys; from pathlib import Path; from library.embedded import folders\n"
    script += "held = folders.lock(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert folders.try_lock(tmp_path) is None
        other.kill()
        other.wait(10)
    with folders.lock(tmp_path):
        pass


# -- sockets


def test_each_data_folder_has_a_short_socket_folder_of_its_own(tmp_path):
    found = [folders.socket_folder(tmp_path / name) for name in ("a", "b", "a")]
    try:
        assert found[0] == found[2] != found[1]
        for folder in found:
            assert len(os.fsencode(folder / "embedder.sock")) < 107
            assert mode(folder) == (0o711 if os.geteuid() == 0 else 0o700)
    finally:
        for folder in set(found):
            folder.rmdir()


def test_rights_that_somebody_widened_are_narrowed_again(tmp_path):
    folder = folders.socket_folder(tmp_path)
    try:
        folder.chmod(0o777)
        assert folders.socket_folder(tmp_path) == folder
        assert mode(folder) & 0o066 == 0
    finally:
        folder.rmdir()


def test_a_temporary_folder_with_a_long_name_is_not_used(tmp_path, monkeypatch):

    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/" + "x" * 41)
    folder = folders.socket_folder(tmp_path)
    assert folder.parent == Path("/tmp")
    folder.rmdir()


def test_a_file_in_the_place_of_the_folder_is_not_touched(tmp_path):
    folder = folders.socket_folder(tmp_path)
    folder.rmdir()
    folder.write_text("mine")
    try:
        with pytest.raises(ConfigError, match=f"{folder} belongs to somebody else; remove it"):
            folders.socket_folder(tmp_path)
        assert folder.read_text() == "mine"
    finally:
        folder.unlink()


# -- who may pass


def closed(path: Path, rights: int) -> Path:
    path.mkdir()
    path.chmod(rights)
    return path


@pytest.fixture
def open_root(tmp_path, monkeypatch):
    """A folder that everybody reaches, whatever leads to it here."""
    monkeypatch.setattr(
        Path, "parents", property(lambda self: [path for path in above(self) if tmp_path in above(path)])
    )
    return tmp_path


def above(path: Path) -> list[Path]:
    found = []
    while path.parent != path:
        path = path.parent
        found.append(path)
    return found


@pytest.mark.parametrize(
    ("outer", "inner", "passes"),
    [(0o755, 0o755, True), (0o711, 0o711, True), (0o755, 0o700, False), (0o700, 0o755, False), (0o755, 0o766, False)],
)
def test_as_root_every_folder_on_the_way_must_let_the_account_pass(open_root, as_root, outer, inner, passes):
    where = closed(closed(open_root / "outer", outer) / "inner", inner)
    stranger = Account("postgres", os.stat(where).st_uid + 1, 1)
    assert folders.reachable(where, stranger) is passes
    assert folders.reachable(where / "not" / "there" / "yet", stranger) is passes


@pytest.mark.parametrize(("rights", "passes"), [(0o700, True), (0o677, False)])
def test_its_own_folders_it_passes_by_its_own_rights(open_root, as_root, rights, passes):
    where = closed(open_root / "own", rights)
    owner = Account("postgres", os.stat(where).st_uid, 1)
    assert folders.reachable(where, owner) is passes


def test_whoever_runs_everything_as_themselves_passes_everywhere(as_ada, tmp_path):
    where = closed(tmp_path / "closed", 0o000)
    assert folders.reachable(where, ADA)
    assert folders.postgres_data(where, ADA) == where / "postgres"


def test_data_that_cannot_stay_goes_where_each_folder_has_its_own(as_root, monkeypatch, tmp_path):
    monkeypatch.setattr(folders, "reachable", lambda path, account: False)
    one, other = (folders.postgres_data(tmp_path / name, ADA) for name in "ab")
    assert one != other
    for data in (one, other):
        assert data.is_relative_to(folders.ROOT_DATA)
        assert data.name == "postgres"


def test_a_folder_is_handed_over_and_what_leads_to_it_is_not(as_root, tmp_path):
    folders.give_folder(tmp_path / "a" / "b", ADA)
    folders.give_folder(tmp_path / "a" / "b", ADA)  # it is there already
    assert as_root == [(tmp_path / "a" / "b", ADA.uid, ADA.gid)] * 2
    assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "b")) == (0o755, 0o700)


def test_whoever_is_not_root_hands_nothing_over(as_ada, monkeypatch, tmp_path):
    monkeypatch.setattr(os, "chown", lambda *given: pytest.fail("handed over"))
    folders.give_folder(tmp_path / "a", ADA)
    assert mode(tmp_path / "a") == 0o700


@settings(max_examples=20)
@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=4))
def test_what_is_there_keeps_its_rights(names):

    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / names[0]
        first.mkdir(mode=0o700)
        folders.make_passable(first.joinpath(*names[1:]))
        assert mode(first) == 0o700
        assert all(mode(path) == 0o755 for path in first.rglob("*"))
        assert first.joinpath(*names[1:]).is_dir()
