"""What a browser or app calls itself, in words that its owner knows."""

from __future__ import annotations

from django.utils.translation import gettext as _

# The first that is found counts: most browsers also name those that they descend from.
BROWSERS = [
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("okhttp/", "Android app"),
    ("CFNetwork/", "iOS app"),
    ("Dart/", "App"),
    ("curl/", "curl"),
    ("python-requests/", "Python"),
    ("python-httpx/", "Python"),
    ("Python-urllib/", "Python"),
]
SYSTEMS = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
]


def in_words(agent: str) -> str:
    """``Firefox on Linux``; the first word of a name that we do not know; ``Unknown device`` for none."""
    browser, system = _known(agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _first_word(agent) or _("Unknown device")


def kind_of(agent: str) -> str:
    """``Firefox Linux``: the same for every version and in every language, at most 40 letters; ``""`` for none."""
    return " ".join(word for word in _known(agent) if word) or _first_word(agent)


def _known(agent: str) -> tuple[str, str]:
    browser = next((word for token, word in BROWSERS if token in agent), "")
    system = next((word for token, word in SYSTEMS if token in agent), "")
    return browser, system


def _first_word(agent: str) -> str:
    return agent.partition("/")[0].partition(" ")[0][:40]
