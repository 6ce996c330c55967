"""A database that another Lyceum made is recognised before anything is done to it, and told of in words."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO

import psycopg
import pytest
import yaml
from django.core.management import CommandError, call_command, get_commands
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from library.core.config import model as configuration
from library.core.database import other_layouts
from library.embedded import folders
from library.embedded.postgres import Postgres
from tests.stack import ROOT, Stack, environment, free_port

OLD = [("accounts", "0099_as_it_was"), ("catalog", "0098_as_it_was")]


@pytest.fixture
def of_another(db) -> None:
    """The database has gone through steps that the code does not have."""
    for step in OLD:
        MigrationRecorder(connection).record_applied(*step)


@pytest.mark.django_db
def test_our_own_database_is_known():
    other_layouts.refuse()


def test_steps_of_other_people_s_applications_are_theirs():
    ours = ("accounts", "0099_as_it_was")
    assert other_layouts.unknown_steps([("auth", "0099_later"), ("sites", "0001_initial"), ours]) == [ours]


def test_steps_that_one_of_ours_replaces_are_known(monkeypatch):
    from django.db.migrations.loader import MigrationLoader

    def with_squashed(self, *args, **kwargs):
        made(self, *args, **kwargs)
        next(iter(self.disk_migrations.values())).replaces = [OLD[0]]

    made = MigrationLoader.__init__
    monkeypatch.setattr(MigrationLoader, "__init__", with_squashed)
    assert other_layouts.unknown_steps(OLD) == [OLD[1]]


@pytest.mark.parametrize("command", ["migrate", "prepare"])
def test_commands_say_what_it_is_and_what_to_do(of_another, command):
    with pytest.raises(CommandError) as refused:
        call_command(command, stdout=StringIO(), stderr=StringIO())
    said = str(refused.value)
    assert "accounts.0099_as_it_was, catalog.0098_as_it_was" in said
    assert "made by another version of Lyceum" in said
    assert "Nothing was changed" in said
    assert "start the version that made it" in said
    assert "an empty database in DATABASE_URL" in said  # the test run has services by URL


def test_the_data_folder_is_named_in_embedded_mode(of_another, monkeypatch, tmp_path):
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("LYCEUM_VAR", str(tmp_path))
    configuration.forget()
    with pytest.raises(other_layouts.OtherLayout) as refused:
        other_layouts.refuse()
    monkeypatch.undo()
    configuration.forget()
    assert f"the data folder {tmp_path}" in str(refused.value)
    assert "choose another with LYCEUM_VAR" in str(refused.value)


def test_a_few_names_are_enough():
    assert other_layouts.named([("a", "1"), ("b", "2")]) == "a.1, b.2"
    assert other_layouts.named([("a", str(n)) for n in range(9)]) == "a.0, a.1, a.2 and 6 more"


@pytest.mark.stack
@pytest.mark.xdist_group("stack")
def test_up_says_so_and_leaves_the_folder_as_it_was(tmp_path_factory):
    """As one sees it who starts a new version on an old data folder."""
    stack = Stack(ROOT / "var" / "other-layout")
    stack.remove()
    folders.prepare_var(stack.var)
    postgres = Postgres(stack.var)
    try:
        postgres.start()
        with psycopg.connect(postgres.url, autocommit=True) as old:
            old.execute("CREATE TABLE django_migrations (id serial, app text, name text, applied timestamptz)")
            old.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('accounts', '0099_as_it_was', now())"
            )
        postgres.stop()
        ran = subprocess.run(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=environment(LYCEUM_VAR=str(stack.var), PORT=str(free_port())),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.returncode == 1
        said = ran.stdout + ran.stderr
        assert (
            "made by another version of Lyceum, with steps that this one does not have (accounts.0099_as_it_was)"
            in said
        )
        assert f"the data folder {stack.var}" in said
        assert "Traceback" not in said
        postgres.start()
        with psycopg.connect(postgres.url) as old:
            tables = old.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        assert tables == [("django_migrations",)]
    finally:
        postgres.stop()
        stack.remove()


def test_the_container_that_migrates_is_refused_by_the_same_command():
    """docker-compose.yml: everything else waits until `manage.py migrate` has ended well."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert services["migrate"]["command"] == ["python", "manage.py", "migrate", "--noinput"]
    assert services["web"]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert get_commands()["migrate"] == "library.core"
