"""What other applications may want to do with a library that came out of a backup."""

from django.dispatch import Signal

# Sent on the restored database, migrated and not yet in use, inside one transaction. Arguments: ``at``.
library_restored = Signal()
