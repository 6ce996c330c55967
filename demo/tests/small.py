"""A collection of three books, for tests of loading: what the large one has, each once."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from demo import FOLDER

PDF = "the-readers-handbook.pdf"


def book(title: str, **values: Any) -> dict[str, Any]:
    return {
        "title": title,
        "subtitle": "",
        "authors": [{"name": "Ann Lee"}],
        "isbn": None,
        "publisher": "",
        "year": 2001,
        "language": "en",
        "description": f"All about {title}.",
        "page_count": None,
        "categories": ["Biology"],
        "subjects": ["cells"],
        "copies": [],
    } | values


def copy(barcode: str, **values: Any) -> dict[str, Any]:
    return {
        "barcode": barcode,
        "branch": "central",
        "shelf_mark": "571",
        "status": "available",
        "for_loan": True,
    } | values


RECORDS: dict[str, Any] = {
    "branches": [
        {"code": "central", "name": "Central Library", "address": "1 Almond Square"},
        {"code": "north", "name": "North Branch", "address": ""},
    ],
    "categories": [{"name": "Science"}, {"name": "Biology", "parent": "Science"}],
    "authors": [{"name": "Mark Twain", "birth": 1835, "death": 1910, "aliases": ["Samuel Clemens"]}],
    "books": [
        book("The Cell", copies=[copy("C-1"), copy("C-2"), copy("C-3"), copy("C-4", for_loan=False)], file=PDF),
        book(
            "Tom Sawyer",
            isbn="9780306406157",
            authors=[{"name": "Mark Twain"}, {"name": "Ed Wood", "role": "illustrator"}],
            series={"name": "Tom", "position": 1},
            subjects=["Rivers", "boys"],
            copies=[copy("C-5"), copy("C-6", branch="north", status="in_repair"), copy("D-1", item_type="dvd")],
        ),
        book("Huck Finn", authors=[{"name": "Samuel Clemens"}], series={"name": "Tom", "position": 2}, is_public=False),
        book("Kept Back", is_suppressed=True),
    ],
}
LENDING: dict[str, Any] = {
    "item_types": [{"code": "dvd", "name": "DVD"}],
    "tiers": [{"code": "student", "name": "Student", "max_loans": 15, "max_holds": 8}],
    "hours": {"central": {"0123456": ["09:00-12:30", "14:00-18:00"]}, "north": {"01": ["10:00-12:00"]}},
    "terms": [
        {"name": "Autumn", "first": "09-07", "last": "12-18", "hours": {"central": {"0123456": ["08:00-20:00"]}}}
    ],
    "exceptions": [
        {
            "name": "Book fair",
            "branch": "north",
            "weekday": 6,
            "after": 20,
            "days": 1,
            "opens": "12:00",
            "closes": "17:00",
        },
        {"name": "New shelves", "branch": "central", "weekday": 2, "after": 42, "days": 4},
    ],
    "rule_for_everyone": {"fine_amount": "0.30"},
    "rules": [
        {"tier": "student reader", "loan_period": 28},
        {"item_type": "dvd", "loan_period": 7},
        {"branch": "north", "loan_period": 5},
    ],
    "readers": [
        {"username": "kofi", "name": "Kofi Mensah", "card": "L-11", "tier": "student", "age": 20},
        {"username": "aoife", "name": "Aoife Byrne", "card": "L-12", "tier": "reader", "expired": 30},
        {
            "username": "ingrid",
            "name": "Ingrid Dahl",
            "card": "L-13",
            "tier": "reader",
            "restricted": 10,
            "note": "A bath.",
        },
        {"username": "sam", "name": "Sam Poe", "card": "L-14", "tier": "reader", "card_lost": True},
    ],
    "settings": {"overdue_policy": "confirm"},
    "loans": [],
    "requests": [],
    "charges": [],
    "history": [],
}


class Collection:
    """The files of a collection in ``folder``, which a test may change before it loads them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records, self.lending = deepcopy(RECORDS), deepcopy(LENDING)
        (folder / "files").mkdir(parents=True)
        (folder / "files" / PDF).write_bytes((FOLDER / "files" / PDF).read_bytes())

    def write(self) -> None:
        (self.folder / "records.json").write_text(json.dumps(self.records))
        (self.folder / "lending.json").write_text(json.dumps(self.lending))
