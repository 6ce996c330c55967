"""What the library's profile asks of the apps above it."""

from __future__ import annotations

from django.dispatch import Signal

# Whether sums are kept in the library's currency, so that it cannot be another any more: a receiver says True.
currency_wanted = Signal()
