from __future__ import annotations

import time

import pytest
from django.core.mail import EmailMessage
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper

from library.core.mailbox import FolderBackend
from library.pages import health
from tests.html import assert_valid


@pytest.fixture
def database_away():
    """The default connection leads to a socket where nobody listens."""
    there = connections["default"]
    away = DatabaseWrapper(there.settings_dict | {"HOST": "/nowhere/at-all"}, alias="away")
    connections["default"] = away
    yield
    connections["default"] = there
    away.close_pool()


@pytest.mark.django_db
def test_healthy_while_the_database_answers(client, django_assert_num_queries):
    response = client.get("/healthz", headers={"Cookie": "sessionid=somebody"})

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
    assert not response.cookies
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_healthy_where_nothing_has_asked_the_database_yet():
    connections["fresh"] = fresh = DatabaseWrapper(connections["default"].settings_dict, alias="fresh")
    try:
        assert fresh.pool
        assert health.database_answers(alias="fresh")
    finally:
        fresh.close_pool()
        del connections["fresh"]


def test_unavailable_within_seconds_where_the_database_is_away(client, database_away):
    start = time.monotonic()

    response = client.get("/healthz")

    assert response.status_code == 503
    assert response.json() == {"status": "unavailable"}
    assert time.monotonic() - start < 4


@pytest.fixture
def embedded(settings, tmp_path):
    settings.EMBEDDED = True
    settings.MAIL_FOLDER = tmp_path / "mail"


def send(number: int) -> None:
    FolderBackend().send_messages(
        [EmailMessage(f"Letter {number}", f"Your code is 48392{number}.\n<script>", to=["reader@example.org"])]
    )


def test_the_mailbox_shows_letters_newest_first_with_their_codes(client, embedded):
    send(1)
    send(2)

    response = client.get("/dev/mailbox/")

    assert response.status_code == 200
    assert [entry["code"] for entry in response.context["letters"]] == ["483922", "483921"]
    assert '<span class="big-code" title="The code in this letter">483922</span>' in response.text
    assert "&lt;script&gt;" in response.text
    assert response["X-Robots-Tag"] == "noindex"
    assert "no-store" in response["Cache-Control"]
    assert_valid(response.content)


def test_an_empty_mailbox_says_what_will_come(client, embedded):
    response = client.get("/dev/mailbox/")

    assert "No mail yet" in response.text
    assert_valid(response.content)


@pytest.mark.django_db
def test_no_mailbox_outside_embedded_mode(client, settings):
    settings.EMBEDDED = False

    assert client.get("/dev/mailbox/").status_code == 404
    assert "/dev/mailbox/" not in client.get("/").text


@pytest.mark.parametrize("address", ["10.0.0.7", "192.168.1.4", "2001:db8::1", "::ffff:10.0.0.7", ""])
def test_no_mailbox_from_another_machine(client, embedded, address):
    assert client.get("/dev/mailbox/", REMOTE_ADDR=address).status_code == 404


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_the_mailbox_from_this_machine(client, embedded, address):
    assert client.get("/dev/mailbox/", REMOTE_ADDR=address).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_no_mailbox_through_a_proxy(client, embedded, header):
    assert client.get("/dev/mailbox/", headers={header: "127.0.0.1"}).status_code == 404
