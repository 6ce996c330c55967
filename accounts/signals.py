"""What higher apps may listen to."""

from django.dispatch import Signal

# Somebody is to be kept out. Arguments: user. A receiver returns sentences about what of theirs is still open, such as
# loans: they are shown to whoever closes the account.
account_closing = Signal()

# Somebody is to get a card. Arguments: card. A receiver answers True where the number stands for something else that is
# scanned at the desk.
card_wanted = Signal()
