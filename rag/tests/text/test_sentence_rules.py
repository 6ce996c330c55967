"""Which sentences can be quoted, which run on, and where a text is parted, in many languages."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.text.sentences import fold_space, has_verb, is_contents_line, is_quotable, leans, runs_on, split


def parts(text: str, language: str = "en") -> list[str]:
    return [span.of(text) for span in split(text, language)]


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("雨が降った。誰も来なかった。", "ja", ["雨が降った。", "誰も来なかった。"]),
        ("下雨了。没有人来。", "zh", ["下雨了。", "没有人来。"]),
        ("هطل المطر. لم يأت أحد.", "ar", ["هطل المطر.", "لم يأت أحد."]),
        ("Шёл дождь. Никто не пришёл.", "ru", ["Шёл дождь.", "Никто не пришёл."]),
        ("Es regnete z.B. am 3. Mai. Niemand kam.", "de", ["Es regnete z.B. am 3. Mai.", "Niemand kam."]),
        ("他说：“走吧！”我们走了。", "zh", ["他说：“走吧！”", "我们走了。"]),
        ("بارش ہوئی۔ کوئی نہیں آیا۔", "ur", ["بارش ہوئی۔", "کوئی نہیں آیا۔"]),
    ],
)
def test_sentences_end_as_in_their_language(text, language, found):
    assert parts(text, language) == found


def test_language_that_is_not_known_or_not_told_is_read_all_the_same():
    assert parts("Rain fell. Nobody came.", "") == ["Rain fell.", "Nobody came."]
    assert parts("Rain fell. Nobody came.", "tlh") == ["Rain fell.", "Nobody came."]


def letters(text: str) -> str:
    """Without white space, and without digits: one behind the end of a sentence may be the mark of a note."""
    return "".join(text.split()).replace("1", "")


@given(st.text(alphabet="aB. !?\n。’)(1", max_size=120))
@example("BB?1 B")
def test_whatever_the_text_its_sentences_stand_in_order_and_leave_nothing_but_space_and_marks_of_notes(text):
    spans = split(text)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(span.of(text) == span.of(text).strip() != "" for span in spans)
    assert "".join(letters(span.of(text)) for span in spans) == letters(text)


class PanicException(BaseException):
    """As that which libraries written in Rust raise: no ``Exception``."""


def test_text_at_which_the_splitter_fails_is_parted_by_a_plain_rule(monkeypatch):
    def fails(language: str, text: str) -> list[str]:
        raise PanicException

    monkeypatch.setattr("sentencex.segment", fails)
    assert parts("Rain fell. “Who came?” he said\nin the dark.\n\n3.1 The Mill\n\nNobody did") == [
        "Rain fell.",
        "“Who came?”",
        "he said\nin the dark.",
        "3.1 The Mill",
        "Nobody did",
    ]
    assert parts("Was it 3.5 metres?") == ["Was it 3.5 metres?"]
    assert parts("Nobody. Came. ") == ["Nobody.", "Came."]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, SystemExit, ValueError])
def test_other_faults_of_the_splitter_are_told(monkeypatch, fault):
    def fails(language: str, text: str) -> list[str]:
        raise fault

    monkeypatch.setattr("sentencex.segment", fails)
    with pytest.raises(fault):
        split(f"A text that no other test has for {fault.__name__}.")


@pytest.mark.parametrize("end", [".", "!", "?", ":", ";", "…", "。", "！", "？", ".”", '."', ".)", ".12", ".]"])
def test_what_ends_with_a_stop_does_not_run_on(end):
    assert not runs_on(f"The miller was in his mill all day{end}", "and slept.")


@pytest.mark.parametrize(
    ("before", "after", "goes_on"),
    [
        ("The miller was in his mill", "and slept.", True),
        ("A label", "and slept.", True),
        ("The miller was in his mill by", "Watt Bridge.", True),  # long, with a verb: a name follows
        ("The miller was by", "Watt Bridge.", False),  # short: a label
        ("The mill beside the river of the town", "Watt Bridge.", False),  # without a verb: a title
        ("The miller was in his mill by", "7 Watt Street.", True),
        ("The miller was in his mill by", "“Watt Bridge”.", False),
        ("The miller was in his mill by", "", False),
    ],
)
def test_sentence_runs_into_the_next_page_where_it_must(before, after, goes_on):
    assert runs_on(before, after) is goes_on


@pytest.mark.parametrize("words", [4, 5, 80, 81])
def test_only_sentences_of_five_to_eighty_words_are_quoted(words):
    text = " ".join(["The", "miller", "is", *["very"] * (words - 4), "old."])
    assert is_quotable(text) is (words in (5, 80))


@pytest.mark.parametrize(
    ("text", "can_be"),
    [
        ("The old miller sleeps all day.", False),  # six words without one of the commonest verbs: a label
        ("The old miller is asleep today.", True),
        ("The old miller sleeps all day long.", True),
        ("“The old miller sleeps all day long.”", True),
        ("The old miller sleeps all day long [12]", False),
        ("The old miller sleeps all day long. [12]", True),
        ("The old miller sleeps all day long.12", True),
        ("The old miller sleeps all day long,", False),
        ("The old miller sleeps all day long!", True),
        ("The old miller sleeps all day long…", True),
        ("— the old miller sleeps all day long.", False),
        ("* The old miller is asleep in his mill.", False),
        ("12 See the old miller asleep in his mill.", False),
        ("12 Ibid is what the old miller said today.", False),
        ("Table 3 is about the old miller of the town.", False),
        ("Chapter 4 is about the old miller of the town.", False),
        ("The miller is described in vol. 3 of the work.", False),
        ("The miller is described at https://example.org of the town.", False),
        ("The miller is described on pp. 3 of the work.", False),
        ("THE OLD MILLER IS ASLEEP IN HIS MILL.", False),
        ("1 2 3 4 5 the miller is asleep.", False),
        ("The miller a b c d e f is asleep.", False),
        ("The miller says a = b + c is right.", False),
        ("The miller says that the mill->wheel is old.", False),
        ("The miller says a {mill} is old today.", False),
        ("El viejo molinero es un hombre de la villa.", True),
        ("Der alte Müller ist in seiner Mühle eingeschlafen.", True),
        ("Старый мельник весь день спит на своей мельнице.", True),
        ("بوڑھا چکی والا سارا دن اپنی چکی میں سوتا ہے۔", True),
        ("ጃንሆይ በመንግሥቱ ላይ ለረጅም ጊዜ ነገሠ በዚያም ነበር።", True),
        ("The λ and the μ and η of it are λx, say all.", False),
        ("Ο γέρος μυλωνάς κοιμάται όλη μέρα στον μύλο.", True),
        ("信号量由艾兹格·迪科斯彻发明。", True),
        ("彼は「水車小屋は川のそばにある」と言った。", True),
        ("信号量由谁发明？", False),
        ("信号量的历史与发明", False),  # a heading
        ("第二章。", False),
        ("• Oversampling is a technique of surveys.", True),
        ("3. The miller is asleep in his mill.", True),
        ("(b) The miller is asleep in his mill.", True),
        ("The miller is asleep in his mill (see https://example.org/mill).", True),
        ("Prophase Metaphase Anaphase The four stages are drawn for a cell.", False),
        ("John Harington is an Englishman of the court.", True),
    ],
)
def test_statement_can_be_quoted_and_its_neighbours_cannot(text, can_be):
    assert is_quotable(text) is can_be


def test_white_space_says_nothing_about_a_sentence():
    text = "The old miller\n  sleeps all\u00a0day long."
    assert fold_space(text) == "The old miller sleeps all day long."
    assert is_quotable(text)
    assert fold_space(" \n\t") == ""


def test_small_letter_in_quotes_is_a_fragment_too():
    assert not is_quotable("“and the old miller sleeps all day long.”")
    assert is_quotable("“and the old miller sleeps all day long.”", before="Nobody came! ")


def test_only_the_end_of_what_stands_before_decides_about_a_small_letter():
    assert not is_quotable("the old miller sleeps all day long.", before="Nobody came. The mill, where ")


@pytest.mark.parametrize("line", ["Rain . . . . . 7", "Rain .....7", "Rain ····7", "Rain … … 7", "Rain _____ 7"])
def test_leaders_of_every_kind_make_a_line_of_contents(line):
    assert is_contents_line(line)


@pytest.mark.parametrize("line", ["Rain . . . . 7", "Rain ....7", "Rain ··· 7", "Rain … 7", "Rain ____ 7", ""])
def test_fewer_signs_lead_nowhere(line):
    assert not is_contents_line(line)


@pytest.mark.parametrize(
    "text",
    ["This is so.", "IT rained.", "For example, rain.", "Yes, it rained.", "Others came.", "Note that it rained."],
)
def test_words_that_point_back_lean(text):
    assert leans(text)


@pytest.mark.parametrize("text", ["Italy is warm.", "Thisbe loved him.", "Yesterday it rained.", "Oneness is all.", ""])
def test_longer_words_with_the_same_beginning_do_not_lean(text):
    assert not leans(text)


@pytest.mark.parametrize(
    ("text", "has"), [("It means rain", True), ("Isis", False), ("il ÉTAIT là", True), ("", False)]
)
def test_commonest_verbs_are_known_as_whole_words(text, has):
    assert has_verb(text) is has


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "It converges (Novikoff, 1962).13 So while it learns, it moves.",
            ["It converges (Novikoff, 1962).", "So while it learns, it moves."],
        ),
        ("The whale sings.² It dives.", ["The whale sings.", "It dives."]),
        ("He said “Go.”4 And he went.", ["He said “Go.”", "And he went."]),
        ("The end.1 Next comes it. Last.", ["The end.", "Next comes it.", "Last."]),
        ("¹ Creators and directors migrated.", ["Creators and directors migrated."]),
        ("* Creators and directors migrated.", ["Creators and directors migrated."]),
        ("See Fig.13 The whale dives.", ["See Fig.13 The whale dives."]),
        ("It was version 3.13 So it is.", ["It was version 3.13 So it is."]),
        ("10³ m² are enough.", ["10³ m² are enough."]),
    ],
)
def test_mark_of_a_note_glues_no_sentences_and_is_of_none(text, found):
    assert [span.of(text) for span in split(text)] == found
