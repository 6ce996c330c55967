"""Tasks as their apps declare them, each beside its function: its name, the queue that it waits in, how often it runs.

Nothing lists them anywhere else: workers, beat and whoever sends a message by name ask here (``library.celery``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

from celery import shared_task
from django.apps import apps
from django.utils.functional import Promise
from django.utils.module_loading import module_has_submodule

QUICK = "quick"  # done within a second or so, such as letters
SLOW = "slow"  # may take minutes, and memory
QUEUES = (QUICK, SLOW)
MODULE = "tasks"

_Given = ParamSpec("_Given")
_Gives = TypeVar("_Gives")


@dataclass(frozen=True)
class DeclaredTask:
    """A task by its name. ``every``: seconds from one run to the next; None: only when somebody asks for it.

    ``called``: what staff read where its name would say too little.
    """

    name: str
    function: str
    queue: str
    every: float | None
    called: str | Promise = ""

    @property
    def beat_entry(self) -> dict[str, Any]:
        """What beat knows of it. A message that nobody took within its interval expires: the next one does as much."""
        return {"task": self.name, "schedule": self.every, "options": {"expires": self.every}}


_declared: dict[str, DeclaredTask] = {}


def task(
    name: str, *, queue: str = QUICK, every: float | None = None, called: str | Promise = ""
) -> Callable[[Callable[_Given, _Gives]], Callable[_Given, _Gives]]:
    """Make a function a task that workers know by ``name``; ``every``: seconds after which it runs again by itself;
    ``called``: what staff read in its reports.

    Errors: ``ValueError`` for a name that another function has, an unknown queue, or an interval that is none.
    """

    def decorate(function: Callable[_Given, _Gives]) -> Callable[_Given, _Gives]:
        _declare(DeclaredTask(name, f"{function.__module__}.{function.__qualname__}", queue, every, called))
        made: Callable[_Given, _Gives] = shared_task(name=name)(function)
        return made

    return decorate


def _declare(declared: DeclaredTask) -> None:
    if declared.queue not in QUEUES:
        raise ValueError(f"{declared.name}: there is no queue {declared.queue!r}.")
    if declared.every is not None and declared.every <= 0:
        raise ValueError(f"{declared.name}: {declared.every!r} is no interval.")
    known = _declared.setdefault(declared.name, declared)
    if known.function != declared.function:
        raise ValueError(f"{known.function} and {declared.function} are both called {declared.name!r}.")


def declared_tasks() -> dict[str, DeclaredTask]:
    """Every task of every installed app by its name, whether its file was needed before or not."""
    for config in apps.get_app_configs():
        if module_has_submodule(config.module, MODULE):
            import_module(f"{config.name}.{MODULE}")
    return dict(sorted(_declared.items()))


def beat_schedule() -> dict[str, dict[str, Any]]:
    """What runs by itself, as Celery's ``beat_schedule``."""
    return {name: declared.beat_entry for name, declared in declared_tasks().items() if declared.every}


def route(name: str, *given: Any, **options: Any) -> dict[str, str]:
    """The queue of a task, as Celery's ``task_routes`` asks for it. A name that no app declares goes to the quick one,
    where a worker says that it knows no such task."""
    declared = _declared.get(name) or declared_tasks().get(name)
    return {"queue": declared.queue if declared else QUICK}


def called(name: str) -> str:
    """A task in words for staff; one that no app declares any more by its name."""
    declared = declared_tasks().get(name)
    return str(declared.called) if declared and declared.called else name.replace("_", " ")
