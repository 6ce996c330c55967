"""Which language a passage is in, and what is assumed where it does not tell."""

from __future__ import annotations

import pytest

from rag.ingest.passages.language import Detector, detect

SENTENCES = {
    "en": "The river carried the grain to the mill and the flour to the town below, where the baker waited.",
    "de": "Der Fluss trug das Getreide zur Mühle und das Mehl in die Stadt hinunter, wo der Bäcker wartete.",
    "fr": "La rivière portait le grain au moulin et la farine à la ville en contrebas, où attendait le boulanger.",
    "es": "El río llevaba el grano al molino y la harina al pueblo de abajo, donde esperaba el panadero.",
    "it": "Il fiume portava il grano al mulino e la farina alla città di sotto, dove aspettava il fornaio.",
    "pt": "O rio levava o grão ao moinho e a farinha à cidade abaixo, onde o padeiro esperava por ela.",
    "nl": "De rivier bracht het graan naar de molen en het meel naar de stad beneden, waar de bakker wachtte.",
    "sv": "Floden förde säden till kvarnen och mjölet till staden nedanför, där bagaren väntade.",
    "ru": "Река несла зерно на мельницу, а муку в город внизу, где ждал пекарь.",
    "el": "Το ποτάμι μετέφερε το σιτάρι στον μύλο και το αλεύρι στην πόλη, όπου περίμενε ο φούρναρης.",
    "ar": "حمل النهر الحبوب إلى المطحنة والدقيق إلى المدينة في الأسفل حيث كان الخباز ينتظر.",
    "zh": "河水把谷物运到磨坊,把面粉运到下面的城镇,面包师在那里等着。",
    "ja": "川は穀物を製粉所へ、小麦粉を下の町へ運び、そこでパン屋が待っていた。",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_sentence_tells_its_language(code):
    assert detect(SENTENCES[code]) == code


@pytest.mark.parametrize(
    "text",
    ["", "17", "Figure 3", "mstatus | 0x300 | 0x301 | 0x302", "(+ (* n 7) (- 3 4) (/ 9 (* 8 7)))", "x = y² + 3·z − 4"],
)
def test_label_table_or_formula_tells_nothing(text):
    assert detect(text) == ""


def test_what_tells_nothing_is_in_the_language_of_most_before_it():
    detector = Detector("en")
    assert detector.of("0x300 | 0x301") == "en"  # what the book is said to be in
    assert detector.of(SENTENCES["de"]) == "de"
    assert detector.of("0x300 | 0x301") == "de"
    assert detector.of(SENTENCES["fr"]) == "fr"
    assert detector.of(SENTENCES["fr"]) == "fr"
    assert detector.of("Figure 3") == "fr"
    assert Detector().of("Figure 3") == ""
