"""What higher apps may listen to. Sent inside the transaction of the cause."""

from django.dispatch import Signal

# A document has a new live generation. Arguments: document, generation, requested_by (a user's id or None).
index_ready = Signal()
