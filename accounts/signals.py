"""What higher apps may listen to."""

from django.dispatch import Signal

# Somebody is to get a card. Arguments: card. A receiver answers True where the number stands for something else that is
# scanned at the desk.
card_wanted = Signal()

# Something stands against a patron no longer. Arguments: patron (whose row is locked), at.
block_lifted = Signal()

# Somebody whose past loans were kept wants that no longer, and was warned. Arguments: patron. In the transaction of it.
history_given_up = Signal()
