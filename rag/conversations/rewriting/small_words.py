"""The words by which a question leans on what was said before it, and those that say nothing alone, by language.

In small letters, with their accents: *él* leans, *el* says nothing. The openers are patterns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_OPENERS = {
    "en": r"and|but|so|also|then|or|what about|how about|what else|why not|how so|tell me more|more|go on|which one",
    "de": r"und|aber|oder|also|dann|auch|was ist mit|wie ist es mit|was noch|wieso nicht|warum nicht|mehr|weiter",
    "es": r"y|e|pero|o|entonces|también|qué hay de|qué pasa con|qué más|por qué no|más",
    "fr": r"et|mais|ou|alors|aussi|qu['’]en est-il|et puis|quoi d['’]autre|pourquoi pas|encore",
    "it": r"e|ed|ma|o|allora|anche|che dire di|cos['’]altro|perché no",
    "pt": r"e|mas|ou|então|também|e quanto a|o que mais|por que não",
    "nl": r"en|maar|of|dus|dan|ook|hoe zit het met|wat nog meer|waarom niet",
    "pl": r"i|a|ale|albo|więc|także|co z|co jeszcze|dlaczego nie",
    "ru": r"и|а|но|или|тогда|также|а что|что насчёт|почему нет|ещё",
    "tr": r"ve|peki|ama|ya|başka",
    "ar": r"وفي|و|وماذا|ومتى|وأين|وكيف|ولماذا|وما|ومن|وهل|ماذا عن|لكن|أو|ثم",
    "fa": r"و|اما|ولی|یا|پس|چه طور|درباره",
    "he": r"ולמה|ומה|ומי|ואיפה|ואיך|ומתי|ו|אבל|או|אז|גם|מה עם",
}
# What names nothing in its own question.
_PRONOUNS = {
    "en": "it its itself this that these those they them their theirs he him his she her hers there such one "
    "ones former",
    "de": "er ihn ihm sie ihr ihnen ihre ihren ihrer sein seine seinen seiner dies diese dieser dieses diesem "
    "diesen davon dazu damit daran dafür darin darauf dort jener jene jenes deren dessen solche",
    "es": "él ella ello ellos ellas lo eso esa ese esos esas esto esta este estos estas aquello le les su sus allí",
    "fr": "il elle ils elles ça cela ceci celui celle ceux celles lui leur leurs y en ces cette cet son sa ses",
    "it": "egli ella esso essa essi esse ciò questo questa questi queste quello quella quelli lui lei loro ne suo sua",
    "pt": "ele ela eles elas isso isto aquilo esse essa esses essas este esta dele dela deles seu sua lhe",
    "nl": "hij hem zij haar hun hen dit dat deze die zijn ervan daarvan daarmee daar",
    "pl": "on ona ono oni one go jego jej ich im to ten ta te tego tej tym tam",
    "ru": "он она оно они его её ее их им ему ей это этот эта эти этого этой том там такой",
    "tr": "o onu onun onlar onların bu bunu bunun şu orada",
    "ar": "هو هي هم هن هذا هذه ذلك تلك هؤلاء أولئك منه منها فيه فيها له لها عنه عنها به بها هناك",
    "fa": "او آن این آنها این‌ها آن‌ها ایشان همان آنجا",
    "he": "הוא היא הם הן זה זאת זו אלה אלו שלו שלה שלהם שם",
}
# Words of questions and of grammar.
_STOPWORDS = {
    "en": "a an the is are was were be been am do does did has have had can could may might must will would "
    "shall should of in on at to for from by with about as into than and or but not no what which who "
    "whom whose when where why how many much there any some more most other else please tell me say says "
    "said mean means explain describe book you your i my we our also then so if happens happen happened",
    "de": "der die das den dem des ein eine einen einem einer ist sind war waren wird werden wurde hat haben "
    "hatte kann können soll muss von in im an am zu zum zur für aus mit über als und oder aber nicht was "
    "welche welcher welches wer wen wem wessen wann wo warum wieso weshalb wie viel viele bitte erkläre "
    "sagt bedeutet buch ich wir man es auch noch",
    "es": "el la los las un una unos unas es son era eran fue ser hay ha han de del en a al por para con sobre "
    "como y o pero no qué que cuál cuáles quién quiénes cuándo dónde por cómo cuánto cuántos cuánta se "
    "dice significa libro más",
    "fr": "le la les un une des est sont était étaient a ont de du d l en à au aux par pour avec sur comme et "
    "ou mais ne pas que quoi quel quelle quels quelles qui quand où pourquoi comment combien qu est ce c "
    "se dit livre plus",
    "it": "il lo la i gli le un uno una è sono era ha hanno di del della dei in a al da per con su come e o ma "
    "non che cosa quale quali chi quando dove perché quanto quanti si libro più",
    "pt": "o a os as um uma é são era foi há de do da dos das em no na por para com sobre como e ou mas não que "
    "qual quais quem quando onde porquê quanto quantos se livro mais",
    "nl": "de het een is zijn was waren heeft hebben kan van in op aan te voor met over als en of maar niet wat "
    "welke wie wanneer waar waarom hoe veel boek meer",
    "pl": "jest są był była było w na z do od dla o i lub ale nie co jaki jaka jakie który która kto kiedy "
    "gdzie dlaczego jak ile książka",
    "ru": "в на с к от для о об и или но не что какой какая какие который кто когда где почему как сколько был "
    "была было были есть ли книга",
    "tr": "bir demek ve veya ama değil ne hangi kim zaman nerede neden niçin nasıl kaç mi mı mu mü ile için kitap",
    "ar": "ما ماذا من متى أين كيف لماذا هل كم أي في على إلى عن مع و أو لا كان كانت يكون الكتاب التي الذي",
    "fa": "چه چیست کیست که کی کجا چرا چگونه چند آیا در از به با و یا نه است بود شد کتاب را",
    "he": "מה מי מתי איפה איך למה האם כמה של על את עם או לא היה הספר",
}


@dataclass(frozen=True)
class FollowWords:
    """Of one language. ``opens`` matches the beginning of a question that leans."""

    opens: re.Pattern[str]
    pronouns: frozenset[str]
    stopwords: frozenset[str]

    def count(self, question: str, found: Sequence[str]) -> int:
        """How much of a question, whose words are ``found``, is of this language."""
        known = sum(word in self.stopwords or word in self.pronouns for word in found)
        return known + (self.opens.match(question) is not None)


def _of(code: str) -> FollowWords:
    openers = "|".join(sorted(_OPENERS[code].split("|"), key=len, reverse=True))
    opens = re.compile(rf"(?:{openers})(?!\w)", re.IGNORECASE)
    return FollowWords(opens, frozenset(_PRONOUNS[code].split()), frozenset(_STOPWORDS[code].split()))


LANGUAGES = tuple(_of(code) for code in _OPENERS)


def languages_of(question: str, found: Sequence[str]) -> list[FollowWords]:
    """The language of a question by its small words; several where it cannot be told, none where it has none."""
    counted = [(one.count(question, found), one) for one in LANGUAGES]
    most = max(count for count, _language in counted)
    return [one for count, one in counted if most and count == most]
