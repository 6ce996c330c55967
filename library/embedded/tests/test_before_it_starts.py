"""What is looked at before anything starts, secrets of the data folder, and the commands that run Lyceum."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from typing import Any

import pytest

from library.core.config.model import Config, ConfigError
from library.embedded import supervisor
from library.embedded.commands import commands, commands_of_one_machine
from library.embedded.supervisor import check_port_free, secret_key, write_private

OWN = {"DATABASE_URL": "postgresql://me:hush@127.0.0.1:1/lyceum", "REDIS_URL": "redis://:hush@127.0.0.1:1/0"}


def chosen(**values: Any) -> Config:
    told: dict[str, Any] = {"_env_file": None, **OWN, **values}
    return Config(**told)


# -- what is looked at first


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_that_is_taken_is_told_with_another_to_choose(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        taken = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip("no such address on this machine")
    port = taken.getsockname()[1]
    with taken, pytest.raises(ConfigError) as refusal:
        check_port_free(host, port)
    assert str(refusal.value) == (
        f"Port {port} on {host} cannot be used: Address already in use. Choose another, for instance PORT={port + 1}."
    )
    check_port_free(host, port)  # free again, and looking at it did not take it
    check_port_free(host, port)


def test_a_name_that_is_no_machine_is_told():
    with pytest.raises(ConfigError, match=r"Port 8000 on 192\.0\.2\.1 cannot be used: "):
        check_port_free("192.0.2.1", 8000)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (OWN, "DATABASE_URL"),
        (OWN | {"DATABASE_URL": "postgresql:///x?host=/nowhere/at-all"}, "DATABASE_URL"),
        (OWN | {"DATABASE_URL": "postgresql://h/x?no_such_option=1"}, "DATABASE_URL"),
    ],
)
def test_services_that_do_not_answer_are_named_without_their_passwords(values, named):
    with pytest.raises(ConfigError) as refusal:
        supervisor.check_reachable(chosen(**values))
    assert str(refusal.value).startswith(f"{named} cannot be used: ")
    assert "hush" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_redis_that_does_not_answer_is_named_once_the_database_does():
    values = OWN | {"DATABASE_URL": os.environ["DATABASE_URL"]}
    with pytest.raises(ConfigError, match="REDIS_URL cannot be used") as refusal:
        supervisor.check_reachable(chosen(**values))
    assert "hush" not in str(refusal.value)
    supervisor.check_reachable(chosen(**values | {"REDIS_URL": os.environ["REDIS_URL"]}))


# -- secrets


def test_the_secret_of_a_folder_is_made_once_and_for_us_alone(tmp_path):
    made = secret_key(tmp_path)
    (kept,) = tmp_path.iterdir()
    assert len(made) >= 64
    assert secret_key(tmp_path) == made == kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    (tmp_path / "other").mkdir()
    assert secret_key(tmp_path / "other") != made


def test_a_private_file_is_there_whole_or_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "embedded.json"
    path.write_text("old")
    path.chmod(0o644)
    path.with_suffix(".new").write_text("of a start that was killed")
    write_private(path, "new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_private(path, "newer")
    assert path.read_text() == "new"


# -- commands


def test_the_web_process_listens_where_the_settings_say_and_believes_no_proxy_by_itself():
    config = chosen(HOST="10.0.0.1", PORT=8200)
    web = commands(config, python="py")["web"]
    assert web[:4] == ["py", "-m", "uvicorn", "library.asgi:application"]
    assert (web[web.index("--host") + 1], web[web.index("--port") + 1]) == ("10.0.0.1", "8200")
    assert "--no-proxy-headers" in web


def test_the_embedder_listens_where_others_reach_it_if_they_must():
    config = chosen()
    assert "--socket" not in commands(config)["embedder"]
    assert commands(config, embedder_socket=Path("/run/e.sock"))["embedder"][-2:] == ["--socket", "/run/e.sock"]


def test_on_one_machine_the_quick_worker_keeps_the_time():
    config = chosen()
    parts = commands_of_one_machine(config)
    assert set(parts) == set(commands(config)) - {"beat"}
    assert [name for name, command in parts.items() if "--keep-time" in command] == ["quick worker"]
