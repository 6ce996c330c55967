"""What was typed, taken apart."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.search.words.query import EXCLUDED_AT_MOST, PARTS_AT_MOST, QUERY_LENGTH, Query, Years, parse, read_years
from library.search.fold import words


def asked(query: str) -> list[list[str]]:
    return [[" ".join(part.words) + part.weight for part in group] for group in parse(query).groups]


@pytest.mark.parametrize(
    ("query", "groups"),
    [
        ("The Gene", [["the", "gene"]]),
        ('"the gene" mukherjee', [["the gene", "mukherjee"]]),
        ("“the gene” «an intimate", [["the gene", "an intimate"]]),
        ("kafka OR camus OR jane austen", [["kafka"], ["camus"], ["jane", "austen"]]),
        ("OR OR OR", []),
        ("ready or not, dead or alive", [["ready", "or", "not", "dead", "alive"]]),
        ("READY OR NOT", [["ready", "or", "not"]]),
        ("1984 OR 1985", [["1984"], ["1985"]]),
        ("演义 OR 汉语", [["演义"], ["汉语"]]),
        ('"dead OR alive" OR king', [["dead or alive"], ["king"]]),
        ("cats AND dogs", [["cats", "dogs"]]),
        ("现代汉语 title:文学", [["现代 代汉 汉语", "文学A"]]),
        ("c语言 猫", [["c", "语言", "猫"]]),
        ('"村上 春樹"', [["村上 上春 春樹"]]),
        ("हिन्दी साहित्य", [["हिन्दी", "साहित्य"]]),
        ("C++ c# .NET asp.net", [["cplusplus", "csharp", "dotnet", "asp", "net"]]),
        ('subject:"C#"', [["csharpC"]]),
        ("spider-man J.K. L’Étranger 1914–1918", [["spider", "man", "j", "k", "l", "etranger", "1914", "1918"]]),
        ("author:Tolkien ring", [["tolkienB", "ring"]]),
        ('author:"le guin" title:darkness subject:ethics', [["le guinB", "darknessA", "ethicsC"]]),
        ("author:", [["author"]]),
        ("author: tolkien", [["author", "tolkien"]]),
        ("colour:red", [["colour", "red"]]),
        ("year:soon", [["year", "soon"]]),
        ("year:0 cell", [["cell"]]),
        ("2001: a space odyssey", [["2001", "a", "space", "odyssey"]]),
        ("gene gene gene", [["gene"]]),
        ("don't", [["don", "t"]]),
        ("!!! ??? - --", []),
    ],
)
def test_words_phrases_and_fields(query, groups):
    assert asked(query) == groups


def test_a_minus_excludes_only_where_a_word_begins():
    query = parse('cell -plant -"red blood" -science-fiction well-known - -author:smith')
    assert [" ".join(part.words) + part.weight for part in query.excluded] == [
        "plant",
        "red blood",
        "science fiction",
        "smithB",
    ]
    assert [part.words[0] for part in query.groups[0]] == ["cell", "well", "known"]


def test_a_capital_not_excludes_what_follows():
    query = parse("cell NOT plant NOT author:smith NOT")
    assert [" ".join(part.words) + part.weight for part in query.excluded] == ["plant", "smithB"]
    assert [part.words[0] for part in query.groups[0]] == ["cell"]


@pytest.mark.parametrize(
    ("query", "also"),
    [
        ("o'neill", {"oneill"}),
        ("author:o’neill", {"oneill"}),
        ("spider-man", {"spiderman"}),
        ("catch22", {"catch 22"}),
        ("1914-1918", set()),
        ("c#", {"c sharp"}),
        ("cell", set()),
    ],
)
def test_what_may_be_written_otherwise_is_asked_for_too(query, also):
    assert {" ".join(row) for group in parse(query).groups for part in group for row in part.also} == also


def test_what_is_asked_beside_words():
    query = parse('year:1990-2000 year:-44 language:french language:de series:"Earthsea Cycle" isbn:0-8044-2957-X')
    assert query.years == (Years(1990, 2000), Years(-44, -44))
    assert query.languages == ("fr", "de")
    assert query.series == ("earthsea cycle",)
    assert query.numbers == ("0-8044-2957-x",)
    assert not query.groups
    assert not query.is_empty


@pytest.mark.parametrize(
    ("value", "years"),
    [
        ("1990", Years(1990, 1990)),
        ("1990-2000", Years(1990, 2000)),
        ("1990–2000", Years(1990, 2000)),
        ("1990-", Years(1990)),
        ("-500", Years(-500, -500)),
        ("-500--300", Years(-500, -300)),
        ("-500-100", Years(-500, 100)),
        ("2000-1990", Years(1990, 2000)),
        ("-300--500", Years(-500, -300)),
        ("0-9", Years(0, 9)),
        ("0", None),
        ("", None),
        ("soon", None),
        ("19900", None),
        ("9999", None),
        ("1990-2000-2010", None),
        ("١٩٩٠", None),
    ],
)
def test_years(value, years):
    assert read_years(value) == years


@pytest.mark.parametrize(
    ("query", "typing"),
    [
        ("monte cri", True),
        ("monte cri ", True),
        ('"monte cri"', False),
        ("monte -cri", False),
        ("monte c", False),
        ("author:dum", False),
        ("kafka OR", False),
        ("kafka OR cam", True),
        ("kafka or", True),
        ("हिन्दी", True),
        ("1984", True),
    ],
)
def test_only_a_bare_last_word_may_be_unfinished(query, typing):
    assert parse(query).typing is typing


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("cell biology", False),
        ('"cell', True),
        ("kafka OR b", True),
        ("kafka AND b", True),
        ("kafka or b", False),
        ("a -b", True),
        ("author:b", True),
        ("well-known", False),
    ],
)
def test_operators_are_meant(query, meant):
    assert parse(query).meant is meant


def test_a_correction_changes_words_that_stand_alone():
    query = parse('jane austin "northanger abey" author:smith')
    assert query.correctable_words == ("jane", "austin")
    assert query.corrected({"austin": "austen"}) == parse('jane austen "northanger abey" author:smith')
    assert parse('austin "jane austin" -jane emma').correctable_words == ("emma",)


TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            [
                "or",
                "OR",
                "NOT",
                "-",
                '"',
                ":",
                "author:",
                "year:",
                "a",
                "-b",
                "1990-",
                "’",
                "\0",
                "\ud800",
                " ",
                "文",
                "हि",
                "C#",
                "O'N",
            ]
        )
    ).map("".join),
)


@given(TEXTS)
@example("-" * 400)
@example("x" * 10_000)
@example("a " * 5_000)
@example("-a " * 400)
@example('"' * 999)
@example("a:b:c:d " * 60)
@example("ﷺ" * 10_000)
def test_any_text_is_a_bounded_query_of_bare_words(text):
    query = parse(text)
    found = [word for group in query.groups for part in group for word in part.words]
    assert len(found) <= PARTS_AT_MOST
    assert len(query.excluded) <= EXCLUDED_AT_MOST
    assert len(query.written) <= QUERY_LENGTH
    assert all(word and words(word) == word and " " not in word for word in query.words)
    assert all(group for group in query.groups)
    assert parse(query.written) == query, "reading what was written changes nothing"


def test_nothing_typed_asks_for_everything_and_signs_for_nothing():
    assert parse("  \t\0").is_empty
    assert not parse("!!!").is_empty
    assert parse("!!!").is_void
    assert parse("") == Query()
