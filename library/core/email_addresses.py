"""Addresses: what is kept of one that was typed, and when two are the same. Usernames are compared alike.

Two addresses are the same where their plain letters differ in nothing but case. No database decides that: by its
locale ``ı`` may be an ``I``, and a code for one person would go to another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import idna
import regex
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models import Lookup
from django.utils.translation import gettext as _

from library.core.errors import InvalidInput

LONGEST = 254  # RFC 5321, 4.5.3.1.3, without the angle brackets
# Nobody sees these, and programs paste them along: zero-width spaces and joiners, marks of direction, soft hyphens.
UNSEEN = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cf}]")
JOINERS = "\u200c\u200d"  # some languages write domains with them: IDNA 2008, appendix A of RFC 5892
PLAIN = r"^[!-~]+$"  # what the database takes


def fold(text: str) -> str:
    """``text`` by which two are compared: the plain letters A–Z in capitals, every other sign as it is."""
    return text.encode("utf-8", "surrogatepass").upper().decode("utf-8", "surrogatepass")


def cleaned(typed: str) -> str:
    """The address as it is kept: nothing unseen in it, the domain in lower case and in the letters of DNS.

    Errors: ``ValidationError`` where it is none, or has other letters than plain ones before its @. (Django's own
    check takes ``ı``, ``ſ`` and the sign of the kelvin for letters from A to Z.)
    """
    local, at, domain = typed.strip().rpartition("@")
    local = UNSEEN.sub("", local).strip()
    if not local.isascii():
        sentence = _("Before its @ an address has plain letters, digits and signs: no accents, no other scripts.")
        raise ValidationError(sentence, code="address_not_plain")
    address = f"{local}{at}{_in_dns(domain.strip())}"
    if len(address) > LONGEST:
        raise ValidationError(_("An address has at most %(n)d characters.") % {"n": LONGEST}, code="address_too_long")
    validate_email(address)
    return address


def validate(typed: str) -> None:
    """Errors: ``ValidationError`` where ``cleaned`` has one."""
    cleaned(typed)


def clean(typed: str) -> str:
    """As ``cleaned``, for services. Errors: ``InvalidInput``."""
    try:
        return cleaned(typed)
    except ValidationError as fault:
        raise InvalidInput(fault.messages[0], fields={"email": fault.messages}) from fault


class AddressFormField(forms.EmailField):
    """An address in a form; what it gives is ``cleaned``."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return cleaned(text) if text else text


if TYPE_CHECKING:  # so that the type checker knows them to be what they are beneath, and when they may be null
    Folded, AddressField = models.CharField, models.EmailField
else:

    class Folded(models.CharField):
        """A text whose ``iexact`` asks for ``fold``, whatever the locale of the database. Its index is on ``Upper``."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{"db_collation": "C", **options})

    class AddressField(models.EmailField):
        """An address, in forms too; compared as ``Folded``."""

        default_validators = [validate]

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{"db_collation": "C", **options})

        def formfield(self, *args: Any, **options: Any) -> Any:
            return super().formfield(*args, **{"form_class": AddressFormField, **options})


class SameFolded(Lookup[str]):
    """``UPPER`` of a column that has the collation C folds A–Z alone; what it is compared with is folded here."""

    lookup_name = "iexact"

    def get_prep_lookup(self) -> str:
        return fold(str(self.rhs))

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        column, of_column = self.process_lhs(compiler, connection)
        value, of_value = self.process_rhs(compiler, connection)
        return f"UPPER({column}) = {value}", (*of_column, *of_value)


Folded.register_lookup(SameFolded)
AddressField.register_lookup(SameFolded)


def _in_dns(domain: str) -> str:
    """``domain`` as the mail server asks for it (UTS 46, IDNA 2008). Errors: ``ValidationError``."""
    for unseen in (JOINERS, ""):
        seen: str = UNSEEN.sub(lambda found: found[0] if found[0] in unseen else "", domain)  # noqa: B023 (used at once)
        if seen.isascii():
            return seen.lower()
        try:
            return idna.encode(seen, uts46=True).decode()
        except idna.IDNAError:
            continue
    raise ValidationError(_("What stands after the @ is no domain."), code="address_domain")
