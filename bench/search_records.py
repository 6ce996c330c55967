"""Catalogue records of any number, made from real titles by recombination, and queries that are fair to ask of them."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from iso639 import Language, LanguageNotFoundError

from library.search.fold import fold

SOURCES = Path(__file__).resolve().parents[2] / "shared" / "data" / "catalogue"
BRANCHES = 6
CATEGORIES_AT_MOST = 40
EACH = 40  # queries of a kind
ASKED_ABOUT = 10_000  # queries are made from the first so many records, for every size the same ones
STEP = 7_368_787  # a prime: counting in such steps gives every number once, in no order
WORD = re.compile(r"[a-z]{4,}")
COMMON = frozenset(
    [
        "with",
        "from",
        "that",
        "this",
        "their",
        "have",
        "been",
        "were",
        "which",
        "about",
        "other",
        "some",
        "into",
        "being",
        "tales",
        "volume",
        "novel",
        "edition",
    ]
)


@dataclass
class Record:
    """One record, as all three engines get it. ``categories``, ``branches``, ``free``: numbers from 1."""

    id: int
    title: str
    author: str
    subjects: list[str]
    language: str
    year: int
    categories: list[int]
    branches: list[int]
    free: list[int]


@dataclass
class Asked:
    """One query of a kind; ``known``: the record that it was made from, where one was."""

    kind: str
    words: str
    known: int | None = None
    filters: dict[str, str] = field(default_factory=dict)


def sources() -> list[dict[str, object]]:
    """Real titles with their authors, subjects, shelves and languages, in a fixed order."""
    rows: list[dict[str, object]] = []
    for name in ("gutenberg", "british-library-19c", "goodbooks"):
        with gzip.open(SOURCES / f"{name}.jsonl.gz", "rt") as lines:
            rows += [json.loads(line) for line in lines if line.strip()]
    return [row for row in rows if str(row["title"]).strip()]


def records(number: int, seed: int = 13) -> Iterator[Record]:
    """``number`` records. The real ones first; after that, halves of two real titles make another."""
    chance, real = random.Random(seed), sources()
    chance.shuffle(real)
    shelves = [name for name, _n in Counter(s for row in real for s in _shelves(row)).most_common(CATEGORIES_AT_MOST)]
    places = {name: place for place, name in enumerate(shelves, 1)}
    for number_now in range(1, number + 1):
        row = real[(number_now - 1) % len(real)]
        title = " ".join(str(row["title"]).split())
        if number_now > len(real):
            title = _crossed(title, " ".join(str(chance.choice(real)["title"]).split()))
        lent = chance.sample(range(1, BRANCHES + 1), chance.choice((0, 1, 1, 2)))
        yield Record(
            id=number_now,
            title=title[:480],
            author=_author(row, chance.choice(real)),
            subjects=[str(s)[:190] for s in row.get("lcsh", [])][:6],  # type: ignore[attr-defined]
            language=_language(row),
            year=chance.randint(1800, 2025),
            categories=sorted({places[s] for s in _shelves(row) if s in places}) or [chance.randint(1, len(places))],
            branches=lent,
            free=[branch for branch in lent if chance.random() < 0.7],
        )


def queries(some: list[Record], seed: int = 17) -> list[Asked]:
    """Queries of each kind, the same ones for every engine and every run."""
    chance = random.Random(seed)
    english = [record for record in some if record.language == "en" and len(_words(record.title)) >= 4]
    often = [word for word, _n in Counter(w for r in english for w in _words(r.title)).most_common(EACH)]
    asked = [Asked("broad word", word) for word in often]
    for record in chance.sample(english, min(EACH, len(english))):
        words = _words(record.title)
        rare = sorted(words, key=len)[-3:]
        asked += [
            Asked("words", " ".join(chance.sample(rare, len(rare))), record.id),
            Asked("phrase", '"' + _phrase(record.title) + '"', record.id),
            Asked("prefix", f"{rare[0]} {rare[-1][:4]}", record.id),
            Asked("typo", _misspelt(rare[-1], chance), record.id),
            Asked("suggest", fold(record.title)[: chance.randint(3, 6)]),
        ]
    asked += [
        Asked("filtered", word, None, {"language": "en", "category": str(n % 12 + 1), "available": "true"})
        for n, word in enumerate(often)
    ]
    return asked


def _shelves(row: dict[str, object]) -> list[str]:
    return [str(s).removeprefix("Category: ")[:80] for s in row.get("bookshelves", [])]  # type: ignore[attr-defined]


def _language(row: dict[str, object]) -> str:
    """Two letters, as every build of the catalogue takes them; English where there is none."""
    try:
        code = Language.match(str(row.get("language") or "en").split("-")[0].lower()).part1
    except LanguageNotFoundError:
        code = None
    return code or "en"


def _author(row: dict[str, object], other: dict[str, object]) -> str:
    people = row.get("authors") or other.get("authors") or ["Anonymous"]
    first = people[0]  # type: ignore[index]
    return (str(first["name"]) if isinstance(first, dict) else str(first))[:190]


def _crossed(one: str, other: str) -> str:
    left, right = one.split(), other.split()
    return " ".join([*left[: max(1, len(left) // 2)], *right[len(right) // 2 :]])


def _words(title: str) -> list[str]:
    return [word for word in dict.fromkeys(WORD.findall(fold(title))) if word not in COMMON]


def _phrase(title: str) -> str:
    words = re.findall(r"\w+", fold(title))
    start = max(0, len(words) // 2 - 1)
    return " ".join(words[start : start + 3])


def _misspelt(word: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(word) - 1)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def place(number: int, size: int) -> int:
    """Where the record that was made as the ``number``-th stands among ``size``, from 1.

    Records with equal scores come in the order of their numbers in some engines: were those that queries are made from
    the first ones, these engines would find them by that alone.
    """
    return number * STEP % size + 1


def write(folder: Path, number: int) -> tuple[Path, Path]:
    """The records and the queries as JSON lines; what is there already is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, asked = folder / f"records-by-chance-{number}.jsonl", folder / f"queries-{number}.jsonl"
    if not rows.exists():
        lines = [""] * number
        for record in records(number):
            spread = replace(record, id=place(record.id, number))
            lines[spread.id - 1] = json.dumps(asdict(spread), ensure_ascii=False)
        part = rows.with_suffix(".part")
        part.write_text("\n".join(lines) + "\n", newline="\n")
        part.rename(rows)
    if not asked.exists():
        made = queries(list(records(ASKED_ABOUT)))
        known = [replace(one, known=one.known and place(one.known, number)) for one in made]
        asked.write_text("\n".join(json.dumps(asdict(one), ensure_ascii=False) for one in known) + "\n")
    return rows, asked


def read(path: Path) -> Iterator[dict[str, object]]:
    """JSON lines; U+2028 may stand inside one."""
    with path.open(newline="\n") as lines:
        for line in lines:
            yield json.loads(line)
