"""What a question asks for, told by how it is put."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.choosing.asked_for import asked_for

KNOWN = [
    ("en", "What is a lysosome?", "definition", "lysosome"),
    ("en", "What does 'copy' mean?", "definition", "copy"),
    ("en", "Who was Henrietta Lacks?", "definition", "Henrietta Lacks"),
    ("en", "Who discovered ATP, and in what year?", "person", "discovered ATP, and in what year"),
    ("en", "And who may join?", "person", "may join"),
    ("en", "Where is the North Branch?", "place", "is the North Branch"),
    ("en", "When did Golgi find it?", "date", "Golgi find it"),
    ("en", "At what time do reminders go out?", "time", "do reminders go out"),
    ("en", "When is the library open?", "time", "is the library open"),
    ("en", "How many genes has it?", "quantity", "genes has it"),
    ("en", "How wide is mcause?", "quantity", "is mcause"),
    ("en", "What does printing cost?", "quantity", "printing cost"),
    ("en", "Why are cells small?", "cause", "are cells small"),
    ("en", "How do I join?", "steps", "I join"),
    ("en", "What is the difference between a book and a copy?", "difference", "a book and a copy"),
    ("en", "How do mitosis and meiosis differ?", "difference", "mitosis and meiosis"),
    ("en", "Is a virus alive?", "yes_no", "a virus alive"),
    ("en", "What are the four stages of mitosis?", "list", "four stages of mitosis"),
    ("en", "What is chapter 3 about?", "chapter", "chapter 3"),
    ("en", "Summarise chapter 3", "chapter", "chapter 3"),
    ("en", "Which letters cannot be switched off?", "unknown", "letters cannot be switched off"),
    ("es", "¿Qué es un acuífero?", "definition", "acuífero"),
    ("es", "¿Quién inventó el inodoro?", "person", "inventó el inodoro"),
    ("es", "¿Dónde está Mawsynram?", "place", "está Mawsynram"),
    ("es", "¿Cuándo publicó su libro?", "date", "publicó su libro"),
    ("es", "¿A qué temperatura debe estar?", "quantity", "temperatura debe estar"),
    ("es", "¿Por qué flota el hielo?", "cause", "flota el hielo"),
    (
        "es",
        "¿Cuál es la diferencia entre el agua dura y el agua blanda?",
        "difference",
        "el agua dura y el agua blanda",
    ),
    ("es", "¿De qué trata el capítulo sobre los ríos?", "chapter", "capítulo sobre los ríos"),
    ("de", "Was ist ein Grundwasserleiter?", "definition", "Grundwasserleiter"),
    ("de", "Wer erfand das Telefon?", "person", "erfand das Telefon"),
    ("de", "Wie viele Gene hat es?", "quantity", "Gene hat es"),
    ("de", "Wann wurde es gebaut?", "date", "wurde es gebaut"),
    ("de", "Warum schwimmt Eis?", "cause", "schwimmt Eis"),
    ("de", "Wodurch unterscheiden sich Mitose und Meiose?", "difference", "Mitose und Meiose"),
    ("fr", "Qu’est-ce qu’une cellule ?", "definition", "cellule"),
    ("fr", "Qui a découvert l’ATP ?", "person", "a découvert l’ATP"),
    ("fr", "Combien de gènes a-t-elle ?", "quantity", "gènes a-t-elle"),
    ("ru", "Что такое клетка?", "definition", "клетка"),
    ("ru", "Кто открыл АТФ?", "person", "открыл АТФ"),
    ("ru", "Сколько живёт эритроцит?", "quantity", "живёт эритроцит"),
    ("ru", "Чем митоз отличается от мейоза?", "difference", "митоз отличается от мейоза"),
    ("ar", "ما المزولة؟", "definition", "المزولة"),
    ("ar", "كَم آلة وصف الجزري؟", "quantity", "آلة وصف الجزري"),
    ("ar", "من صنع الساعة؟", "person", "صنع الساعة"),
    ("ar", "أين وُجدت المزولة؟", "place", "وجدت المزولة"),
    ("ar", "لماذا نقسم الساعة؟", "cause", "نقسم الساعة"),
    ("ar", "ما الفرق بين اليوم والشهر؟", "difference", "اليوم والشهر"),
]


@pytest.mark.parametrize(("language", "question", "kind", "about"), KNOWN)
def test_its_opening_tells_what_it_asks_for_and_the_rest_about_what(language, question, kind, about):
    asked = asked_for(question, language)
    assert (asked.kind, asked.about) == (kind, about)


@pytest.mark.parametrize(("language", "question", "kind", "about"), KNOWN)
def test_it_is_known_in_any_book_of_another_language(language, question, kind, about):
    if kind not in ("unknown", "yes_no"):
        other = "es" if language == "en" else "en"
        assert asked_for(question, other).kind == kind


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("What is the difference between a book and the copy?", ("book", "copy")),
        ("¿En qué se diferencian el agua dura y la blanda?", ("agua dura", "blanda")),
        ("Was ist der Unterschied zwischen der Mitose und der Meiose?", ("Mitose", "Meiose")),
        ("Compare mitosis with meiosis", ("mitosis", "meiosis")),
    ],
)
def test_a_difference_has_two_sides(question, sides):
    assert asked_for(question).sides == sides


@pytest.mark.parametrize(
    ("question", "demands"),
    [
        ("Who invented it?", True),
        ("Who may join?", False),
        ("When was it built?", True),
        ("When is it open?", False),
        ("How many are there?", True),
        ("Why is it so?", False),
        ("Tell me about cells", False),
    ],
)
def test_only_where_no_other_answer_can_be_its_kind_is_demanded(question, demands):
    assert asked_for(question).demands is demands


@pytest.mark.parametrize("question", ["", "?!", "zellen", "細胞とは何ですか", "ATP"])
def test_what_no_rule_knows_asks_for_anything(question):
    asked = asked_for(question, "ja")
    assert (asked.kind, asked.demands, asked.sides) == ("unknown", False, ())


@given(st.text(max_size=80))
def test_any_text_is_a_question_about_something_in_it(text):
    asked = asked_for(text)
    assert asked.about in "".join(" ".join(text.split())) or asked.about.strip() == asked.about
