"""How names and titles are filed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.names import display_name, sort_name, sort_title


@pytest.mark.parametrize(
    ("name", "filed"),
    [
        ("Siddhartha Mukherjee", "mukherjee, siddhartha"),
        ("Mukherjee, Siddhartha", "mukherjee, siddhartha"),
        ("Plato", "plato"),
        ("Ursula K. Le Guin", "le guin, ursula k."),
        ("Vincent van Gogh", "gogh, vincent van"),
        ("Martin Luther King Jr.", "king, martin luther, jr."),
        ("Martin Luther King, Jr.", "king, martin luther, jr."),
        ("  Émile   Zola ", "zola, emile"),
        ("", ""),
    ],
)
def test_authors_are_filed_by_family_name(name, filed):
    assert sort_name(name) == filed


@given(st.text(max_size=300))
def test_every_name_has_a_place_and_it_fits_the_column(name):
    assert len(sort_name(name)) <= 200
    assert sort_name(display_name(name)) == sort_name(name)


@pytest.mark.parametrize(
    ("title", "language", "filed"),
    [
        ("The Selfish Gene", "en", "selfish gene"),
        ("Die Verwandlung", "de", "verwandlung"),
        ("Die Hard", "en", "die hard"),
        ("L’Étranger", "fr", "etranger"),
        ("A", "en", "a"),
        ("Ångström", "sv", "angstrom"),
        ("“The Heroes”", "en", "heroes”"),
        ("The “Canary” Murder Case", "en", "canary” murder case"),
        ("...And Justice", "en", "and justice"),
        ("¿Qué?", "es", "que?"),
        ("!!!", "en", "!!!"),
    ],
)
def test_titles_are_filed_without_their_languages_article(title, language, filed):
    assert sort_title(title, language) == filed
