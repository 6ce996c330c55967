"""What higher apps may listen to. Sent inside the transaction of the cause."""

from django.dispatch import Signal

# A book has a new digital file. Arguments: book_file, by. A receiver may return the job that it started.
book_file_added = Signal()
