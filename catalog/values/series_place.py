"""Where in its series a book stands: at one place, or over several as an omnibus of volumes 1 to 3 does."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class SeriesPlace(NamedTuple):
    """``first``, and ``last`` where it is a range (then greater than ``first``). As text what is typed: 2, 1.5, 1-3."""

    first: Decimal
    last: Decimal | None = None

    def __str__(self) -> str:
        return self.joined("-")

    @property
    def shown(self) -> str:
        """As readers see it, with an en dash: 1–3."""
        return self.joined("–")

    def joined(self, dash: str) -> str:
        """Its numbers without idle noughts, ``dash`` between them."""
        return dash.join(f"{number.normalize():f}" for number in self if number is not None)
