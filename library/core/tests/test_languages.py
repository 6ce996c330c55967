"""One code for each language, a name for people."""

import pytest
from django.utils.translation import override

from library.core import languages


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("en", "en"),
        ("EN", "en"),
        (" fr ", "fr"),
        ("eng", "en"),
        ("ger", "de"),
        ("deu", "de"),
        ("fre", "fr"),
        ("alb", "sq"),
        ("grc", "grc"),
        ("haw", "haw"),
        ("lad", "lad"),
        ("ang", "ang"),
        ("fil", "fil"),
        ("iw", "he"),
        ("in", "id"),
        ("ji", "yi"),
        ("jw", "jv"),
        ("mo", "ro"),
        ("mol", "ro"),
        ("scr", "hr"),
        ("scc", "sr"),
        ("no", "no"),
        ("nb", "no"),
        ("nn", "no"),
        ("nob", "no"),
        ("cmn", "zh"),
        ("yue", "zh"),
        ("arb", "ar"),
        ("pes", "fa"),
        ("hr", "hr"),
        ("sr", "sr"),
        ("bs", "bs"),
        ("cnr", "cnr"),
        ("id", "id"),
        ("ms", "ms"),
        ("mul", "mul"),
        ("zxx", "zxx"),
        ("und", "und"),
        ("mis", "mis"),
        ("pt-BR", "pt"),
        ("zh_Hans_CN", "zh"),
    ],
)
def test_a_language_is_kept_under_one_code(given, kept):
    assert languages.canonical(given) == kept
    assert languages.canonical(kept) == kept


@pytest.mark.parametrize("given", ["xx", "", "e", "e1", "english", "qaa", "cel", "zzzz", "en" * 30, "en-", "ёп", "\0"])
def test_what_is_no_language_has_no_code(given):
    assert languages.canonical(given) is None


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("de", "German"),
        ("no", "Norwegian"),
        ("grc", "Ancient Greek"),
        ("haw", "Hawaiian"),
        ("mul", "several languages"),
        ("la", "Latin"),
        ("zxx", "without words"),
        ("fil", "Filipino"),
    ],
)
def test_a_reader_is_told_a_name_and_no_code(code, word):
    assert languages.word(code) == word


def test_the_name_is_in_the_language_of_the_page():
    with override("de"):
        assert languages.word("fr") == "Französisch"


@pytest.mark.parametrize(
    ("name", "code"),
    [("German", "de"), ("français", "fr"), ("Hawaiian", "haw"), ("Norwegian", "no"), ("Chinese", "zh")],
)
def test_a_name_tells_the_code(name, code):
    assert languages.names()[name] == code
