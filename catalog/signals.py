"""What higher apps may listen to. Sent inside the transaction of the cause."""

from django.dispatch import Signal

# A book has a new digital file. Arguments: book_file, by. A receiver may return the job that it started.
book_file_added = Signal()

# Two records are becoming one. Arguments: kept, merged (both locked; ``merged`` is deleted when all have answered),
# takes_file (whether the file of ``merged`` becomes that of ``kept``), by. A receiver takes what is its own along, and
# returns the relations to books that it answers for, as {"circulation.Hold.book"}. One that nobody names stops the
# merge: nothing that hangs on a book is lost because an app was forgotten.
books_merging = Signal()

# Copies of a book may stand free that did not before: added, mended, found, for loan again, moved here with or without
# their record. Arguments: book_id (its lock is held).
copies_freed = Signal()
