"""What a payment provider has to be able to do, and the plain values that pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from circulation.models import GivingBack, PaymentAttempt
from library.core.errors import LibraryError, ServiceUnavailable


@dataclass(frozen=True)
class BegunPayment:
    """The provider takes it from here: its id of the attempt, and where to send the reader."""

    provider_id: str
    url: str


@dataclass(frozen=True)
class ProviderWord:
    """What the provider says, verified. ``units``: smallest ones of ``currency`` (ISO 4217).

    ``kind``: paid, ended, failed; refunded, not_refunded, to_be_refunded; or other. ``attempt``, ``giving_back``: our
    ids, where it names them.
    """

    event_id: str
    kind: str
    attempt: str = ""
    provider_id: str = ""
    intent: str = ""
    refund_id: str = ""
    giving_back: str = ""
    units: int = 0
    currency: str = ""


class ProviderDown(ServiceUnavailable):
    """It did not answer, or not so that we could read it: nothing is known of what it did. Try the same again."""

    code = "payment_provider_down"


class ProviderRefuses(LibraryError):
    """It answered that it will not."""

    code = "payment_refused_by_provider"


class NotVerified(LibraryError):
    """What claims to come from the provider does not prove it."""

    code = "signature_invalid"
    status = 400


class PaymentProvider(Protocol):
    """Whoever takes the money."""

    def begin(self, attempt: PaymentAttempt, *, label: str, back: str) -> BegunPayment:
        """Let the reader pay ``attempt`` there. A repeat with the attempt's key gives the first answer again.

        Errors: ``ProviderRefuses``, ``ProviderDown``.
        """

    def look(self, attempt: PaymentAttempt) -> ProviderWord | None:
        """How an attempt stands; None: still open. Errors: as ``begin``."""

    def give_back(self, asked: GivingBack) -> ProviderWord:
        """Let money of a payment go back to where it came from. A repeat with the row's id gives the first answer
        again. Errors: as ``begin``."""

    def look_for(self, asked: GivingBack) -> ProviderWord | None:
        """What became of that; None: it knows nothing of it. Errors: as ``begin``."""

    def read(self, body: bytes, headers: Mapping[str, str], *, at: datetime) -> ProviderWord:
        """What a message says. Errors: ``NotVerified``."""

    def digits(self, currency: str) -> int:
        """How many digits behind the point its smallest units have."""
