"""What higher apps may listen to. Sent inside the transaction of the cause."""

from django.dispatch import Signal

# A document has a new live generation. Arguments: document, generation, requested_by (a user's id or None), same_pages
# (the text of every page is what it was: only the passages or their vectors are new).
index_ready = Signal()

# The index of a document was deleted; the document stays. Arguments: document.
index_deleted = Signal()

# A document goes because its book's record went into another one. Arguments: document, kept (the document of the book
# that stays, or None). Sent before it is deleted with what hangs on it.
document_merging = Signal()
