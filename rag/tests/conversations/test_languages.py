"""What leans and what stands alone, in each language that the rules know."""

from __future__ import annotations

import pytest

from rag.conversations.rewriting.rules import PastQuestion, leans, standing_alone

LEANING = {
    "en": [
        "And in winter?",
        "But why?",
        "So what does it mean?",
        "Also in the north?",
        "What about its young?",
        "How about smaller ones?",
        "Who wrote it?",
        "When did he die?",
        "Where was she born?",
        "How old are they?",
        "Which of them is first?",
        "What else?",
        "Tell me more",
        "Go on",
        "Why not?",
        "Is that true?",
        "What happens then?",
        "Can you explain this?",
    ],
    "de": [
        "Und im Winter?",
        "Aber warum?",
        "Was ist mit Kindern?",
        "Wie ist es mit kleinen?",
        "Wann starb er?",
        "Wie alt sind sie?",
        "Was bedeutet das für ihn?",
        "Wozu dient dieser?",
        "Wieso nicht?",
        "Was noch?",
        "Mehr",
    ],
    "es": [
        "¿Y en invierno?",
        "¿Pero por qué?",
        "¿Qué hay de los niños?",
        "¿Qué más?",
        "¿Cuándo murió él?",
        "¿Qué significa eso?",
        "¿Quién lo escribió?",
        "¿Dónde viven ellos?",
        "¿Y cuál es la más grande?",
    ],
    "fr": [
        "Et en hiver ?",
        "Mais pourquoi ?",
        "Et puis ?",
        "Quand est-il mort ?",
        "Que mange-t-elle ?",
        "Où vivent-ils ?",
        "Que signifie cela ?",
        "Qu'en est-il des enfants ?",
        "Pourquoi pas ?",
    ],
    "it": [
        "E in inverno?",
        "Ma perché?",
        "E poi?",
        "Che cosa significa questo?",
        "Quando è morto lui?",
        "Dove vivono loro?",
    ],
    "pt": [
        "E no inverno?",
        "Mas por quê?",
        "O que significa isso?",
        "Quando ele morreu?",
        "Onde eles vivem?",
        "E quanto a elas?",
    ],
    "nl": [
        "En in de winter?",
        "Maar waarom?",
        "Wat betekent dat?",
        "Wanneer stierf hij?",
        "Waar wonen hun kinderen?",
        "Hoe zit het met kinderen?",
    ],
    "pl": [
        "A w zimie?",
        "Ale dlaczego?",
        "Co z dziećmi?",
        "Kiedy on umarł?",
        "Gdzie oni mieszkają?",
        "Co to jest?",
    ],
    "ru": [
        "А зимой?",
        "Но почему?",
        "И когда?",
        "Когда он умер?",
        "Где они живут?",
        "Что это?",
        "Кто его написал?",
    ],
    "tr": [
        "Peki kışın?",
        "Ama neden?",
        "Ve ne zaman?",
        "Onu kim yazdı?",
        "Bu ne?",
    ],
    "ar": [
        "وفي الشتاء؟",
        "ولماذا؟",
        "ماذا عن الأطفال؟",
        "متى مات هو؟",
        "أين تعيش هذه؟",
        "ما هذا؟",
        "لكن لماذا؟",
    ],
    "fa": [
        "و در زمستان؟",
        "اما چرا؟",
        "این چیست؟",
        "آنها کجا هستند؟",
        "او کیست؟",
    ],
    "he": [
        "ומה בחורף?",
        "אבל למה?",
        "מה זה?",
        "מי הוא?",
        "איפה הם?",
    ],
}
STANDING = {
    "en": [
        "What is a mitochondrion?",
        "Who discovered penicillin in London?",
        "When was the steam engine improved by Watt?",
        "Where do blue whales breed in winter?",
        "How does yeast make dough rise?",
        "Why is the sky blue at noon?",
        "What are the three laws of motion?",
        "How many bones does a human have?",
        "Which planet has the most moons?",
        "Explain the difference between mitosis and meiosis",
        "Define photosynthesis in plants",
        "List the organs of the digestive system",
        "Does the book mention Darwin and Wallace?",
        "Is bread made of flour?",
    ],
    "de": [
        "Was ist ein Mitochondrium?",
        "Wer entdeckte das Penicillin?",
        "Wann wurde die Dampfmaschine verbessert?",
        "Wo leben Blauwale im Winter?",
        "Wie entsteht Regen über dem Meer?",
        "Warum ist der Himmel blau?",
        "Welche Planeten haben Ringe?",
        "Erkläre die Photosynthese der Pflanzen",
        "Die Entstehung der Alpen?",
    ],
    "es": [
        "¿Qué es una mitocondria?",
        "¿Quién descubrió la penicilina?",
        "¿Cuándo se mejoró la máquina de vapor?",
        "¿Dónde viven las ballenas azules?",
        "¿Cómo se forma la lluvia en el mar?",
        "¿Por qué el cielo es azul?",
    ],
    "fr": [
        "Qu'est-ce qu'une mitochondrie ?",
        "Qui a découvert la pénicilline ?",
        "Quand la machine à vapeur fut améliorée ?",
        "Où vivent les baleines bleues ?",
        "Comment se forme la pluie ?",
        "Pourquoi le ciel est bleu ?",
    ],
    "it": [
        "Che cosa è un mitocondrio?",
        "Chi ha scoperto la penicillina?",
        "Dove vivono le balene azzurre?",
        "Come si forma la pioggia?",
        "Perché il cielo è blu?",
    ],
    "pt": [
        "O que é uma mitocôndria?",
        "Quem descobriu a penicilina?",
        "Onde vivem as baleias azuis?",
        "Como se forma a chuva?",
        "Por que o céu é azul?",
    ],
    "nl": [
        "Wat is een mitochondrium?",
        "Wie heeft de penicilline ontdekt?",
        "Waar wonen blauwe vinvissen?",
        "Hoe ontstaat regen boven zee?",
    ],
    "pl": [
        "Co to jest mitochondrium komórki?",
        "Co jest pierwszym prawem dynamiki?",
        "Kto odkrył penicylinę?",
        "Gdzie żyją płetwale błękitne?",
        "Jak powstaje deszcz?",
    ],
    "ru": [
        "Что такое митохондрия клетки?",
        "Кто открыл пенициллин?",
        "Где живут синие киты?",
        "Как образуется дождь?",
    ],
    "tr": [
        "Mitokondri ne demek?",
        "Penisilini kim keşfetti?",
        "Mavi balinalar nerede yaşar?",
        "Yağmur nasıl oluşur?",
    ],
    "ar": [
        "ما هي الميتوكوندريا؟",
        "من اكتشف البنسلين؟",
        "أين تعيش الحيتان الزرقاء؟",
        "كيف يتكون المطر؟",
        "لماذا السماء زرقاء؟",
    ],
    "fa": [
        "میتوکندری چیست؟",
        "چه کسی پنی\u200cسیلین را کشف کرد؟",
        "نهنگ\u200cهای آبی کجا زندگی می\u200cکنند؟",
        "باران چگونه تشکیل می\u200cشود؟",
    ],
    "he": [
        "מה זה מיטוכונדריה בתא?",
        "מהי מיטוכונדריה?",
        "מי גילה את הפניצילין?",
        "איפה חיים לווייתנים כחולים?",
        "איך נוצר גשם?",
    ],
}
BEFORE = [PastQuestion("Qwertz uiopas?", "Qwertz uiopas?", "Asdfgh jklyxc.")]


@pytest.mark.parametrize("language", LEANING)
def test_what_leans_brings_its_topic_along(language):
    for question in LEANING[language]:
        assert leans(question), question
        assert standing_alone(question, BEFORE) == f"{question} (qwertz uiopas asdfgh jklyxc)"


@pytest.mark.parametrize("language", STANDING)
def test_what_stands_alone_is_left_as_it_is(language):
    for question in STANDING[language]:
        assert not leans(question), question
        assert standing_alone(question, BEFORE) == question


def test_both_are_known_of_the_same_languages():
    assert LEANING.keys() == STANDING.keys()
