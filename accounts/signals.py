"""What higher apps may listen to."""

from django.dispatch import Signal

# Somebody is to be kept out. Arguments: user. A receiver returns sentences about what of theirs is still open, such as
# loans: they are shown to whoever closes the account.
account_closing = Signal()
