from __future__ import annotations

import html5lib
import pytest
from django.utils.html import format_html
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.prose.markdown import rendered, without_addresses
from rag.answers.prose.marks import CLOSES, OPENS

ALLOWED = {"p", "em", "strong", "code", "pre", "ul", "ol", "li", "blockquote", "h3", "br", "a"}


def html(text: str) -> str:
    return rendered(text, lambda number: format_html('<a href="/p/{}/">{}</a>', number, number))


def tags(made: str) -> set[str]:
    tree = html5lib.parseFragment(made, namespaceHTMLElements=False)
    return {node.tag for node in tree.iter() if isinstance(node.tag, str)} - {"DOCUMENT_FRAGMENT"}


def test_what_teaching_needs_is_drawn():
    made = html("# Why\n\nIt **rises** and *stays*.\n\n- `a[1]`\n- b\n\n> said\n\n```py\nx < 1\n```")
    assert tags(made) == {"h3", "p", "strong", "em", "ul", "li", "code", "blockquote", "pre"}
    assert "x &lt; 1" in made


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![x](https://evil.example/x.png)",
        "[go](javascript:alert(1))",
        "<https://evil.example>",
        "[x]: https://evil.example\n\n[x]",
        "&lt;b&gt; &#60;script&#62;",
        "`<b>`",
    ],
)
def test_nothing_else_comes_through(text):
    made = html(without_addresses(text))
    assert tags(made) <= ALLOWED - {"a"}
    assert "evil.example" not in made
    assert "javascript:" not in made


def test_marks_become_links_but_those_in_code_are_text():
    made = html(f"It rises {OPENS}2{CLOSES}. `x[2]`")
    assert '<a href="/p/2/">2</a>' in made
    assert "<code>x[2]</code>" in made


def test_addresses_in_code_stay_and_words_of_links_stay():
    assert without_addresses("See [the page](https://e.org/a_(b)) and `curl https://e.org`.") == (
        "See the page and `curl https://e.org`."
    )
    assert without_addresses("It rises [1](https://e.org).") == "It rises [1]."


@given(st.text(alphabet="a<>&\"'`*_[]()!#-\n:/", max_size=80))
def test_any_text_gives_only_tags_of_the_list(text):
    assert tags(html(without_addresses(text))) <= ALLOWED | {"hr"}
