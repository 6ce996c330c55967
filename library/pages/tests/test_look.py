"""The stylesheet's promises that can be computed."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from django.core.paginator import Paginator
from django.template import Context, RequestContext, Template
from django.test import RequestFactory

from library.core.templatetags.lyceum import ICONS
from tests.html import assert_valid

STYLES = (Path(settings.BASE_DIR) / "static/css/lyceum.css").read_text()
TOKENS = dict(re.findall(r"--([\w-]+): (light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\));", STYLES))
SURFACES = ["paper", "surface", "glow-1", "glow-2", "glow-3", "page-paper"]
WORDS = ["ink", "ink-soft", "accent", "brass", "good", "warn", "bad", "note"]


def colour(token: str, scheme: int) -> tuple[float, ...]:
    hexadecimal = re.findall(r"#([0-9a-f]{6})", TOKENS[token])[scheme]
    return tuple(int(hexadecimal[place : place + 2], 16) / 255 for place in (0, 2, 4))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """WCAG 2.2, "contrast ratio"."""

    def luminance(rgb: tuple[float, ...]) -> float:
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("word", "surface"), list(product(WORDS, SURFACES)))
def test_words_stand_out_from_every_surface(word, surface, scheme):
    assert contrast(colour(word, scheme), colour(surface, scheme)) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_fields_and_the_filled_button_stand_out(scheme):
    assert contrast(colour("field", scheme), colour("surface", scheme)) >= 3
    assert contrast(colour("on-accent", scheme), colour("accent", scheme)) >= 4.5


def test_a_cover_has_one_of_twelve_hues():
    assert len(set(re.findall(r"\.hue-(\d+) \{", STYLES))) == 12


def test_every_class_that_a_template_uses_is_drawn_or_a_hook():
    drawn = set(re.findall(r"\.([a-zA-Z][\w-]*)", STYLES))
    hooks = {"job", "request", "reading", "study"}
    for path in (Path(settings.BASE_DIR) / "templates").rglob("*.html"):
        if "admin" in path.parts or path.parts[-2] == "mail" or path.name in {"api_docs.html", "_api_docs_head.html"}:
            continue
        text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", path.read_text())
        used = {name for names in re.findall(r'class="([^"]*)"', text) for name in names.split()}
        assert used <= drawn | hooks, f"{path.name}: {used - drawn - hooks}"


def test_no_template_has_inline_style_or_script():
    for path in (Path(settings.BASE_DIR) / "templates").rglob("*.html"):
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script>", path.read_text()), path.name


@pytest.mark.parametrize("name", ICONS)
def test_icons_are_silent_drawings(name):
    drawn = Template("{% icon name %}").render(Context({"name": name}))

    assert 'aria-hidden="true"' in drawn
    assert_valid(drawn, fragment=True)


def test_years_and_languages_in_words():
    years = Template("{{ 1871|say_year }}, {{ year|say_year }}").render(Context({"year": -380}))
    languages = Template("{% for code in codes %}{{ code|language_word }} {% endfor %}")

    assert years == "1871, 380 BC"
    assert languages.render(Context({"codes": ["de", "la", "zz"]})) == "German Latin zz "


def test_big_numbers_are_grouped():
    assert Template("{{ 999|grouped }} {{ 23386|grouped }}").render(Context()) == "999 23,386"


def test_pages_keep_the_rest_of_the_address():
    page = Paginator(range(200), 10).page(7)
    context = RequestContext(RequestFactory().get("/catalogue/", {"q": "a&b", "page": "7"}), {"page": page})

    drawn = Template('{% include "_pagination.html" %}').render(context)

    assert 'href="?q=a%26b&amp;page=8"' in drawn
    assert '<span class="here" aria-current="page">7</span>' in drawn
    assert drawn.count("…") == 2
    assert_valid(drawn, fragment=True)
