"""The demonstration collection: facts about real books, and digital books written for this project."""

from pathlib import Path

FOLDER = Path(__file__).parent
