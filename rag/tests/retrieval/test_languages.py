"""A question is read by the languages of what is asked: words of every writing find their passage."""

from __future__ import annotations

import pytest

from rag.indexes import terms
from rag.models import IndexGeneration
from rag.retrieval.blend import Blend
from rag.retrieval.hits import AskedQuestion
from rag.retrieval.in_documents import search_documents
from rag.tests.texts import answer_from, make_passage, make_text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
PASSAGES = {
    "zh": "猫在屋顶上睡觉，天气很好。",
    "ja": "子どもたちは川で泳いでいる。",
    "ko": "할머니는 부엌에서 빵을 굽는다.",
    "th": "เด็กผู้หญิงอ่านหนังสืออยู่ในห้องสมุด",
    "el": "Η γάτα κοιμάται πάνω στη στέγη του σπιτιού.",
    "ar": "القِطَّةُ تَنَامُ عَلَى السَّطْحِ.",
    "fa": "گربه روی پشت‌بام می‌خوابد.",
    "he": "הֶחָתוּל יָשֵׁן עַל הַגַּג.",
    "ru": "Кошки спят на крышах домов.",
    "de": "Die Häuser stehen am Fluss. The bread.",
    "en": "The houses stand beside a river.",
}


@pytest.fixture
def book() -> IndexGeneration:
    """One that is written in all of them."""
    document = make_text([])
    generation = answer_from(document, [])
    for ordinal, (language, text) in enumerate(PASSAGES.items()):
        make_passage(generation, ordinal, text, language=language)
    terms.count_terms(generation)
    return generation


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("屋顶上的猫", "zh"),
        ("川で泳ぐ子ども", "ja"),
        ("부엌 빵", "ko"),
        ("ห้องสมุด", "th"),
        ("ΓΑΤΑ ΣΤΕΓΗ", "el"),
        ("Πού κοιμάται η γάτα και γιατί είναι εκεί;", "el"),
        ("القطة والسطح", "ar"),
        ("أين تنام القطة في هذا البيت، وما هو السبب؟", "ar"),  # whose function words PostgreSQL does not know
        ("گربه پشت بام", "fa"),
        ("گربۀ پشت‌بام", "fa"),
        ("החתול על הגג", "he"),
        ("кошка на крыше", "ru"),
        ("ein Haus am Fluß", "de"),
        ("What is the house of the river?", "en"),
        ("Which houses are by rivers?", "en"),
    ],
)
def test_words_of_each_writing_find_their_passage_however_they_are_written(book, question, language):
    hits = search_documents([book], AskedQuestion(question, None), 5, blend=Blend(arms="bm25"))
    assert [hit.passage.language for hit in hits][:1] == [language]


def test_stop_words_of_the_question_bring_in_no_passage_of_another_language(book):
    hits = search_documents([book], AskedQuestion("Why is the house there?", None), 5, blend=Blend(arms="bm25"))
    assert [hit.passage.language for hit in hits] == ["en"]
    asked = terms.of_generations([book], "Why is the house there?")
    assert not {"the", "is", "why", "there"} & set(asked.having)
