"""Addresses of services as Django, its cache and Celery want them; and which tasks wait where."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from library.settings import celery_url, database, redis_database

PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@given(PLAIN, PLAIN, PLAIN)
@example("reader", "secret", "/")
@example("reader", "secret", "/books/")
def test_whatever_a_password_holds_it_arrives_as_it_is(user, password, name):
    found = database(f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@db:5433/{quote(name, safe='')}")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == (user, password, "db", "5433")
    assert found["NAME"] == name


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("postgresql://db.example.org/lyceum", "db.example.org", ""),
        ("postgresql://[::1]:5432/lyceum", "::1", "5432"),
        ("postgresql://me@/lyceum?host=%2Frun%2Fpg", "/run/pg", ""),
        ("postgresql:///lyceum?host=/run/pg&host=/other", "/other", ""),
        ("postgresql:///lyceum", "", ""),
    ],
)
def test_a_server_is_found_by_name_address_or_socket(url, host, port):
    found = database(url)
    assert (found["HOST"], found["PORT"], found["NAME"]) == (host, port, "lyceum")


def test_options_of_the_address_are_kept_and_go_before_ours():
    options = database("postgresql://db/lyceum?sslmode=verify-full&connect_timeout=9&host=x")["OPTIONS"]
    assert (options["sslmode"], options["connect_timeout"]) == ("verify-full", "9")
    assert "host" not in options
    assert database("postgresql://db/lyceum")["OPTIONS"]["connect_timeout"] == "5"


def test_the_pool_looks_at_a_connection_before_it_is_used():
    found = database("postgresql://db/lyceum")
    assert found["CONN_HEALTH_CHECKS"]
    assert found["OPTIONS"]["pool"]["connection_class"].__name__ == "BoundedConnection"


@pytest.mark.parametrize(
    ("url", "number", "other"),
    [
        ("redis://r", 1, "redis://r/1"),
        ("redis://r/", 1, "redis://r/1"),
        ("redis://r:6379/0", 7, "redis://r:6379/7"),
        ("rediss://:p%2Fw@r:6380/15", 0, "rediss://:p%2Fw@r:6380/0"),
        ("rediss://r:6380/0?ssl_cert_reqs=none", 1, "rediss://r:6380/1?ssl_cert_reqs=none"),
        ("rediss://r?ssl_cert_reqs=none", 1, "rediss://r/1?ssl_cert_reqs=none"),
        ("unix:///run/r.sock?password=p%26w&db=9", 3, "unix:///run/r.sock?password=p%26w&db=3"),
        ("unix:///run/r.sock", 3, "unix:///run/r.sock?db=3"),
        ("unix:///run/r.sock?db=9", 3, "unix:///run/r.sock?db=3"),
    ],
)
def test_another_numbered_database_of_the_same_redis(url, number, other):
    assert redis_database(url, number) == other


@pytest.mark.parametrize(
    ("url", "celery"),
    [
        ("redis://r:6379/5", "redis://r:6379/0"),
        ("rediss://r", "rediss://r/0"),
        ("unix:///run/r.sock", "redis+socket:///run/r.sock?virtual_host=0"),
        ("unix:///run/r.sock?db=4", "redis+socket:///run/r.sock?virtual_host=0"),
    ],
)
def test_messages_lie_in_a_database_of_their_own(url, celery):
    assert celery_url(url) == celery
    assert redis_database(url, 1) != celery
