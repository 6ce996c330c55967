"""Spanish."""

from __future__ import annotations

from rag.answers.choosing.languages.words import NUMBER, LanguageWords, any_of, opener

WORDS = LanguageWords(
    openers=(
        opener(
            "chapter",
            r"(?:de qué (?:trata|habla|va)|qué (?:dice|cuenta|contiene)) (?:el |"
            r"la )?(?P<about>(?:capítulo|sección|parte) .+)",
        ),
        opener("chapter", r"resume (?:el |la )?(?P<about>(?:capítulo|sección|parte) .+)"),
        opener(
            "difference",
            r"(?:cuál es|qué) (?:la )?diferencia (?:hay )?entre (?P<about>(?P<one>.+?) [ye] (?P<other>.+))",
        ),
        opener(
            "difference",
            r"en qué se (?:diferencian?|distinguen?) (?P<about>(?P<one>.+?) (?:y|e|de) (?P<other>.+))",
        ),
        opener("definition", r"(?:define|qué (?:significa|quiere decir)|qué se entiende por)\b"),
        opener("quantity", r"(?:[ac] |por |de |en |con |hasta )?cu[aá]nt[oa]s?\b", demands=True),
        opener(
            "quantity",
            r"(?:a |con )?qué (?=(?:temperatura|profundidad|altura|longitud|precio|tamaño|peso|velocidad|"
            r"porcentaje|edad|distancia)\b)",
            demands=True,
        ),
        opener("time", r"(?:en |a |desde |hasta )?qué (?:hora|día)s?\b", demands=True),
        opener("date", r"(?:en |a |desde |hasta )?qué (?:año|día|fecha|siglo|mes|hora|década|época)\b", demands=True),
        opener("date", r"(?:desde |hasta )?cuándo\b(?= (?:se )?\w+(?:ó|aron|ieron|ió)\b)", demands=True),
        opener("time", r"(?:desde |hasta )?cuándo\b"),
        opener(
            "place",
            r"(?:de |a |en |hacia |por )?(?:a)?dónde\b|en qué (?:país|ciudad|lugar|sitio|región|"
            r"continente)\b",
        ),
        opener(
            "definition",
            r"(?:quién|quiénes) (?:es|fue|era|son|fueron) (?P<about>(?-i:[A-ZÁÉÍÓÚÑ])\S*(?: "
            r"(?:(?-i:[A-ZÁÉÍÓÚÑ])\S*|de|la|del|el|y))*)$",
        ),
        opener(
            "person",
            r"(?:a |de |por )?quién(?:es)?\b(?= (?:se )?\w+(?:ó|aron|ieron|ió|izo|ujo|uvo)\b)",
            demands=True,
        ),
        opener("person", r"(?:a |de |por )?quién(?:es)?\b"),
        opener("cause", r"por qué\b|a qué se debe\b|cuál (?:es|fue) la (?:causa|razón) de\b"),
        opener("steps", r"qué (?:debo|tengo que|hay que|puedo) hacer\b"),
        opener(
            "list",
            r"(?:nombra|enumera)\b|(?:cuáles|qué) (?:son |fueron )?(?:las |los )?(?=(?:\w+ ){0,2}(?:tipos|"
            r"clases|partes|reglas|pasos|etapas|fases|ejemplos|motivos|grupos|formas)\b)",
        ),
        opener("definition", r"qué (?:es|son|era|eran) (?:un |una |el |la |los |las )?(?P<about>\S+(?: \S+){0,3})$"),
        opener("steps", r"cómo\b"),
        opener("list", r"cuáles (?:son|fueron) (?:las |los )?"),
        opener(
            "unknown",
            r"(?:explica|cuéntame)\b|(?:en |a |de |con |para |por |desde )?(?:qué|cuál|cuáles)(?: (?:es|"
            r"son|fue|era))?\b",
        ),
        opener(
            "yes_no",
            r"(?:es|son|fue|era|hay|tiene|tienen|puede|pueden|puedo|se|está|están|existen?|sirve|debe|"
            r"deben|hubo)\b",
        ),
    ),
    numbers=any_of(
        "cero uno una dos tres cuatro cinco seis siete ocho nueve diez "
        "once doce trece catorce quince veinte treinta cuarenta "
        "cincuenta sesenta setenta ochenta noventa cien ciento doscientos "
        "doscientas trescientos trescientas cuatrocientos "
        "quinientos quinientas seiscientos setecientos ochocientos "
        "novecientos mil miles millón millones billón medio media "
        "mitad cuarto tercio tercera quinta décima doble docena "
        "centésima centésimas décimas ninguna ningún nada gratis",
        NUMBER,
        r"\b(?:dieci|veinti|veintiu)\w+",
    ),
    dates=any_of(
        "enero febrero marzo abril mayo junio julio agosto septiembre "
        "octubre noviembre diciembre lunes martes miércoles "
        "jueves viernes sábado domingo siglo siglos década décadas hace ayer hoy sábados domingos",
        r"\b\d{3,4}\b",
        r"\b(?:años) (?:veinte|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa)\b",
    ),
    times=any_of(
        "cuando mientras hasta antes después durante desde si mediodía medianoche mañana tarde noche día días semana "
        "semanas mes meses año años hora horas minuto minutos segundos momento vez siempre nunca cada todos primavera "
        "verano otoño invierno",
        NUMBER,
    ),
    causes=any_of(
        "porque pues ya_que puesto_que debido por_eso por_ello así "
        "por_tanto causa causas razón motivo para_que gracias_a "
        "como_consecuencia de_modo_que por_culpa",
        r"\bpara \w+[aei]r\w*\b",
        r"\bpor (?:la|el|los|las|su|un|una)\b",
    ),
    places=any_of(
        "en a de desde hacia hasta entre sobre bajo cerca junto dentro fuera frente al del norte sur este oeste"
    ),
    defines=(
        r"(?:es|son|era|eran|significa|designa|consiste en|se llama|se llaman)\b|[:(—–]|, (?:un|una|"
        r"el|la|que|es decir)\b"
    ),
    named=(
        r"(?:se (?:la |lo |las |los )?llaman?|llamad[oa]s?|se denominan?|conocid[oa]s? como|es|"
        r"son)(?: el| la| los| las| un| una)?"
    ),
)
