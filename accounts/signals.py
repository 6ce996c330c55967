"""What higher apps may listen to."""

from django.dispatch import Signal

# Somebody is to get a card. Arguments: card. A receiver answers True where the number stands for something else that is
# scanned at the desk.
card_wanted = Signal()
