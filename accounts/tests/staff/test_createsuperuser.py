"""The first administrator: asked for at a terminal, taken from options and the environment without one."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
COMMAND = "accounts.commands.management.commands.createsuperuser"
BOSS = {"email": "boss@example.org", "username": "boss", "full_name": "The Boss"}


class Terminal:
    """Somebody at the keyboard: their lines and their passwords, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lines: Iterator[str] = iter(())
        self.passwords: Iterator[str] = iter(())
        self.asked: list[str] = []
        monkeypatch.delenv("DJANGO_SUPERUSER_PASSWORD", raising=False)
        monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        monkeypatch.setattr("builtins.input", self.line)
        monkeypatch.setattr(f"{COMMAND}.getpass", self.password)

    def line(self, label: str) -> str:
        self.asked.append(label)
        return next(self.lines)

    def password(self, label: str) -> str:
        self.asked.append(label)
        return next(self.passwords)


@pytest.fixture
def terminal(monkeypatch) -> Terminal:
    return Terminal(monkeypatch)


def create(**options: object) -> tuple[str, str]:
    """What it printed, and what it complained of."""
    out, err = StringIO(), StringIO()
    call_command("createsuperuser", stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_without_a_terminal_it_makes_an_administrator_with_a_card(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    printed, _ = create(interactive=False, **BOSS)
    user = User.objects.get(email="boss@example.org")
    assert (user.role, user.is_superuser, user.is_staff, user.full_name) == (
        Role.ADMINISTRATOR,
        True,
        True,
        "The Boss",
    )
    assert user.patron.card_number
    assert user.check_password(PASSWORD)
    assert printed == "boss is an administrator and can sign in as boss@example.org.\n"
    assert PASSWORD not in printed


def test_at_a_terminal_it_asks_until_each_answer_will_do(terminal):
    terminal.lines = iter(["", "no address", "boss@example.org", "?", "boss"])
    terminal.passwords = iter(["short", "short", PASSWORD, PASSWORD + "x", PASSWORD, PASSWORD])
    _, complaints = create()
    assert User.objects.get(username="boss").check_password(PASSWORD)
    assert terminal.asked[:5] == ["E-mail address: "] * 3 + ["Username: "] * 2
    assert "Enter a valid email address." in complaints
    assert "3 to 40 plain letters" in complaints
    assert "The two are not the same." in complaints


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"email": ""}, "E-mail address: give it by --email."),
        ({"username": ""}, "Username: give it by --username."),
        ({"email": "nobody"}, "Enter a valid email address."),
        ({"username": "a b"}, "3 to 40 plain letters"),
    ],
)
def test_without_a_terminal_what_is_missing_or_wrong_ends_it(monkeypatch, changed, sentence):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(CommandError, match=sentence):
        create(interactive=False, **{**BOSS, **changed})
    assert not User.objects.exists()


@pytest.mark.parametrize("password", [None, "", "short", "boss@example.org1"])
def test_a_password_that_will_not_do_makes_nobody(monkeypatch, password):
    if password is None:
        monkeypatch.delenv("DJANGO_SUPERUSER_PASSWORD", raising=False)
    else:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    with pytest.raises(CommandError, match="DJANGO_SUPERUSER_PASSWORD"):
        create(interactive=False, **BOSS)
    assert not User.objects.exists()


@pytest.mark.parametrize("taken", [{"email": "Boss@Example.org"}, {"username": "BOSS"}])
def test_what_somebody_has_already_is_refused_in_words(monkeypatch, taken):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    make_user(**taken)
    with pytest.raises(CommandError, match=r"already|taken"):
        create(interactive=False, **BOSS)
    assert User.objects.count() == 1
