"""Payments online: a port to whoever takes the money, one adapter, and what becomes of what it tells us."""
