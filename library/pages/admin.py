"""Found by Django with the pages of the admin: what its first page shows."""

from library.pages import office  # noqa: F401  (registers itself)
