"""Settings: read from the environment, then ``.env``; every fault told at once, no secret ever."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import call_command

from library.core.config import report
from library.core.config.django_checks import names_that_nobody_reads
from library.core.config.model import ROOT, Config, ConfigError, read

OUTSIDE = {
    "DATABASE_URL": "postgresql://lyceum:hush-hush@db.example.org:5432/lyceum",
    "REDIS_URL": "redis://cache.example.org:6379/0",
    "LYCEUM_SECRET_KEY": "s3" * 32,
    "LYCEUM_ALLOWED_HOSTS": "library.example.org, .example.net",
}
NAMES = [str(field.alias) for field in Config.model_fields.values()]


@pytest.fixture
def env_file(tmp_path, monkeypatch):
    """An empty ``.env`` in an environment without any setting."""
    for name in [*NAMES, "LYCEUM_TEST_VAR"]:
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / ".env"
    file.touch()
    return file


@pytest.fixture
def given(env_file, monkeypatch):
    """Reads the settings that are given by name."""

    def reading(**values: str) -> Config:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        return read(env_file)

    return reading


def refusal(given, **values: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        given(**values)
    return str(refused.value).splitlines()


def test_nothing_needs_to_be_set(given):
    assert given().embedded


def test_everything_of_a_public_library_is_taken(given):
    chosen = given(
        **OUTSIDE,
        HOST="0.0.0.0",
        LYCEUM_HTTPS="true",
        LYCEUM_EMAIL_URL="smtp+tls://me:p%40ss@mail.example.org:587",
        LYCEUM_TRUSTED_PROXIES="10.0.0.0/8, ::1",
        LYCEUM_TIME_ZONE="America/Argentina/Buenos_Aires",
    )
    assert (chosen.embedded, chosen.https, chosen.host) == (False, True, "0.0.0.0")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "eighty", "PORT must be a whole number, not 'eighty'."),
        ("PORT", "0", "PORT must be at least 1, not '0'."),
        ("PORT", "65536", "PORT must be at most 65535, not '65536'."),
        ("HOST", "two words", "HOST must be an address or a name of this machine"),
        ("LYCEUM_HTTPS", "perhaps", "LYCEUM_HTTPS must be true or false, not 'perhaps'."),
        ("LYCEUM_LOG_LEVEL", "LOUD", "LYCEUM_LOG_LEVEL must be 'DEBUG', 'INFO', 'WARNING' or 'ERROR', not 'LOUD'."),
        ("ACCOUNTS_OTP_FOR_LOGIN", "nobody", "ACCOUNTS_OTP_FOR_LOGIN must be 'everyone' or 'staff', not 'nobody'."),
        ("LYCEUM_TIME_ZONE", "Europe/Atlantis", "LYCEUM_TIME_ZONE must be a time zone such as Europe/Berlin"),
        ("LYCEUM_TIME_ZONE", "../../etc/passwd", "LYCEUM_TIME_ZONE must be a time zone"),
        ("LYCEUM_TIME_ZONE", "Europe", "LYCEUM_TIME_ZONE must be a time zone"),
        ("LYCEUM_EMAIL_URL", "https://mail.example.org", "LYCEUM_EMAIL_URL must begin with smtp://, smtp+tls://"),
        ("LYCEUM_EMAIL_URL", "smtp://", "LYCEUM_EMAIL_URL must name a mail server"),
        ("LYCEUM_EMAIL_URL", "sendgrid://api.sendgrid.com", "LYCEUM_EMAIL_URL must have the key of the mail service"),
        ("LYCEUM_EMAIL_URL", "mailgun://key@", "LYCEUM_EMAIL_URL must begin with smtp://, smtp+tls://"),
        ("LYCEUM_EMAIL_WEBHOOK_SECRET", "short:secret", "LYCEUM_EMAIL_WEBHOOK_SECRET must be a name, a colon and"),
        ("LYCEUM_EMAIL_URL", "smtp://host:twenty", "LYCEUM_EMAIL_URL is not a URL that can be read"),
        ("LYCEUM_EMAIL_FROM", "nobody", "LYCEUM_EMAIL_FROM must be an address"),
        ("LYCEUM_EMAIL_FROM", "a@example.org\nBcc: b@example.org", "LYCEUM_EMAIL_FROM must be an address"),
        ("LYCEUM_EMBEDDING_URL", "host:8080", "LYCEUM_EMBEDDING_URL must begin with http:// or https://"),
        ("LYCEUM_ALLOWED_HOSTS", "https://library.example.org", "LYCEUM_ALLOWED_HOSTS must be names"),
        ("LYCEUM_ALLOWED_HOSTS", "library.example.org, *", "LYCEUM_ALLOWED_HOSTS must be names"),
        ("LYCEUM_TRUSTED_PROXIES", "*", "LYCEUM_TRUSTED_PROXIES must be addresses or networks"),
        ("LYCEUM_TRUSTED_PROXIES", "10.0.0.1/8", "LYCEUM_TRUSTED_PROXIES must be addresses or networks"),
        ("LYCEUM_LIMIT_LOGIN", "often", "LYCEUM_LIMIT_LOGIN must say how often and in how long, like 5/15m"),
        ("LYCEUM_LOCK_OUT_MINUTES", "1441", "LYCEUM_LOCK_OUT_MINUTES must be at most 1440"),
        ("LYCEUM_PUBLIC_URL", "library.example.org", "LYCEUM_PUBLIC_URL must begin with http:// or https://"),
        ("DATABASE_URL", "mysql://localhost/lyceum", "DATABASE_URL must begin with postgresql:// or postgres://"),
        ("DATABASE_URL", "postgresql://localhost", "DATABASE_URL must end in the name of a database"),
        ("REDIS_URL", "amqp://localhost", "REDIS_URL must begin with redis://, rediss:// or unix://"),
        ("REDIS_URL", "unix://", "REDIS_URL must name a host"),
        ("LYCEUM_SECRET_KEY", "x" * 63, "Set LYCEUM_SECRET_KEY to at least 64 random characters"),
        ("LYCEUM_SECRET_KEY", "", "Set LYCEUM_SECRET_KEY to at least 64 random characters"),
        ("LYCEUM_ALLOWED_HOSTS", " , ", "Set LYCEUM_ALLOWED_HOSTS to the names that browsers use"),
        ("REDIS_URL", "", "Set REDIS_URL too"),
        ("DATABASE_URL", "", "Set DATABASE_URL too"),
    ],
)
def test_value_that_cannot_work_is_told_in_one_sentence(given, name, value, words):
    (sentence,) = refusal(given, **(OUTSIDE | {name: value}))
    assert sentence.startswith(words)
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("written", "limit"), [("5/15m", (5, 900)), ("1/1s", (1, 1)), (" 20 / 2 h ", (20, 7200)), ("9/7d", (9, 604800))]
)
def test_limit_says_how_often_and_in_how_long(given, written, limit):
    read = given(LYCEUM_LIMIT_OTP=written).limit_otp
    assert tuple(read) == limit
    assert str(read) == written.replace(" ", "")


def test_all_faults_are_told_at_once(given):
    told = refusal(given, PORT="eighty", LYCEUM_TIME_ZONE="Mars", DATABASE_URL=OUTSIDE["DATABASE_URL"])
    for name in ("PORT", "LYCEUM_TIME_ZONE", "REDIS_URL", "LYCEUM_SECRET_KEY", "LYCEUM_ALLOWED_HOSTS"):
        assert any(name in sentence for sentence in told), name
    assert len(told) == 6  # and the line above them


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "LYCEUM_EMAIL_URL", "LYCEUM_EMBEDDING_URL"])
def test_refusal_of_a_url_does_not_show_its_password(given, name):
    assert "hush" not in "".join(refusal(given, **(OUTSIDE | {name: "gopher://me:hush@host/x"})))


def test_embedded_mode_stays_on_this_machine(given):
    assert "only on this machine" in refusal(given, HOST="0.0.0.0")[0]


def test_embedded_mode_speaks_plain_http(given):
    assert "plain HTTP" in refusal(given, LYCEUM_HTTPS="1")[0]


def test_env_file_is_honoured_and_the_environment_goes_first(given, env_file):
    env_file.write_text("PORT=8100\nLYCEUM_EMAIL_FROM=Books <books@example.org>\n")
    chosen = given(PORT="8200")
    assert (chosen.port, chosen.email_from) == (8200, "Books <books@example.org>")
    sources = {row.name: row.source for row in report.rows(chosen, env_file=env_file)}
    assert (sources["PORT"], sources["LYCEUM_EMAIL_FROM"], sources["HOST"]) == ("environment", ".env", "default")


def test_fault_in_the_env_file_is_told_too(given, env_file):
    env_file.write_text("PORT=eighty\n")
    assert "PORT" in refusal(given)[0]


def test_empty_setting_is_an_unset_one(given):
    assert given(PORT="", LYCEUM_TIME_ZONE="").port == 8000


def test_names_that_nobody_reads_are_told_with_the_nearest_that_is_read(env_file, monkeypatch):
    monkeypatch.setenv("LYCEUM_SECRT_KEY", "x")
    monkeypatch.setenv("LYCEUM_PORT", "1")
    monkeypatch.setenv("LYCEUM_TEST_VAR", "of the test run")
    env_file.write_text("LYCEUM_ALOWED_HOST=x\nSOMEBODY_ELSES=1\nLYCEUM_XYZZY=1\n")
    told = "\n".join(report.unknown_names(env_file=env_file))
    assert (
        "LYCEUM_SECRT_KEY (environment) is no setting of Lyceum and changes nothing. Did you mean LYCEUM_SECRET_KEY?"
        in told
    )
    assert "Did you mean PORT?" in told
    assert (
        "LYCEUM_ALOWED_HOST (.env) is no setting of Lyceum and changes nothing. Did you mean LYCEUM_ALLOWED_HOSTS?"
        in told
    )
    assert "LYCEUM_XYZZY (.env) is no setting of Lyceum and changes nothing." in told
    assert len(told.splitlines()) == 4
    assert [warning.id for warning in names_that_nobody_reads(None)] == ["lyceum.W001"] * 2


def test_settings_command_shows_every_setting_and_no_secret(settings, monkeypatch):
    said = StringIO()
    call_command("settings", stdout=said)
    lines = said.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == NAMES
    row = dict(zip(NAMES, lines, strict=True))
    assert row["DATABASE_URL"].split()[1:] == ["(set)", "environment"]  # the test run's own
    assert row["LYCEUM_SECRET_KEY"].split()[1:] == ["(set)", "environment"]
    assert "tests-only" not in said.getvalue()


def test_example_env_file_names_exactly_the_settings_that_exist():
    named = re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M)
    assert sorted(named) == sorted(NAMES)


def test_example_env_file_works_when_uncommented(env_file, given):
    text = re.sub(r"^# ([A-Z_]+=)", r"\1", (ROOT / ".env.example").read_text(), flags=re.M)
    env_file.write_text(text)
    given(LYCEUM_SECRET_KEY=OUTSIDE["LYCEUM_SECRET_KEY"])


def test_every_setting_is_described():
    for field in Config.model_fields.values():
        assert field.description is not None
        assert field.description.endswith((".", "`"))


def test_settings_document_is_in_step():
    said = StringIO()
    call_command("settings", "--markdown", stdout=said)
    assert (ROOT / "docs" / "settings.md").read_text() == said.getvalue(), "Run make settings."
