"""What higher apps may listen to. Sent inside the transaction of the cause, after all of it is written."""

from django.dispatch import Signal

# A copy was lent. Arguments: loan, by.
loan_opened = Signal()

# A copy came back, or is known to be back. Arguments: loan, by, was_lost (it had been declared lost).
loan_closed = Signal()

# A loan goes on. Arguments: loan, renewal (the row of its history), by (None: the library, automatically).
loan_renewed = Signal()

# A patron owes no more than their tier allows, and did before. Arguments: patron, at.
debt_settled = Signal()

# A loan's copy will not come back. Arguments: loan, by.
loan_declared_lost = Signal()
