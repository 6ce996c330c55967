"""One folding for what is stored and for what is asked."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.search.fold import fold, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Ænima  und\tSTRAẞE ", "aenima und strasse"),
        ("Øresund, Łódź", "oresund, lodz"),
        ("𝘈 Ｗｉｄｅ ﬁeld", "a wide field"),
        ("L’Étranger", "l'etranger"),
    ],
)
def test_what_people_type_differently_is_folded_alike(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        # A mark belongs to the letter before it.
        ("हिन्दी साहित्य", "हिन्दी साहित्य"),
        ("ประวัติ", "ประวัติ"),
        ("សៀវភៅ", "សៀវភៅ"),
        ("မြန်မာ", "မြန်မာ"),
        ("கல்கி", "கல்கி"),
        ("গীতাঞ্জলি", "গীতাঞ্জলি"),
        ("ދިވެހި", "ދިވެހި"),
        ("か\u3099 ｶﾞ か゛", "が ガ が"),
        ("\u1112\u1161\u11ab국 한국", "한국 한국"),
        ("น้ำ นํ้า ນ້ຳ", "น้ำ น้ำ ນ້ຳ"),
        ("വിജയന്\u200d വിജയൻ", "വിജയൻ വിജയൻ"),
        ("क्\u200dष क्\u200cष", "क्ष क्ष"),
        ("क़ क\u093c", "क़ क़"),
        # Accents and points go, letters stay.
        ("Мой мои за́мок Ёлка Їжак Ѓорѓи ўзбек ӣ ѝ", "мой мои замок елка їжак ѓорѓи ўзбек ӣ и"),
        ("Ἰλιάς τῷ ΐ Άσμα", "ιλιασ τω ι ασμα"),
        ("Số đỏ Ấn ơ ư", "so do an o u"),
        ("ɓata ƙasa Ħal ŋ", "bata kasa hal n"),
        ("İstanbul ISPARTA ısparta", "istanbul isparta isparta"),
        ("Straße STRAẞE ŒUVRE Þór", "strasse strasse oeuvre thor"),
        ("בְּרֵאשִׁית", "בראשית"),
        ("ײַ ייִ װאָרט ױ", "יי יי ווארט וי"),
        ("כִּתָּה \ufb2a", "כתה ש"),
        # Forms of one letter.
        ("كِتَابٌ الشمـــال", "كتاب الشمال"),
        ("أحمد إبراهيم آدم ٱلله مؤمن رئيس", "احمد ابراهيم ادم الله مومن رييس"),
        ("مكتبة مكتبه مصطفى مصطفي", "مكتبه مكتبه مصطفي مصطفي"),
        ("کتاب کورى ګ", "كتاب كوري ګ"),
        ("خانهٔ خانۀ ہم", "خانه خانه هم"),
        ("کتاب\u200cها", "كتاب ها"),
        ("ﻻ ﷲ", "لا الله"),
        ("١٩٨٤ ۱۹۸۴ १९८४ ১৯৮৪ ๑๙๘๔ １９８４", "1984 1984 1984 1984 1984 1984"),
        # Signs.
        ("Oʼneill O’Neill O`Neill O´Neill O＇Neill", "o neill o neill o neill o neill o neill"),
        ("Hawaiʻi ʿAyn Хлібʼята ג׳ירף צה״ל", "hawai i ayn хліб ята ג ירף צה ל"),
        ("LEGO™ Star® 7½ ¾", "lego star 7 1 2 3 4"),
        ("co\u00adoperate zero\u200bwidth \ufeffbom", "cooperate zerowidth bom"),
        ("C++ c# F♯ .NET, (C#) C++17", "cplusplus csharp fsharp dotnet csharp cplusplus 17"),
        ("asp.net abc# C . net I++", "asp net abc c net i"),
        ("1\ufe0f\u20e3 ★", "1"),
        ("!!!", ""),
    ],
)
def test_bare_words_are_letters_with_their_marks(text, bare):
    assert words(text) == bare


@pytest.mark.parametrize(
    ("one", "other"), [("мой", "мои"), ("が", "か"), ("हिन्दी", "हनद"), ("їжак", "іжак"), ("กา", "กิ")]
)
def test_letters_that_differ_by_more_than_an_accent_are_others(one, other):
    assert fold(one) != fold(other)


def test_what_is_folded_stays_as_it_is_whatever_the_letter():
    plain = ("CJK UNIFIED", "HANGUL SYLLABLE", "TANGUT", "EGYPTIAN", "CUNEIFORM", "ANATOLIAN", "BAMUM", "YI SYLLABLE")
    named = ((chr(code), unicodedata.name(chr(code), "")) for code in range(sys.maxunicode + 1))
    letters = [letter for letter, name in named if name and not name.startswith((*plain, "NUSHU", "KHITAN"))]
    unstable = [letter for letter in letters if fold(fold(f"a{letter}b")) != fold(f"a{letter}b")]
    assert len(letters) > 20_000
    assert unstable == []


@given(st.text(max_size=40))
def test_bare_words_of_bare_words_are_the_same(text):
    assert words(words(text)) == words(text)
    assert fold(fold(text)) == fold(text)
