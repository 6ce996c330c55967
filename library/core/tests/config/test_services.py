"""Where PostgreSQL and Redis are, which commands need them, and what a child process is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from library.core.config import model as configuration
from library.core.config import report
from library.core.config.model import OFFLINE_COMMANDS, Config, ConfigError, Services, is_loopback, read

LEFT = {"database_url": "postgresql:///lyceum", "redis_url": "unix:///r.sock", "secret_key": "made-here"}
NAMES = [str(field.alias) for field in Config.model_fields.values()]
NO_SERVICES = (
    "No PostgreSQL and Redis to work with: start the embedded ones with `manage.py up` (or `make run`), "
    "or set DATABASE_URL and REDIS_URL."
)


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """The process begins anew in an environment with these settings alone; gives the data folder."""

    def begin(**values: str) -> Path:
        for name in NAMES:
            monkeypatch.delenv(name, raising=False)
        for name, value in {"LYCEUM_VAR": str(tmp_path), **values}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(configuration, "read", lambda: read(None))
        configuration.forget()
        return tmp_path

    yield begin
    monkeypatch.undo()
    configuration.forget()


OWN = {
    "DATABASE_URL": "postgresql://me:hush@db/lyceum",
    "REDIS_URL": "redis://r:6379/0",
    "LYCEUM_SECRET_KEY": "k" * 64,
    "LYCEUM_ALLOWED_HOSTS": "library.example.org",
}


def test_services_of_one_s_own_are_those_of_the_urls_even_where_some_were_left_behind(outside):
    var = outside(**OWN)
    (var / "embedded.json").write_text(json.dumps(LEFT))
    assert configuration.services() == Services(OWN["DATABASE_URL"], OWN["REDIS_URL"], "k" * 64, embedded=False)


def test_embedded_services_are_those_that_up_left_word_of(outside):
    var = outside()
    (var / "embedded.json").write_text(json.dumps(LEFT))
    assert configuration.services() == Services(**LEFT, embedded=True)


@pytest.mark.parametrize("written", [None, "", "{", "{}", json.dumps(LEFT)[:-9], '{"database_url": "x"}'])
def test_word_that_is_missing_or_half_is_none(outside, written):
    var = outside()
    if written is not None:
        (var / "embedded.json").write_text(written)
    assert configuration.services() is None


@pytest.mark.parametrize("command", sorted(OFFLINE_COMMANDS))
def test_what_needs_no_services_runs_without_them(outside, command):
    outside()
    configuration.require_services([command, "--option"])


@pytest.mark.parametrize("command", ["migrate", "prepare", "runserver", "desk", "shell", "settle_restored", "Up", ""])
def test_what_needs_services_says_how_to_have_some(outside, command):
    outside()
    with pytest.raises(ConfigError) as refusal:
        configuration.require_services([command])
    assert str(refusal.value) == NO_SERVICES


def test_without_any_command_help_is_shown(outside):
    outside()
    configuration.require_services([])


def test_with_services_every_command_runs(outside):
    outside(**OWN)
    configuration.require_services(["migrate"])


def test_settings_that_cannot_be_used_stop_every_command(outside):
    outside(PORT="eighty")
    with pytest.raises(ConfigError, match="PORT must be a whole number"):
        configuration.require_services(["help"])


def test_a_child_gets_the_same_environment_with_the_data_folder_in_full(outside, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    outside(LYCEUM_VAR="here/var", PORT="8100")
    child = configuration.child_environment()
    assert (child["LYCEUM_VAR"], child["PORT"]) == (str(tmp_path / "here" / "var"), "8100")
    assert (child["MALLOC_ARENA_MAX"], child["PYTHONUNBUFFERED"]) == ("2", "1")
    monkeypatch.setenv("MALLOC_ARENA_MAX", "8")
    assert configuration.child_environment()["MALLOC_ARENA_MAX"] == "8"


def test_a_folder_in_somebody_s_home_is_found(outside, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    outside(LYCEUM_VAR="~/lyceum", LYCEUM_STATIC_ROOT="~/static")
    chosen = configuration.config()
    assert (chosen.var, chosen.static_root) == (Path("/home/ada/lyceum"), Path("/home/ada/static"))
    assert configuration.embedded_file() == Path("/home/ada/lyceum/embedded.json")


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.1", False),
        ("library.example.org", False),
        ("", False),
    ],
)
def test_what_can_only_be_reached_from_this_machine(host, is_here):
    assert is_loopback(host) is is_here


# -- what is told about settings


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("LYCEUM_PORT", "PORT"),
        ("ACCOUNTS_DATABASE_URL", "DATABASE_URL"),
        ("LYCEUM_LIMIT_LOGINS", "LYCEUM_LIMIT_LOGIN"),
        ("ACCOUNTS_OTP_FOR_LOGINS", "ACCOUNTS_OTP_FOR_LOGIN"),
        ("LYCEUM_QQQQQQ", ""),
    ],
)
def test_what_was_meant_is_guessed_from_the_names_that_there_are(written, meant):
    assert report.nearest(written, set(NAMES)) == meant


def test_a_value_is_told_as_people_write_it_and_a_secret_not_at_all(outside, tmp_path):
    outside(**OWN, LYCEUM_HTTPS="1", LYCEUM_TRUSTED_PROXIES="10.0.0.0/8,::1", LYCEUM_LIMIT_LOGIN="7/120s")
    rows = {row.name: row for row in report.rows(configuration.config(), env_file=tmp_path / "none")}
    assert (rows["LYCEUM_HTTPS"].value, rows["LYCEUM_HTTPS"].default) == ("true", "false")
    assert rows["LYCEUM_TRUSTED_PROXIES"].value == "10.0.0.0/8, ::1/128"
    assert (rows["LYCEUM_LIMIT_LOGIN"].value, rows["LYCEUM_LIMIT_LOGIN"].default) == ("7/2m", "5/15m")
    assert (rows["DATABASE_URL"].value, rows["LYCEUM_EMAIL_URL"].value) == ("(set)", "(unset)")
    assert (rows["LYCEUM_PUBLIC_URL"].value, rows["LYCEUM_PUBLIC_URL"].source) == ("(unset)", "default")
    assert "hush" not in report.table(configuration.config(), env_file=tmp_path / "none")


def test_a_table_has_its_columns_under_each_other(outside, tmp_path):
    outside(**OWN)
    lines = report.table(configuration.config(), env_file=tmp_path / "none").splitlines()
    start = lines[0].index("(set)")
    assert len(lines) == len(NAMES)
    assert all(line[start - 2 : start] == "  " and line[start] != " " for line in lines)


def test_names_are_read_whatever_their_case_and_an_empty_one_is_none(outside, tmp_path, monkeypatch):
    file = tmp_path / ".env"
    file.write_text("port=8100\nLYCEUM_EMPTY=\n# LYCEUM_COMMENT=1\nexport LYCEUM_EXPORTED=1\n")
    outside()
    monkeypatch.setenv("LYCEUM_EMPTY_TOO", "")
    assert report.outside(file)[".env"] == {"PORT": "8100", "LYCEUM_EXPORTED": "1"}
    (told,) = report.unknown_names(env_file=file)
    assert told.startswith("LYCEUM_EXPORTED (.env) is no setting of Lyceum and changes nothing.")
