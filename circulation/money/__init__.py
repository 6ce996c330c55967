"""What readers owe and pay: fines, the ledger, lost copies, receipts, the till.

What lending does comes through here for its money; pages, API and commands call it for payments."""

from circulation.money.payments import charge, pay, refund, refund_charge, waive

__all__ = ["charge", "pay", "refund", "refund_charge", "waive"]
