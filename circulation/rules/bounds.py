"""How far the values of lending may go: beyond them nobody means it, and reckoning with them holds up the desk."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from library.core.days import EARLIEST, LATEST

LONGEST_PERIOD = 3_650  # days or hours
MOST = 32_767  # loans, renewals: what the column holds
HIGHEST_FINE = Decimal(99_999)  # a fine, its cap, a fee
TOO_HIGH = _("At most 99,999.")
TOO_LONG = _("At most 3,650.")
OUT_OF_BOUNDS = _("Choose a date from 1900 to 2999.")
A_PERIOD = [MaxValueValidator(LONGEST_PERIOD, TOO_LONG)]
A_DAY = [MinValueValidator(EARLIEST, OUT_OF_BOUNDS), MaxValueValidator(LATEST, OUT_OF_BOUNDS)]
