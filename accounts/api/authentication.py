"""Who calls an API endpoint with a token.

Bearer comes before the session in the settings, and one that is no good is refused there: a request that brings both
is judged by its token alone and needs no CSRF token, since no other site can make a browser send that header.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from library.core.companions import left_out

with left_out("jinja2"):  # as in library/urls.py: whichever of the two is loaded first
    from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
    from rest_framework_simplejwt.authentication import JWTAuthentication
    from rest_framework_simplejwt.exceptions import InvalidToken

    from accounts.sessions import tokens


class BearerAuthentication(JWTAuthentication):
    """SimpleJWT's, and the token's family and epoch must not have ended: in the query that reads the user."""

    def get_user(self, validated_token: Any) -> Any:
        user = tokens.user_of(validated_token.payload)
        if user is None:
            raise InvalidToken(_("This token is not valid, or no longer. Sign in again."))
        return user


class BearerScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call]  # the library has no types
    """How the OpenAPI document describes it."""

    target_class = "accounts.api.authentication.BearerAuthentication"
    name = "jwtAuth"
