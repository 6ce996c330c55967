from __future__ import annotations

from itertools import count
from typing import Any

from accounts.models import Patron, Role, User
from accounts.services import people

PASSWORD = "correct horse 7"
_numbers = count(1)


def make_user(role: Role = Role.PATRON, **values: Any) -> User:
    number = next(_numbers)
    return people.create_user(
        **{
            "email": f"person{number}@example.org",
            "username": f"person{number}",
            "password": PASSWORD,
            "full_name": f"Person {number}",
            "role": role,
            "card_number": f"L-{number:06d}",
        }
        | values
    )


def make_patron(**values: Any) -> Patron:
    return make_user(**values).patron


def make_librarian(**values: Any) -> User:
    return make_user(Role.LIBRARIAN, **values)
