"""A question that leans on earlier ones is searched for with their topic; one that stands alone as it was typed."""

from __future__ import annotations

import pytest

from rag.conversations.rewriting.rules import PastQuestion, leans, standing_alone, topic

WHALE = PastQuestion(
    "What is the largest animal?",
    "What is the largest animal?",
    "The blue whale is the largest animal that ever lived.",
)


@pytest.mark.parametrize(
    "question",
    [
        "And how does it sleep?",
        "What does it eat?",
        "Why?",
        "how so?",
        "What about dolphins?",
        "more",
        "Where do they live?",
        "Und was frisst er?",
        "Was ist mit Delfinen?",
        "Warum?",
        "Wo lebt er?",
        "¿Y por qué?",
        "¿Dónde vive ella?",
        "Et pourquoi ?",
        "Qu’en est-il des dauphins ?",
        "Pourquoi ?",
        "Где он живёт?",
        "А почему?",
        "E perché?",
        "وماذا يأكل؟",
        "لماذا؟",
        "أين يعيش هذا؟",
        "چرا؟",
        "为什么？",
        "它吃什么东西来生活呢？",
    ],
)
def test_what_leans_is_known(question):
    assert leans(question)


@pytest.mark.parametrize(
    "question",
    [
        "Why does bread rise?",
        "What is chlorophyll?",
        "Who improved the steam engine?",
        "How wide is mcause?",
        "Warum geht Brot auf?",
        "Wer verbesserte die Dampfmaschine?",
        "¿Por qué sube el pan?",
        "Pourquoi le pain lève-t-il sous la chaleur ?",
        "Кто улучшил паровую машину?",
        "لماذا يرتفع الخبز في الفرن؟",
        "面包为什么会在烤箱里膨胀？",
        "Andes: how high are the peaks?",
        "Ethanol boils when?",
    ],
)
def test_what_stands_alone_is_searched_for_as_it_was_typed(question):
    assert standing_alone(question, [WHALE]) == question


def test_topic_is_what_was_asked_and_what_the_answer_was_about():
    assert standing_alone("And what does it eat?", [WHALE]) == "And what does it eat? (largest animal blue whale)"
    assert standing_alone("Why?", [PastQuestion("Why does bread rise?", "Why does bread rise?")]) == "Why? (bread rise)"


def test_first_question_has_nothing_to_lean_on():
    assert standing_alone("Why is it so?", []) == "Why is it so?"


def test_another_topic_leaves_the_last_one_behind():
    past = [WHALE, PastQuestion("Why does bread rise?", "Why does bread rise?", "Yeast makes a gas in the dough.")]
    found = standing_alone("How long does it take?", past)
    assert "bread rise" in found
    assert "whale" not in found
    assert "animal" not in found


def test_a_chain_of_short_questions_keeps_one_topic_and_does_not_grow():
    past = [WHALE]
    for question in ("What does it eat?", "Why?", "And how does it sleep?", "Where?"):
        searched = standing_alone(question, past)
        assert "animal" in searched
        assert len(searched.split("(")[1].split()) <= 8
        assert searched.count("(") == 1
        past.append(PastQuestion(question, searched, "Krill swarms near the ice."))
    assert len(topic(past)) <= 8


def test_same_question_twice_is_rewritten_alike():
    assert standing_alone("Why?", [WHALE]) == standing_alone("Why?", [WHALE])


def test_a_question_near_the_limit_is_left_as_it_is():
    long = "and " + "x" * 990
    assert standing_alone(long, [WHALE]) == long


@pytest.mark.parametrize(
    ("question", "is_leaning"),
    [
        ("E por quê?", True),
        ("Onde ela vive?", True),
        ("Por que o pão cresce no forno?", False),
        ("En waarom?", True),
        ("Waar woont hij?", True),
        ("Waarom rijst brood in de oven?", False),
        ("A dlaczego?", True),
        ("Gdzie on mieszka?", True),
        ("Dlaczego chleb rośnie w piecu?", False),
        ("Peki neden?", True),
        ("Ekmek fırında neden kabarır?", False),
        ("ולמה?", True),
        ("איפה הוא חי?", True),
        ("למה הלחם תופח בתנור?", False),
        ("و آن کجا زندگی می‌کند؟", True),
        ("نان در تنور چرا پف می‌کند؟", False),
        ("それはどこに住んでいますか", True),
        ("パンはなぜオーブンで膨らむのですか", False),
    ],
)
def test_rules_hold_in_other_languages(question, is_leaning):
    assert leans(question) == is_leaning


@pytest.mark.parametrize("question", ["Die hard: who wrote the book?", "La Niña causes what?"])
def test_small_words_of_one_language_are_no_pronouns_of_another(question):
    assert not leans(question)


def test_language_is_told_by_small_words():
    from rag.conversations.rewriting.small_words import LANGUAGES, languages_of

    assert languages_of("Wo lebt er?", ["wo", "lebt", "er"]) == [LANGUAGES[1]]
    assert languages_of("xyzzy", ["xyzzy"]) == []
    assert len({one.stopwords for one in LANGUAGES}) == len(LANGUAGES) == 13
