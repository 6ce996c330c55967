"""Which websites may ask for a socket with the cookies of whoever looks at them."""

from __future__ import annotations

import pytest

from library.live import feeds, origin

HOST = "library.example.org"


@pytest.fixture(autouse=True)
def _hosts(settings):
    settings.ALLOWED_HOSTS = [HOST, "localhost", "[::1]"]
    settings.HTTPS = False


@pytest.mark.parametrize(
    ("asked_by", "host"),
    [
        (f"https://{HOST}", HOST),
        (f"http://{HOST}", HOST),
        (f"https://{HOST}:443", HOST),
        (f"http://{HOST}:8000", f"{HOST}:8000"),
        (f"HTTPS://{HOST.upper()}", HOST.upper()),
        ("http://[::1]:8000", "[::1]:8000"),
    ],
)
def test_own_pages_may(asked_by, host):
    assert origin.is_own(asked_by, host, has_ticket=False)
    assert origin.is_own(asked_by, host, has_ticket=True)


@pytest.mark.parametrize(
    ("asked_by", "host"),
    [
        ("https://evil.example", HOST),
        (f"https://{HOST}.evil.example", HOST),
        (f"https://evil.example/{HOST}", HOST),
        (f"https://{HOST}@evil.example", HOST),
        (f"http://{HOST}:8000", HOST),
        (f"http://{HOST}", f"{HOST}:8000"),
        ("https://localhost", HOST),
        ("null", HOST),
        ("file://", HOST),
        (f"https://{HOST}:x", HOST),
        ("https://[::1", HOST),
        ("https://evil.example", "evil.example"),  # a name that was made to lead to us
        ("", "evil.example"),
    ],
)
def test_nobody_elses_may_with_or_without_a_ticket(asked_by, host):
    assert not origin.is_own(asked_by, host, has_ticket=False)
    assert not origin.is_own(asked_by, host, has_ticket=True)


def test_program_without_an_origin_needs_a_ticket():
    assert origin.is_own("", HOST, has_ticket=True)
    assert not origin.is_own("", HOST, has_ticket=False)


def test_library_that_is_reached_by_https_is_asked_by_https(settings):
    settings.HTTPS = True
    assert origin.is_own(f"https://{HOST}", HOST, has_ticket=False)
    assert not origin.is_own(f"http://{HOST}", HOST, has_ticket=False)


def test_two_feeds_of_one_code_or_address_are_refused(monkeypatch):
    monkeypatch.setattr(feeds, "_feeds", {})
    first = feeds.Feed(code="one", app="a", route="one/", topic="x", since="y")
    feeds.register(first)
    feeds.register(first)
    for other in (("one", "two/"), ("two", "one/")):
        with pytest.raises(ValueError, match="a has a feed 'one' at 'one/' already"):
            feeds.register(feeds.Feed(code=other[0], app="b", route=other[1], topic="x", since="y"))
    assert feeds.feeds() == [first]
