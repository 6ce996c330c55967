"""Whose address a request comes from, with and without proxies."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.test import RequestFactory

from accounts.limits.client_address import client_of

CLIENT, PROXY, FORGED = "198.51.100.7", "203.0.113.9", "192.0.2.66"


def seen(peer, forwarded=None):
    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded} if forwarded is not None else None)
    request.META["REMOTE_ADDR"] = peer
    return client_of(request)


@pytest.fixture(autouse=True)
def _in_production(settings):
    settings.COUNT_LOOPBACK, settings.HTTPS, settings.TRUSTED_PROXIES = True, False, ()


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", ""])
def test_loopback_is_not_counted_in_embedded_mode_and_is_elsewhere(settings, peer):
    assert seen(peer) != ""
    settings.COUNT_LOOPBACK = False
    assert seen(peer) == ""
    assert seen(CLIENT) == CLIENT


def test_a_header_makes_nobody_uncounted_or_somebody_else(settings):
    for is_counted in (True, False):
        settings.COUNT_LOOPBACK = is_counted
        assert seen(CLIENT, "127.0.0.1") == seen(CLIENT, FORGED) == CLIENT


def test_behind_https_the_last_hop_of_a_near_proxy_is_believed(settings):
    settings.HTTPS = True
    for peer in ("127.0.0.1", "172.18.0.2", "10.0.0.1", "fd00::1", ""):
        assert seen(peer, f"{FORGED}, {CLIENT}") == CLIENT
    assert seen("8.8.8.8", CLIENT) == "8.8.8.8"
    assert seen("127.0.0.1") == "127.0.0.1"
    assert seen("127.0.0.1", "not an address") == "127.0.0.1"


def test_the_right_most_hop_that_is_no_listed_proxy_is_the_client(settings):
    settings.TRUSTED_PROXIES = (ip_network("203.0.113.0/24"), ip_network("10.0.0.0/8"))
    assert seen(PROXY, f"{FORGED}, {CLIENT}, 10.1.1.1") == CLIENT
    assert seen(PROXY, CLIENT) == CLIENT
    assert seen(CLIENT, FORGED) == CLIENT
    assert seen(PROXY, "10.1.1.1, 10.1.1.2") == "10.1.1.1"
    assert seen(PROXY, f"{FORGED}, nonsense, 10.1.1.1") == "10.1.1.1"
    assert seen(PROXY) == PROXY


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("198.51.100.7:4711", CLIENT),
        ("[2001:db8:1:2::5]:443", "2001:db8:1:2::/64"),
        (" 198.51.100.7 ", CLIENT),
        ("::ffff:198.51.100.7", CLIENT),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_ports_and_brackets_make_no_difference_and_a_household_is_one_client(settings, written, address):
    settings.HTTPS = True
    assert seen("127.0.0.1", written) == address


@pytest.mark.parametrize("peer", ["", "testclient", "1.2.3", "\x00"])
def test_who_comes_without_an_address_is_counted_with_all_the_others(peer):
    assert seen(peer) == "unknown"
