"""Where the library lies: running or not, embedded or with services of its own, or not there at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from library.backup import places
from library.backup.errors import MediaElsewhere, NothingToBackUp
from library.backup.places import to_back_up, to_restore
from library.core.config import model as configuration
from library.core.config.model import Config, ConfigError
from library.embedded import folders

OWN = {"DATABASE_URL": "postgresql://me@db/lyceum", "REDIS_URL": "redis://r", "LYCEUM_SECRET_KEY": "k" * 64}
LEFT = {"database_url": "postgresql:///lyceum?host=/s", "redis_url": "unix:///r.sock", "secret_key": "made-here"}


class Server:
    """In the place of PostgreSQL: whether it is up."""

    running: list[Path] = []

    def __init__(self, var: Path) -> None:
        self.var, self.data, self.url = var, var / "postgres", f"postgresql:///lyceum?host={var}"

    def start(self) -> None:
        self.running.append(self.var)

    def stop(self) -> None:
        self.running.remove(self.var)


@pytest.fixture
def embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    """Settings of an embedded library whose data folder is not there yet."""
    var = tmp_path / "var"
    config = Config(_env_file=None, LYCEUM_VAR=var, DATABASE_URL="", REDIS_URL="")  # type: ignore[call-arg]
    monkeypatch.setattr(places, "Postgres", Server)
    monkeypatch.setattr(configuration, "config", lambda: config)
    before = os.umask(0o022)
    Server.running.clear()
    yield config
    os.umask(before)
    assert Server.running == []


def filled(config: Config) -> Path:
    folders.prepare_var(config.var)
    (config.var / "postgres").mkdir()
    (config.var / "postgres" / "PG_VERSION").write_text("18")
    return config.var


# -- backing up


def test_without_a_folder_there_is_nothing_to_back_up_and_none_is_made(embedded):
    with pytest.raises(NothingToBackUp) as refusal, to_back_up(embedded):
        pytest.fail("went on")
    assert str(refusal.value) == f"There is no library in {embedded.var} yet, so there is nothing to back up."
    assert not embedded.var.exists()


def test_a_folder_without_a_database_holds_nothing_to_back_up(embedded):
    folders.prepare_var(embedded.var)
    with pytest.raises(NothingToBackUp), to_back_up(embedded):
        pytest.fail("went on")


def test_a_library_that_does_not_run_is_started_for_as_long_as_it_takes_and_kept_from_others(embedded):
    var = filled(embedded)
    with to_back_up(embedded) as place:
        assert Server.running == [var]
        assert folders.try_lock(var) is None
        assert (place.database_url, place.redis_url, place.embedded) == (f"postgresql:///lyceum?host={var}", "", True)
        assert place.secret_key == (var / "secret_key").read_text()
        assert (place.var, place.time_zone) == (var, "Europe/Berlin")
        (var / "made-meanwhile").touch()
    assert (var / "made-meanwhile").stat().st_mode & 0o077 == 0
    with folders.lock(var):
        pass


def test_its_server_is_stopped_after_a_fault_too(embedded):
    filled(embedded)
    with pytest.raises(ZeroDivisionError), to_back_up(embedded):
        raise ZeroDivisionError


def test_a_library_that_runs_is_backed_up_where_it_runs(embedded):
    var = filled(embedded)
    (var / "embedded.json").write_text(json.dumps(LEFT))
    with folders.lock(var), to_back_up(embedded) as place:
        assert (place.database_url, place.redis_url, place.secret_key) == tuple(LEFT.values())
        assert Server.running == []


def test_one_that_has_not_said_yet_where_it_runs_is_told(embedded):
    var = filled(embedded)
    with folders.lock(var), pytest.raises(ConfigError) as refusal, to_back_up(embedded):
        pytest.fail("went on")
    assert str(refusal.value) == "The library is just starting or stopping; try again in a moment."


def own(var: Path, **values: Any) -> Config:
    told: dict[str, Any] = {"_env_file": None, "LYCEUM_VAR": var, **OWN, **values}
    return Config(**told)


def test_services_of_one_s_own_are_asked_where_they_are_and_nothing_is_started(tmp_path, embedded):
    with to_back_up(own(tmp_path, LYCEUM_TIME_ZONE="Asia/Kathmandu")) as place:
        assert (place.database_url, place.redis_url, place.secret_key) == tuple(OWN.values())
        assert (place.embedded, place.var, place.time_zone) == (False, tmp_path, "Asia/Kathmandu")
    assert list(tmp_path.iterdir()) == []


def test_stored_files_that_lie_in_no_folder_are_told(tmp_path, settings, monkeypatch):
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    with pytest.raises(MediaElsewhere) as refusal, to_back_up(own(tmp_path)):
        pytest.fail("went on")
    assert "lie in no folder of this machine" in str(refusal.value)


# -- restoring


def test_a_backup_goes_into_a_new_folder_that_is_made_for_it(embedded):
    before = os.umask(0o022)
    os.umask(before)
    with to_restore(embedded) as place:
        assert Server.running == [embedded.var]
        assert (embedded.var / "media").is_dir()
        assert place.embedded
    assert (embedded.var / "secret_key").exists()


def test_nothing_is_restored_into_a_library_that_runs(embedded):
    var = filled(embedded)
    with folders.lock(var), pytest.raises(ConfigError, match="already runs on"), to_restore(embedded):
        pytest.fail("went on")


def test_with_services_of_one_s_own_the_data_folder_is_made_all_the_same(tmp_path, embedded):
    with to_restore(own(tmp_path / "new")) as place:
        assert place.var.is_dir()
        assert place.database_url == OWN["DATABASE_URL"]
