from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accounts.models import Role, User
from accounts.tests.factories import make_librarian, make_user


@pytest.fixture
def librarian() -> User:
    return make_librarian()


@pytest.fixture
def administrator() -> User:
    return make_user(Role.ADMINISTRATOR)


@pytest.fixture
def api():
    """An API client signed in as the user given, or as nobody."""

    def client_for(user: User | None = None) -> APIClient:
        client = APIClient()
        if user is not None:
            client.force_authenticate(user)
        return client

    return client_for
