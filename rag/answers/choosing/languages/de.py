"""German."""

from __future__ import annotations

from rag.answers.choosing.languages.words import NUMBER, LanguageWords, any_of, opener

WORDS = LanguageWords(
    openers=(
        opener(
            "chapter",
            r"(?:worum geht es|wovon handelt|was steht) (?:in )?(?:der |das |dem )?(?P<about>(?:kapitel|"
            r"abschnitt|teil) .+)",
        ),
        opener("chapter", r"(?:worum geht es|was steht) (?:im|in) (?P<about>.*?(?:kapitel|abschnitt|teil)\b.*)"),
        opener("chapter", r"fasse? (?P<about>(?:kapitel|abschnitt|teil) .+?)(?: zusammen)?$"),
        opener(
            "difference",
            r"(?:was ist der|worin besteht der|welchen|was für ein) unterschied (?:gibt es )?zwischen "
            r"(?P<about>(?P<one>.+?) und (?P<other>.+))",
        ),
        opener(
            "difference",
            r"(?:wie|wodurch|worin) unterscheide[nt] sich (?P<about>(?P<one>.+?) (?:und|von) "
            r"(?P<other>.+))",
        ),
        opener("definition", r"(?:definiere|was (?:bedeutet|heißt|versteht man unter|meint))\b"),
        opener(
            "quantity",
            r"(?:um |in |bei |mit |zu |auf )?wie ?(?:viele?n?r?|viel|lange|oft|weit|hoch|tief|breit|dick|"
            r"dünn|alt|schnell|schwer|groß|heiß|kalt|stark)\b",
            demands=True,
        ),
        opener(
            "quantity",
            r"was kostete?n?\b|(?:bei |auf )?(?:welche[rsmn]?|was ist die) (?=(?:temperatur|preis|größe|"
            r"länge|tiefe|höhe|anzahl|alter|gewicht|prozentsatz)\b)",
            demands=True,
        ),
        opener(
            "time",
            r"um wie ?viel uhr\b|(?:an |zu |bis |ab )?welche[rsmn]? (?:tag|zeit|uhrzeit|wochentag)e?n?\b",
            demands=True,
        ),
        opener(
            "date",
            r"(?:in |an |seit |bis |zu )?welche[rsmn]? (?:jahr|tag|datum|jahrhundert|monat|zeit|uhrzeit|"
            r"jahrzehnt)e?\b|um wie viel uhr\b",
            demands=True,
        ),
        opener("date", r"(?:seit |bis |ab )?wann\b(?= (?:wurden?|hat|haben|war|waren|\w+te)\b)", demands=True),
        opener("time", r"(?:seit |bis |ab )?wann\b"),
        opener("place", r"(?:wo|woher|wohin)\b|in welche[rsmn]? (?:land|stadt|ort|region|staat)\b"),
        opener(
            "definition",
            r"wer (?:ist|war|sind|waren) (?P<about>(?!(?:der|die|das|ein)\b)(?-i:[A-ZÄÖÜ])\S*(?: "
            r"(?:(?-i:[A-ZÄÖÜ])\S*|von|der|van|zu))*)$",
        ),
        opener(
            "person",
            r"(?:wer|wem|wen|wessen|von wem)\b(?= (?:wurden?|hat|haben|war|waren|\w+te|erfand|schrieb|"
            r"fand|gewann|baute|begann)\b)",
            demands=True,
        ),
        opener("person", r"(?:wer|wem|wen|wessen|von wem|mit wem)\b"),
        opener(
            "cause",
            r"(?:warum|weshalb|wieso|weswegen|wodurch)\b|aus welchem grund\b|was ist (?:der grund|"
            r"die ursache) für\b",
        ),
        opener("steps", r"was (?:soll|muss|kann) (?:ich|man)\b"),
        opener(
            "list",
            r"(?:nenne|zähle)\b|welche (?=(?:\w+ ){0,2}(?:arten|teile|regeln|schritte|stufen|phasen|"
            r"beispiele|gründe|gruppen|formen|aufgaben)\b)",
        ),
        opener("definition", r"was (?:ist|sind|war|waren) (?:ein |eine |der |die |das )?(?P<about>\S+(?: \S+){0,3})$"),
        opener("steps", r"wie\b"),
        opener(
            "yes_no",
            r"(?:ist|sind|war|waren|hat|haben|hatte|kann|können|darf|dürfen|muss|müssen|soll|wird|werden|"
            r"gibt|tut)\b",
        ),
        opener(
            "unknown",
            r"(?:erkläre?|erzähle?)\b|(?:in |auf |an |zu |aus |mit |von |für |nach |über |bei |"
            r"unter )?(?:was|welche[rsmn]?|wozu|womit|woran|worauf|wovon|worüber|wofür)(?: (?:ist|sind|"
            r"war|waren))?\b",
        ),
    ),
    numbers=any_of(
        "null eins ein einen einem eine zwei drei vier fünf sechs sieben "
        "acht neun zehn elf zwölf hundert tausend million "
        "millionen milliarde milliarden dutzend hälfte viertel drittel "
        "doppelt einmal zweimal dreimal halb halbe kein keine",
        NUMBER,
        r"\b\w*(?:zwanzig|dreißig|vierzig|fünfzig|sechzig|siebzig|achtzig|neunzig|hundert|tausend|zehn)\w*\b",
    ),
    dates=any_of(
        "januar februar märz april mai juni juli august september oktober november dezember montag dienstag mittwoch "
        "donnerstag freitag samstag sonntag jahrhundert jahrhunderts jahrhunderte jahrzehnt gestern heute",
        r"\b\d{3,4}(?:er)?\b",
        r"\b(?:zwanziger|dreißiger|vierziger|fünfziger|sechziger|siebziger|achtziger|neunziger)\b",
    ),
    times=any_of(
        "wenn als während bis bevor nachdem vor nach seit sobald solange falls mittag mitternacht morgen morgens abend "
        "abends nacht tag tage tagen woche wochen monat monate jahr jahre jahren stunde stunden uhr minuten sekunden "
        "zeit immer nie jeden sommer winter herbst frühling frühjahr",
        NUMBER,
    ),
    causes=any_of(
        "weil da denn damit deshalb deswegen darum daher wegen aufgrund grund gründe ursache dadurch infolge folglich "
        "somit also dank",
        r"\bum\b.*?\bzu\b",
    ),
    places=any_of(
        "in im an am auf bei beim zu zum zur aus von nach nahe neben hinter unter über zwischen innerhalb vor"
    ),
    defines=(
        r"(?:ist|sind|war|waren|bedeutet|bedeuten|bezeichnet|heißt|besteht aus|nennt man)\b|[:(—–]|, "
        r"(?:ein|eine|der|die|das|also)\b"
    ),
    named=(
        r"(?:heißt|heißen|genannt|nennt man|nennt|bezeichnet(?: man)? als|bekannt als)(?: ein| eine|"
        r" der| die| das)?"
    ),
    nouns=True,
)
