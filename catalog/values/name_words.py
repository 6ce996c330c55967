"""The words that tell what a part of a name is. Data for ``catalog.values.personal_names``; patterns are matched
whole unless said.
"""

from __future__ import annotations

import re

SUFFIXES = {"jr", "jr.", "sr", "sr.", "ii", "iii", "iv", "v", "vi", "vii", "viii"}
NUMERAL = re.compile(r"(?:I{1,3}|IV|VI{0,3}|IX|X[IVX]+)\.?")  # of one who reigns
# With a capital these belong to the family name ("Le Guin"); in small letters they follow it ("gogh, vincent van").
PARTICLE = re.compile(
    r"Dal?|Dalla|De|Del|Della|Den|Der|Di|Dos|Du|El|La|Las|Le|Los|Mac|Ní|Nic|Ó|San|St\.|Ten|Ter|Van|Von"
)
LINKS = {"y", "i"}  # "Ortega y Gasset"
WHENCE = {"of", "the"}  # "Joan of Arc", "Alexander the Great"
EPITHET = re.compile(r"(?:of|the|da|de|di|le|la|von|van|af|ibn|al|der) |d['’]")  # begins so
FAMILY_TOO = {"filho", "neto", "sobrinho", "júnior", "junior"}  # behind a Portuguese family name, and filed with it
DEGREE = re.compile(
    r"(?:ph\.? ?d|d\.? ?phil|m\.? ?d|m\.? ?a|b\.? ?a|m\.? ?sc|b\.? ?sc|m\.? ?b\.? ?a|ll\.? ?[bmd]|ed\.? ?d|j\.? ?d|esq"
    r"|o\.? ?b\.? ?e|c\.? ?b\.? ?e|s\.? ?j|o\.? ?p)\.?",
    re.I,
)
BEFORE = re.compile(r"dr\.?|prof\.?|professor|sir|dame|rev\.?|mrs?\.?|ms\.?", re.I)
RANK = re.compile(
    r"queen|king|emperor|empress|pope|saint|st\.|prophet|tsar|czar|sultan|caliph|patriarch|pharaoh", re.I
)  # filed under the given name
NOBLE = re.compile(
    r"baron(?:ess)?|count(?:ess)?|duke|duchess|earl|lord|lady|marques[s]?|marquis|prince(?:ss)?|viscount|bishop"
    r"|archbishop|cardinal|abbot|rabbi|sir|dame|dr\.?|rev\.?",
    re.I,
)
ERA = r"(?: (B\.? ?C\.?(?: ?E\.?)?|A\.? ?D\.?|C\.? ?E\.?))?"
YEAR = rf"(?:(?:approximately|active|born|died|ca?\.?|b\.|d\.|fl\.) ?)?([0-9]{{1,4}})\??{ERA}"
DATES = re.compile(rf"{YEAR}(?: ?[-–] ?(?:{YEAR})?)?|[-–] ?{YEAR}", re.I)
# Family names that stand before a given name of two syllables of the same language.
CHINESE = re.compile(
    r"bai|cai|cao|chen|cheng|cui|deng|ding|du|fan|fang|feng|fu|gao|gong|gu|guo|han|he|hou|hu|huang|jia|jiang|jin|kong"
    r"|lei|li|liang|liao|lin|liu|long|lu|luo|ma|mao|meng|mo|pan|peng|qian|qin|qiu|ren|shao|shen|shi|song|su|sun|tan"
    r"|tang|tao|tian|wan|wang|wei|wen|wu|xi|xia|xiao|xie|xiong|xu|xue|yan|yang|yao|ye|yin|yu|yuan|zeng|zhang|zhao"
    r"|zheng|zhong|zhou|zhu|zou",
    re.I,
)
SYLLABLE = (
    r"(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|an|ao|ei|en|er|ia|ie|in"
    r"|iu|ou|ua|ue|ui|un|uo|ü|a|e|i|o|u)"
)
PINYIN = re.compile(rf"{SYLLABLE}['-]?{SYLLABLE}", re.I)
KOREAN = re.compile(
    r"ahn|bae|baek|ban|bang|choi|chung|han|hwang|jang|jeon|jeong|jo|jung|kang|kim|kwon|lee|lim|oh|park|ryu|seo|shin|son"
    r"|song|yang|yi|yoo|yoon",
    re.I,
)
KOREAN_GIVEN = re.compile(r"[A-Z][a-z]+-[a-z]+")
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")  # anywhere
PATRONYMIC = re.compile(r".+(?:ович|евич|ич|овна|евна|ична)")
ICELANDIC = re.compile(r".+(?:d[óo]ttir|sson|arson|urson)")
ICELANDIC_LETTER = re.compile(r"[ðþ]|d[óo]ttir$", re.I)  # anywhere

# Anywhere in a name: a body, or a meeting.
BODY = re.compile(
    r"\b(?:ministry|department|dept|university|institute|institution|association|society|committee|commission|council"
    r"|bureau|agency|foundation|museum|academy|federation|government|authority|administration|corporation|inc|ltd|llc"
    r"|gmbh|organi[sz]ation|nations|laboratory|archives|secretariat|parliament|senate|orchestra|embassy|consortium"
    r"|minist[èe]re|ministerium|ministerio|minist[ée]rio|ministero|universit[éàä]t?|universidade?|universidad|universitat"
    r"|universiteit|universitet|institut|instituto|istituto|gesellschaft|verein|verband|stiftung|bundesamt|akademie"
    r"|soci[ée]t[ée]|sociedade?|societ[àa]|asociaci[óo]n|associa[çc][ãa]o|comisi[óo]n|fundaci[óo]n|fondation|bibliothek"
    r"|biblioth[èe]que|biblioteca|stichting|vereniging|министерство|университет|институт|академия)\b",
    re.I,
)
BODY_OF = re.compile(
    r"\b(?:church|bank|union|group|office|press|board|service|party|school|college|company|center|centre|library|team"
    r"|club|court|division)\b.* (?:of|for|and|&) |^(?:the )?\w+ (?:office|board|bank|library|school|court) (?:of|for) "
    r"|\b(?:college|school|bank|church|library|court|office|board|union|party|league|order) (?:of|for) ",
    re.I,
)
MEETING = re.compile(
    r"\b(?:conference|symposium|workshop|kongress|congr[èe]s|congreso|congresso|conferencia|confer[êe]ncia|colloque"
    r"|colloquium|tagung|olympic games|world cup|summit|congress (?:of|on|for))\b",
    re.I,
)
