"""What is written about errors, and what is not: nothing that somebody typed, read or owns."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import pytest
from django.conf import settings
from django.db import Error, IntegrityError, connection, transaction

from accounts.models import User
from accounts.tests.factories import make_user
from library.core.logs.quiet import Quiet
from library.embedded import folders, log_files, processes
from library.embedded.postgres import Postgres

SECRET = "unmistakable"


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO accounts_tier (code, name) VALUES ('unmistakable', NULL)",
        f"SELECT '{SECRET}'::uuid",
        f"SELECT to_tsquery('simple', '{SECRET} &&& (')",
        "SELECT unmistakable FROM accounts_user",
        f"DO $$ BEGIN RAISE EXCEPTION '{SECRET}' USING DETAIL = '{SECRET}'; END $$",
        f"DO $$ BEGIN RAISE WARNING '{SECRET}'; END $$",
    ],
)
def test_the_log_of_the_database_holds_nothing_of_a_statement_that_fails(statement):
    postgres = Postgres(Path(os.environ["LYCEUM_TEST_VAR"]))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except Error:
        pass
    assert postgres.log.exists()
    assert SECRET not in postgres.log.read_text(errors="replace")
    assert mode(postgres.log) == "0o600"


@pytest.mark.django_db
def test_a_trace_names_the_constraint_and_not_the_row(capsys):
    user = make_user(email=f"{SECRET}@example.org")
    console = logging.StreamHandler()
    console.addFilter(Quiet())
    log = logging.getLogger("lyceum.test")
    log.addHandler(console)
    try:
        with transaction.atomic():
            User(email=user.email, username="another").save()
    except IntegrityError as fault:
        log.exception("It failed: %s", fault)
    finally:
        log.removeHandler(console)
    said = capsys.readouterr().err
    assert "user_email_unique" in said
    assert "Traceback" in said
    assert SECRET not in said.lower()
    assert "DETAIL" not in said


@pytest.mark.parametrize(("level", "lines"), [(logging.WARNING, 1), (logging.ERROR, 5)])
def test_celery_s_warnings_are_one_line_and_its_errors_whole(level, lines):
    try:
        raise ConnectionError("away")
    except ConnectionError as fault:
        trace = (type(fault), fault, fault.__traceback__)
    record = logging.LogRecord("celery.worker", level, "", 1, "broker\n  is %s", ("away",), trace)
    assert Quiet().filter(record)
    said = logging.Formatter().format(record).splitlines()
    assert len(said) >= lines
    assert (said == ["broker is away"]) is (level == logging.WARNING)


def test_the_log_of_the_library_is_quiet():
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["quiet"]


def test_a_log_is_for_us_alone_and_has_an_end(tmp_path):
    path = tmp_path / "service.log"
    path.write_bytes(b"old\n")
    path.chmod(0o644)
    running = processes.spawn(["sh", "-c", "for n in 1 2 3 4 5 6; do echo line $n; done"], log=path)
    running.wait()
    assert mode(path) == "0o600"
    assert not log_files.bound(path, most=path.stat().st_size)
    with log_files.opened(path) as writer:
        assert log_files.bound(path, most=14)
        writer.write(b"further\n")
    assert path.read_bytes() == b"further\n"
    assert (tmp_path / "service.log.1").read_bytes() == b"line 5\nline 6\n"
    assert mode(tmp_path / "service.log.1") == "0o600"
    assert not log_files.bound(tmp_path / "none.log")


def test_folders_are_closed_and_what_leads_to_the_database_is_passable_whatever_the_umask(tmp_path):
    before = os.umask(0o077)
    try:
        folders.prepare_var(tmp_path / "new" / "var")
        folders.make_passable(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    for name in ("media", "mail", "uploads", "log"):
        assert mode(tmp_path / "new" / "var" / name) == "0o700"
    assert mode(tmp_path / "new" / "var") == ("0o711" if os.geteuid() == 0 else "0o700")
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == "0o755"
