"""Which records mean what somebody asks for, and which mean alike."""

from __future__ import annotations
