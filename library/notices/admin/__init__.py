"""Letters in the admin: the outbox, addresses that mail does not reach, and the texts of letters."""

from library.notices.admin import outbox, texts  # noqa: F401  (registers)
