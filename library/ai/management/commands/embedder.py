"""``manage.py embedder``: the process that turns texts into vectors, for all others."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.log import configure_logging

from library.ai.embeddings import spec
from library.ai.runtimes.local import load, local_embedder
from library.ai.runtimes.while_used import WhileUsed
from library.ai.server import EmbedderApp
from library.ai.spec import Embedder, ModelSpec
from library.core.config.model import ConfigError
from library.embedded import folders

LONGEST_SOCKET_PATH = 107  # bytes
BULK_REST = 20.0  # seconds without a text: the next book loads the model again in half a second, and takes many
OTHERS_REST = 120.0


class Command(BaseCommand):
    help = "Keeps the embedding model and answers POST /v1/embeddings on a unix socket."
    requires_system_checks: list[str] = []  # Django's own declaration; needs no database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--socket", type=Path, help="Where to listen (default: a short private folder).")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _leave)
        models = [model for model in map(spec, settings.EMBEDDING_MODELS) if model.package and not model.url]
        if not models:
            raise CommandError("No embedding model of the settings runs on this machine.")
        try:
            path: Path = options["socket"] or folders.socket_folder(settings.VAR) / "embedder.sock"
            listener = listen(path.absolute())
        except (ConfigError, OSError) as fault:
            raise CommandError(f"The embedder cannot listen: {fault}") from None
        try:
            self._serve(models, listener, path.absolute())
        finally:
            listener.close()
            path.unlink(missing_ok=True)
            forget(path.absolute())

    def _serve(self, models: list[ModelSpec], listener: socket.socket, path: Path) -> None:
        import uvicorn

        try:
            embedders: dict[str, Embedder] = {model.name: _for_questions(model) for model in models}
        except ConfigError as fault:
            raise CommandError(str(fault)) from None
        bulk = {model.name: WhileUsed(partial(load, model), seconds=BULK_REST) for model in models}
        app = EmbedderApp(embedders, bulk=bulk, on_ready=lambda: announce(path))
        server = uvicorn.Server(
            uvicorn.Config(
                app, log_level="warning", lifespan="on", ws="none", access_log=False, timeout_graceful_shutdown=5
            )
        )
        server.run(sockets=[listener])


def _for_questions(model: ModelSpec) -> Embedder:
    """The settings' own model, ready; any other once somebody asks by it, as while all books go over to another.

    Errors: ``ConfigError``.
    """
    if model != spec():
        return WhileUsed(partial(load, model), seconds=OTHERS_REST)
    embedder = local_embedder(model)
    embedder.embed(["The first batch is the slowest."], "question")
    return embedder


def run(arguments: list[str]) -> None:
    """The command without any of the library's apps, which would take as much memory as the model."""
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    Command().run_from_argv(arguments)


def _leave(number: int, frame: object) -> NoReturn:
    """End as a program that was asked to, whether the model is loading or serving."""
    sys.exit(0)


def listen(path: Path) -> socket.socket:
    """A listening socket at ``path``, ours alone; a stale one is removed.

    Errors: ``ConfigError`` where the path is too long or another embedder answers there.
    """
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        raise ConfigError(f"{path} is longer than {LONGEST_SOCKET_PATH} bytes; choose a shorter --socket.")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    if path.is_socket():
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                probe.settimeout(1)
                probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
        else:
            listener.close()
            raise ConfigError(f"another embedder already answers at {path}.")
    former = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(former)
    return listener  # uvicorn listens once the model is loaded: until then clients are refused, not kept waiting


def announce(path: Path) -> None:
    """Tell the other processes where we answer."""
    target: Path = settings.EMBEDDER_SOCKET_FILE
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    draft.write_text(json.dumps({"socket": str(path), "pid": os.getpid()}))
    draft.replace(target)


def forget(path: Path) -> None:
    """Take the announcement back if it is still ours."""
    target: Path = settings.EMBEDDER_SOCKET_FILE
    try:
        if json.loads(target.read_text())["socket"] == str(path):
            target.unlink()
    except (OSError, ValueError, KeyError):
        pass
