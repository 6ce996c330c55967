"""English."""

from __future__ import annotations

from rag.answers.choosing.languages.words import NUMBER, LanguageWords, any_of, opener

_BE = r"(?:is|are|was|were|'s|’s)"
_MEASURES = (
    "many|much|long|far|often|tall|high|deep|wide|thick|thin|old|fast|heavy|big|large|small|hot|cold|strong|late"
)
_ORDERED = "kinds|types|sorts|parts|rules|steps|stages|phases|examples|tasks|things|reasons|groups|forms|levels|ways"
_PEOPLE = "scientists?|man|men|woman|women|person|people|king|queen|author|writer|doctor|physicist|chemist|biologist"
WORDS = LanguageWords(
    openers=(
        opener(
            "chapter",
            r"(?:what|which)\b.*?\b(?P<about>(?:chapter|section|part) \S.*?)(?: about| cover| deal with|"
            r" say| tell)?$",
        ),
        opener("chapter", r"(?:please )?summari[sz]e (?:the )?(?P<about>(?:chapter|section|part) .+)"),
        opener(
            "difference",
            rf"what(?: {_BE}|{_BE}) the differences? between (?P<about>(?P<one>.+?),? and (?P<other>.+))",
        ),
        opener(
            "difference",
            r"how (?:do|does|did|is|are) (?P<about>(?P<one>.+?) and (?P<other>.+?)) (?:differ|different)$",
        ),
        opener(
            "difference",
            r"how (?:do|does|is|are) (?P<about>(?P<one>.+?) (?:differ from|different from) (?P<other>.+))",
        ),
        opener("difference", r"compare (?P<about>(?P<one>.+?) (?:and|with|to) (?P<other>.+))"),
        opener(
            "definition",
            r"(?:define|what do(?:es)? (?P<about>.+?) mean$|what is meant by|what is the meaning of)",
        ),
        opener("quantity", rf"(?:for |in |by |at |to |of )?how (?:{_MEASURES})\b", demands=True),
        opener("quantity", r"what (?:do|does|did) (?P<about>.+? cost\b.*)", demands=True),
        opener(
            "quantity",
            r"(?:at )?what (?:is the )?(?=(?:temperature|price|fee|size|length|depth|height|number|"
            r"percentage|speed|age|weight)\b)",
            demands=True,
        ),
        opener(
            "time",
            r"(?:at |on |until |from |by |since )?(?:what|which) (?:time|hour|day|weekday)\b",
            demands=True,
        ),
        opener(
            "date",
            r"(?:in|on|at|since|until|by|from) (?:which|what) (?:year|day|date|century|month|time|"
            r"decade)\b",
            demands=True,
        ),
        opener("date", r"what (?:year|date|day|time)\b", demands=True),
        opener("date", r"(?:since |until |by )?when (?:did|was|were)\b", demands=True),
        opener("time", r"(?:since |until |by )?when\b"),
        opener(
            "place",
            r"(?:from )?where\b|(?:in|at|from|to) (?:which|what) (?:country|city|town|place|region|"
            r"continent|state)\b",
        ),
        opener(
            "definition",
            r"who (?:is|was|are|were) (?P<about>(?-i:[A-Z])\S*(?: (?:(?-i:[A-Z])\S*|of|the|van|von|de|al|"
            r"bin|ibn))*)$",
        ),
        opener(
            "person",
            r"(?:who|whom|whose|by whom)\b(?= (?:\w+ed|was|were|did|first|wrote|found|made|built|won|gave|"
            r"led|became|began|saw|put|set|took|drew|sold|taught|thought|knew|brought)\b)",
            demands=True,
        ),
        opener("person", rf"(?:who|whom|whose|by whom|which (?:\w+ )?(?:{_PEOPLE}))\b"),
        opener(
            "cause",
            r"why\b|how come\b|for what reason\b|what (?:causes|caused|is the (?:reason|cause) (?:for|of)|"
            r"are the reasons for)\b",
        ),
        opener("steps", r"what (?:should|must|can|do) (?:i|you|we|one) (?:do|try)\b"),
        opener(
            "list",
            rf"(?:name|list) (?:all |some )?(?:the )?|(?:what|which) (?:\w+ ){{0,2}}(?={_ORDERED})\b|"
            rf"(?:what|which) (?:are|were) (?:the )?(?=(?:\w+ ){{0,3}}(?:{_ORDERED})\b)",
        ),
        opener("definition", rf"what(?: {_BE}|{_BE}) (?:an? |the )?(?P<about>[\w'’+#.-]+(?: [\w'’+#.-]+){{0,3}})$"),
        opener("steps", r"how (?:do|does|did|can|could|should|must|may|to|is|are|was|were)\b"),
        opener("list", r"(?:what|which) (?:are|were) (?:the )?"),
        opener("yes_no", r"(?:is|are|was|were|do|does|did|can|could|may|must|should|has|have|had|will|would)\b"),
        opener(
            "unknown",
            r"(?:tell me|explain)(?: to me)?(?: about)?|(?:to |in |on |at |from |by |for )?(?:what|"
            r"which)(?: (?:is|are|was|were|do|does|did|can|has|have|had))?\b|how\b",
        ),
    ),
    numbers=any_of(
        "zero one two three four five six seven eight nine ten eleven "
        "twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty thirty forty fifty sixty seventy eighty "
        "ninety hundred hundreds thousand thousands million "
        "millions billion billions trillion dozen half quarter third "
        "double twice once thrice single both nothing several "
        "free daily weekly monthly yearly no none always never",
        NUMBER,
        r"\w+-bit\b",
        r"\b(?:\w*[a-z](?:nth|dth|rth|fth|xth|hth|tieth)s|thirds|quarters|halves|fifths|fourths|few)\b",
    ),
    dates=any_of(
        "january february march april june july august september october november december monday tuesday wednesday "
        "thursday friday saturday sunday century centuries decade ago bc ad yesterday today medieval antiquity",
        r"\b\d{3,4}s?\b",
        r"\b(?:the )?(?:twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties)\b",
    ),
    times=any_of(
        "when while until till before after during since once as_soon_as if as_long_as noon midnight morning afternoon "
        "evening night day days week weeks month months year years hour "
        "hours minute minutes second seconds moment time "
        "always never every each at_once immediately spring summer autumn winter early late",
        NUMBER,
        (
            r"\b(?:at|until|from|by) (?:half past |a quarter to )?(?:one|two|three|four|five|six|seven|"
            r"eight|nine|ten|eleven|twelve)\b"
        ),
    ),
    causes=any_of(
        "because since so_that in_order_to reason reasons cause causes "
        "caused owing_to due_to therefore thus hence thanks_to "
        "why for_this_reason for_that_reason as_a_result consequently in_order",
        r", for\b",
        r"\bto (?!the|a|an)\w+",
    ),
    places=any_of(
        "in at on near beside behind under above below between inside outside across opposite over within from to into "
        "along around north south east west here there"
    ),
    defines=(
        r"(?:is|are|was|were|means?|refers? to|denotes?|consists? of|describes?|stands? for|"
        r"comprises?)\b|[:(—–-]|, (?:an?|the|which|or|that is)\b"
    ),
    named=(
        r"(?:called|named|known as|termed|this is|that is|it is|these are|referred to as|"
        r"described as)(?: an?| the)?"
    ),
)
