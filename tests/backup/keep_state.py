"""Keeps the state of this version, so that later ones can be held to upgrade it: ``python -m tests.backup.keep_state``.

It starts the demonstration, makes it small (most vectors go, they can be made anew), and writes a backup of it to
``tests/backup/states/``. What is there already is never written anew: those libraries exist.
"""

from __future__ import annotations

import lzma
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from tests.stack import ROOT, Stack, eventually

STATES = Path(__file__).parent / "states"
SMALL = "A small book. It says little, and what it says it says once.\n" * 30
MAKE_SMALL = f"""
from django.core.files.base import ContentFile
from catalog.models import BookFile
from catalog.services import attach_file
book = BookFile.objects.order_by("-size").first().book
attach_file(book=book, upload=ContentFile({SMALL.encode()!r}, name="small.txt"), by=None)
"""
# What is without a vector is stale, as any record is that was just added.
FEW_VECTORS = """
WITH gone AS (
  DELETE FROM catalog_bookvector WHERE book_id NOT IN (SELECT id FROM catalog_book ORDER BY id LIMIT 20)
) SELECT 1
"""
WRITE = """
from library.backup.server import programs
programs.COMPRESSION = "none"  # the whole is compressed afterwards, and better
from django.core.management import call_command
call_command("backup", {path!r}, verbosity=0)
"""


def keep(name: str) -> Path:
    """Write the state under ``name``; gives its file."""
    kept = STATES / f"{name}.tar.xz"
    if kept.exists():
        raise SystemExit(f"{kept} is there already: a state that was kept is never another.")
    stack = Stack(ROOT / "var" / "keep-state")
    stack.remove()
    try:
        stack.start()
        idle(stack)
        run(stack, MAKE_SMALL)
        idle(stack)
        stack.kill("-Q quick")  # which keeps time: or the vectors come back
        stack.sql(FEW_VECTORS)
        plain = stack.var / "state.tar"
        run(stack, WRITE.format(path=str(plain)))
        STATES.mkdir(exist_ok=True)
        with plain.open("rb") as file, lzma.open(kept, "wb", preset=9 | lzma.PRESET_EXTREME) as out:
            shutil.copyfileobj(file, out)
    finally:
        stack.remove()
    return kept


def run(stack: Stack, script: str) -> None:
    ran: subprocess.CompletedProcess[str] = stack.manage("shell", "-v", "0", "-c", script)
    if ran.returncode:
        raise SystemExit(ran.stderr)


def idle(stack: Stack) -> None:
    """Wait until every book is indexed, every record has its vector and every term is counted."""
    waiting = """
    SELECT (SELECT count(*) FROM jobs_job WHERE state IN ('queued', 'running'))
         + (SELECT count(*) FROM catalog_termchange) + (SELECT count(*) FROM rag_librarytermchange)
         + (SELECT count(*) FROM catalog_book)
         - (SELECT count(*) FROM catalog_bookvector JOIN catalog_bookgeneration AS g ON g.id = generation_id AND state = 'live')
    """
    eventually(lambda: stack.sql(waiting) == [(0,)], seconds=300, pause=1)


if __name__ == "__main__":
    kept = keep(sys.argv[1] if len(sys.argv) > 1 else f"{datetime.now():%Y-%m-%d}")  # noqa: DTZ005 (a name for people)
    print(f"{kept}: {kept.stat().st_size // 1000} kB")
