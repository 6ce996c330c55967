from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.factories import make_librarian, make_user


@pytest.fixture
def reader(db) -> User:
    return make_user(full_name="Amina Diallo")


@pytest.fixture
def librarian(db) -> User:
    return make_librarian(full_name="Jun Ito")


@pytest.fixture
def reader_client(reader: User) -> Client:
    client = Client()
    client.force_login(reader)
    return client


@pytest.fixture
def librarian_client(librarian: User) -> Client:
    client = Client()
    client.force_login(librarian)
    return client
