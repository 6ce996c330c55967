"""Asking as a conversation: what was asked and answered, in order, kept for whoever asked."""
