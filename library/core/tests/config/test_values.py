"""What the value of a setting must be, and what is said where it is not."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.core.config import checks
from library.core.config.checks import Limit, read_limit, read_networks


@given(st.integers(1, 9_999_999), st.integers(1, 99_999), st.sampled_from("smhd"))
def test_a_limit_is_written_as_it_is_read(most, often, unit):
    limit = read_limit(f"{most}/{often}{unit}")
    assert isinstance(limit, Limit)
    assert read_limit(str(limit)) == limit


@pytest.mark.parametrize(
    ("limit", "written"),
    [
        ((5, 1), "5/1s"),
        ((5, 59), "5/59s"),
        ((5, 60), "5/1m"),
        ((5, 90), "5/90s"),
        ((5, 86_400), "5/1d"),
        ((1, 90_000), "1/25h"),
    ],
)
def test_a_limit_is_told_in_the_largest_unit_that_fits(limit, written):
    assert str(Limit(*limit)) == written


@pytest.mark.parametrize(
    "written",
    [
        "",
        "5",
        "/",
        "5/",
        "/15m",
        "0/15m",
        "5/0m",
        "-5/1m",
        "5/15",
        "5/15w",
        "5/15 mins",
        "1.5/1m",
        "٥/١٥m",
        "5//1m",
        "5/1m/1m",
        "12345678/1s",
        "1/123456s",
    ],
)
def test_what_is_no_limit_is_told_as_it_was_written(written):
    with pytest.raises(ValueError, match="must say how often and in how long, like 5/15m or 20/1h") as refusal:
        read_limit(written)
    assert repr(written) in str(refusal.value)


@pytest.mark.parametrize(
    ("written", "networks"),
    [
        ("", []),
        (" , ,", []),
        ("10.0.0.0/24", ["10.0.0.0/24"]),
        ("192.168.1.7", ["192.168.1.7/32"]),
        (" ::1 ,fd00::/8,", ["::1/128", "fd00::/8"]),
    ],
)
def test_networks_stand_between_commas(written, networks):
    assert read_networks(written) == tuple(map(ipaddress.ip_network, networks))


@pytest.mark.parametrize("written", ["10.0.0.0/33", "10.0.0.1/24", "localhost", "10.0.0.0-10.0.0.9", "10.0.0.0 /8 x"])
def test_what_is_no_network_is_told(written):
    with pytest.raises(ValueError, match="must be addresses or networks, separated by commas"):
        read_networks(written)


def test_what_was_read_already_goes_through():
    limit, networks = Limit(5, 900), (ipaddress.ip_network("::1"),)
    assert read_limit(limit) is limit
    assert read_networks(networks) is networks


@pytest.mark.parametrize(
    ("check", "well", "wrong"),
    [
        (
            checks.database_url,
            ["", "postgres://h/db", "postgresql:///db?host=/run/pg", "postgresql://u:p%40s@[::1]:5433/db"],
            ["postgresql://h/", "h/db", "postgresql://h:port/db", "postgresql://[::1/db"],
        ),
        (
            checks.redis_url,
            ["", "redis://h", "rediss://:p@h:1/2", "unix:///run/r.sock"],
            ["redis://", "unix://", "http://h"],
        ),
        (checks.email_url, ["", "smtp://h", "smtp+tls://u:p@h:587", "smtps://h:465"], ["smtps://", "mail.example.org"]),
        (checks.http_url, ["", "http://h:1/v1", "https://h"], ["https://", "ftp://h", "h:80", "http://h:99999"]),
        (
            checks.host_names,
            ["", "a", "a.b, .c.d", "10.0.0.1", "[::1]", "::1", "xn--bcher-kva.example"],
            ["*", "a b", "http://a", "a:80", "-a", "a/", "bücher.example", ".", "[a"],
        ),
        (
            checks.listening_host,
            ["127.0.0.1", "::", "::1", "localhost", "a-b.c"],
            ["", "[::1]", "a b", "a:80", "-a", "a-"],
        ),
        (
            checks.sender,
            ["a@b", "Lyceum <a@b.org>", '"Ä, Ö" <a@b.org>'],
            ["", "a", "a@", "@b", "a@b\nBcc: c@d", "Lyceum <a>", "a@b\r"],
        ),
        (
            checks.time_zone,
            ["UTC", "Europe/Berlin", "Asia/Kolkata"],
            ["", "Mars/Base", "/etc/passwd", "Europe/", "../UTC", "a\x00b"],
        ),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_a_setting_takes_and_what_it_does_not(check: Callable[[str], Any], well, wrong):
    assert [check(value) for value in well] == well
    for value in wrong:
        with pytest.raises(ValueError):
            check(value)


@pytest.mark.parametrize("host", ["a" * 253, "a" * 254])
def test_a_name_of_a_machine_has_at_most_253_letters(host):
    if len(host) <= 253:
        assert checks.listening_host(host) == host
    else:
        with pytest.raises(ValueError, match="must be an address or a name of this machine"):
            checks.listening_host(host)
