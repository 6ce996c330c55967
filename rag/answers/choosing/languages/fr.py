"""French."""

from __future__ import annotations

from rag.answers.choosing.languages.words import NUMBER, LanguageWords, any_of, opener

_IS = r"(?:est-ce qu[e'’] ?|est ce qu[e'’] ?)?"
WORDS = LanguageWords(
    openers=(
        opener(
            "chapter",
            r"(?:de quoi (?:parle|traite)|que dit|résume[rz]?) (?:le |la )?(?P<about>(?:chapitre|section|"
            r"partie) .+)",
        ),
        opener(
            "difference",
            r"(?:quelle est la|quelle|y a-t-il une) différence (?:y a-t-il )?entre "
            r"(?P<about>(?P<one>.+?) et (?P<other>.+))",
        ),
        opener("difference", r"en quoi (?P<about>(?P<one>.+?) (?:diffère(?:nt)?(?:-\w+)? de|et) (?P<other>.+))"),
        opener("definition", r"(?:définir|définis|que signifie|que veut dire|qu[’']entend-on par)\b"),
        opener(
            "definition",
            r"(?:qu[’']est[- ]ce (?:que |qu[’'])(?:c[’']est (?:que |qu[’']))?|c[’']est quoi )(?:une? |"
            r"l[ea’'] ?|les )?(?P<about>.+)",
        ),
        opener("quantity", rf"(?:à |en |pour |de |depuis )?combien\b(?: de)? ?{_IS}", demands=True),
        opener(
            "quantity",
            r"(?:à |de )?quell?e? (?:est (?:la |le |l[’']))?(?=(?:température|profondeur|hauteur|longueur|"
            r"prix|taille|poids|vitesse|âge|distance|nombre)\b)",
            demands=True,
        ),
        opener("time", r"(?:à |depuis |jusqu[’']à )?quell?e?s? (?:heure|jour)s?\b", demands=True),
        opener(
            "date",
            r"(?:en |à |depuis |jusqu[’']à )?quell?e?s? (?:année|jour|date|siècle|mois|heure|époque)s?\b",
            demands=True,
        ),
        opener("date", rf"(?:depuis |jusqu[’']à )?quand\b ?{_IS}(?=.*\b(?:a|ont|fut|furent|était)\b)", demands=True),
        opener("time", rf"(?:depuis |jusqu[’']à )?quand\b ?{_IS}"),
        opener("place", rf"(?:d[’'])?où\b ?{_IS}|dans quell?e? (?:pays|ville|lieu|région|continent)\b"),
        opener(
            "definition",
            r"qui (?:est|était|sont|fut) (?P<about>(?-i:[A-ZÀ-Ý])\S*(?: (?:(?-i:[A-ZÀ-Ý])\S*|de|du|la|"
            r"le))*)$",
        ),
        opener("person", r"(?:à |de |par |avec )?qui\b(?: est-ce qui)?(?= (?:a|ont|fut|était)\b)", demands=True),
        opener("person", r"(?:à |de |par |avec )?qui\b(?: est-ce qui)?"),
        opener("cause", rf"pourquoi\b ?{_IS}|pour quelle raison\b|quelle est la (?:cause|raison) d[eu’']"),
        opener("steps", r"que (?:dois-je|faut-il|puis-je) faire\b"),
        opener(
            "list",
            r"(?:nomme|énumère|cite)\b|quell?e?s (?:sont )?(?:les )?(?=(?:\w+ ){0,2}(?:types|sortes|"
            r"parties|règles|étapes|phases|exemples|raisons|groupes|formes)\b)",
        ),
        opener("steps", rf"comment\b ?{_IS}"),
        opener("list", r"quell?e?s (?:sont|étaient) (?:les )?"),
        opener(
            "yes_no",
            r"(?:est-ce qu[e’']|peut-on|puis-je|y a-t-il|dois-je|faut-il)|(?:est|sont|a|ont|peut|peuvent|"
            r"doit)-\w+",
        ),
        opener(
            "unknown",
            rf"(?:explique)\b|(?:à |de |en |par |pour |dans )?(?:quell?e?s?|quoi|que|qu[’'])(?: (?:est|"
            rf"sont|était))?\b ?{_IS}",
        ),
    ),
    numbers=any_of(
        "zéro un une deux trois quatre cinq six sept huit neuf dix onze "
        "douze treize quatorze quinze seize vingt trente "
        "quarante cinquante soixante cent cents mille million millions milliard milliards douzaine moitié quart tiers "
        "demi demie double aucun aucune rien gratuit",
        NUMBER,
    ),
    dates=any_of(
        "janvier février mars avril mai juin juillet août septembre "
        "octobre novembre décembre lundi mardi mercredi jeudi "
        "vendredi samedi dimanche siècle siècles décennie hier",
        r"\b\d{3,4}\b",
        r"\bil y a\b",
    ),
    times=any_of(
        "quand lorsque pendant jusque avant après depuis dès si midi "
        "minuit matin soir nuit jour jours semaine semaines "
        "mois an ans année années heure heures minute minutes secondes "
        "moment toujours jamais chaque printemps été hiver",
        NUMBER,
    ),
    causes=any_of(
        "parce car puisque afin donc cause causes raison raisons grâce ainsi alors sinon pour comme",
        r"\ben raison d|\bà cause d|\bc[’']est pourquoi\b|\bde sorte que\b",
    ),
    places=any_of("à au aux en dans sur sous près chez entre vers devant derrière de du nord sud est ouest"),
    defines=(
        r"(?:est|sont|était|étaient|signifie|désigne|consiste|s[’']appelle)\b|[:(—–]|, (?:une?|le|la|"
        r"qui|c[’']est-à-dire)\b"
    ),
    named=(
        r"(?:appelée?s?|nommée?s?|on appelle|s[’']appellent?|connue?s? sous le nom de|est|"
        r"sont)(?: une?| l[ea’']| les)?"
    ),
)
