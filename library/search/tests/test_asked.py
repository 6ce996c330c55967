"""What a query asks for: what has to stand side by side, what may go on, and what stands for a word as well."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.search.cut import LONGEST, Piece, asked, compounds, others, phrase, pieces, recorded, spaced
from library.search.fold import fold, words
from library.search.letters import APOSTROPHES, FRACTIONS, PLAIN, SAME

ANY = st.text(max_size=24)
MIXED = st.text(st.sampled_from("aé-'’ 9三国ハーี่กขមြန်שלוםُ\u200c\u0301"), max_size=16)


def run(*parts: str) -> Piece:
    return Piece(parts, is_begun=True, is_run=True)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("whale", [Piece(("whale",))]),
        ("élan", [Piece(("élan",))]),
        ("国", [run("国")]),
        ("三国", [run("三国")]),
        ("三国志", [run("三国", "国志")]),
        ("c语言", [Piece(("c",)), run("语言")]),
        ("語2", [run("語"), Piece(("2",))]),
        ("ขนม", [run("ขน", "นม")]),
        ("ធ្វើ", [run("ធ្វើ")]),
        ("שלום", [Piece(("שלום",))]),
    ],
)
def test_a_word_asks_for_itself_or_for_the_pairs_of_its_runs(word, found):
    assert list(pieces(word)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("moby dick", Piece(("moby", "dick"))),
        ("三国志", Piece(("三国", "国志"), is_begun=True)),
        ("c 语言", Piece(("c", "语言"), is_begun=True)),
        ("语言 c", Piece(("语言", "言", "c"))),
        ("村上 春樹", Piece(("村上", "上春", "春樹"), is_begun=True)),
        ("vol 国", Piece(("vol", "国"), is_begun=True)),
        ("", Piece(())),
    ],
)
def test_words_in_quotation_marks_stand_side_by_side_and_only_a_run_at_the_end_may_go_on(text, found):
    assert phrase(text) == found


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("cplusplus", []),
        ("csharp", [("c", "sharp")]),
        ("fsharp", [("f", "sharp")]),
        ("dotnet", []),
        ("catch22", [("catch", "22")]),
        ("ab1", [("ab", "1")]),
        ("a1", []),
        ("2001odyssey", [("2001", "odyssey")]),
        ("1984nineteen", [("1984", "nineteen")]),
        ("3rd", []),
        ("20th", []),
        ("mp3x", []),
        ("élan5", [("élan", "5")]),
        ("whale", []),
        ("", []),
    ],
)
def test_a_name_and_its_number_are_asked_for_apart_as_well(word, found):
    assert others(word) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("spider-man", {"spider": ("spiderman",), "man": ("spiderman",)}),
        ("o'neill and o'neill-smith", None),
        ("1914-1918", {}),
        ("plain words", {}),
        ("-a-", {}),
        ("三国-志", {}),
        (
            "ab-" + "c" * (LONGEST - 2),
            {"ab": ("ab" + "c" * (LONGEST - 2),), "c" * (LONGEST - 2): ("ab" + "c" * (LONGEST - 2),)},
        ),
        ("ab-" + "c" * (LONGEST - 1), {}),
    ],
)
def test_words_that_a_sign_joins_are_one_word_too(text, found):
    assert found is None or compounds(text) == found


@given(ANY | MIXED)
def test_all_that_a_text_asks_for_is_kept_of_the_same_text(text):
    kept = spaced(text).split()
    for word in asked(text):
        assert any(one.startswith(word) for one in kept), word
    assert set(kept) <= set(recorded(text).split())


@given(ANY | MIXED)
def test_what_is_kept_are_folded_words_between_single_spaces(text):
    kept = spaced(text)
    assert kept == " ".join(kept.split())
    assert not any(unicodedata.category(sign)[0] in "PS" for sign in kept)


@given(MIXED, st.sampled_from(" \n\t\u3000\u00a0\u00ad\u200b\u2060"))
def test_what_stands_around_a_text_changes_nothing(text, blank):
    assert words(f"{blank}{text}{blank}") == words(text)


@given(st.text("三国演义ハリ", min_size=2, max_size=12), st.data())
def test_every_part_of_a_run_is_found_in_the_whole(whole, data):
    first = data.draw(st.integers(0, len(whole) - 1))
    last = data.draw(st.integers(first + 1, len(whole)))
    kept = spaced(whole).split()
    (piece,) = pieces(words(whole[first:last]))
    *inner, end = piece.words
    assert set(inner) <= set(kept)
    assert any(word.startswith(end) for word in kept)


@pytest.mark.parametrize("word", ["א็", "מါ", "жា", "مົب"])
def test_a_mark_behind_a_letter_of_another_writing_makes_no_run(word):
    assert spaced(word) == words(word)
    assert list(pieces(words(word))) == [Piece((words(word),))]


# -- letters


@pytest.mark.parametrize("one", APOSTROPHES)
def test_every_apostrophe_is_the_same_between_letters(one):
    assert words(f"O{one}Neill") == words("O'Neill")


@pytest.mark.parametrize("one", FRACTIONS)
def test_a_fraction_is_not_pulled_into_the_number_before_it(one):
    assert fold(f"7{one}").split()[0] == "7"


@pytest.mark.parametrize(("letter", "plain"), [(one, other) for one, other in SAME.items() if one.isalpha()])
def test_letters_that_mean_the_same_are_one(letter, plain):
    assert fold(letter) == fold(plain) == plain


@pytest.mark.parametrize("number", ["٣٤٥", "३४५", "๓๔๕", "３４５", "௩௪௫", "𝟛𝟜𝟝"])
def test_digits_of_any_writing_are_the_digits_of_a_number(number):
    assert words(number) == "345"


@pytest.mark.parametrize(
    ("letter", "plain"), [("ø", "o"), ("ł", "l"), ("đ", "d"), ("ħ", "h"), ("ɓ", "b"), ("Ⱥ", "a"), ("ж", "ж")]
)
def test_a_stroke_or_hook_makes_no_other_letter_of_a_latin_one(letter, plain):
    assert fold(letter) == plain


def test_a_letter_that_was_met_once_is_known():
    assert PLAIN[ord("ø")] == PLAIN[ord("ø")] == "o"
    assert ord("ø") in PLAIN


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C++", "cplusplus"),
        ("C#", "csharp"),
        ("C♯", "csharp"),
        (".NET", "dotnet"),
        ("learn F# now", "learn fsharp now"),
    ],
)
def test_names_that_are_nothing_without_their_signs_are_words(one, other):
    assert words(one) == other


@pytest.mark.parametrize(
    ("text", "bare"), [("abc++", "abc"), ("xc#", "xc"), (".network", "network"), ("ASP.NET", "asp net"), ("a+b", "a b")]
)
def test_signs_that_are_no_part_of_such_a_name_are_none(text, bare):
    assert words(text) == bare
