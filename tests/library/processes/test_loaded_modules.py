"""What each kind of process loads before it has anything to do: memory and start are mostly that."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from library.core.config.model import ROOT

AI = ("torch", "transformers", "sentence_transformers", "openvino", "onnxruntime", "tokenizers", "pymupdf", "rapidocr")
RARE = ("iso639", "xlsxwriter", "rapidfuzz", "requests", "pygments", "jinja2")
SETUP = "import os, django; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'library.settings'); django.setup();"
# By kind: what loads as it does, what must be there (else the test would see nothing), what must not.
PROCESSES = {
    "manage.py check": (
        "import sys; sys.argv = ['manage.py', 'check']; import manage; manage.main()",
        ("library.urls", "catalog.admin"),
        (*AI, *RARE, "numpy", "celery"),
    ),
    "supervisor": (
        "from library.embedded import supervisor; from library.core.config.model import config; config()",
        ("library.embedded.supervisor",),
        (*AI, *RARE, "django", "celery", "psycopg", "redis", "numpy"),
    ),
    "web": (
        "import library.asgi; from django.urls import get_resolver; get_resolver().url_patterns",
        ("library.urls", "catalog.admin", "celery"),
        (*AI, *RARE, "numpy"),
    ),
    "workers": (
        f"{SETUP} from library.celery import app; app.loader.import_default_modules()",
        ("rag.tasks", "catalog.tasks", "accounts.tasks"),
        (*AI, *RARE, "numpy", "library.urls", "catalog.admin", "drf_spectacular.openapi", "rest_framework.views"),
    ),
    "embedder": (
        "from library.ai.management.commands import embedder; from django.conf import settings; settings.VAR",
        ("library.ai.server", "library.settings"),
        (*AI, *RARE, "celery", "redis", "catalog.models", "accounts.models", "rest_framework"),
    ),
}


def loaded(code: str, names: tuple[str, ...]) -> list[str]:
    """Which of ``names`` a fresh process has once it has run ``code``."""
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print('loaded:', *(n for n in {names!r} if n in sys.modules))"],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()[-1].removeprefix("loaded:").split()


@pytest.mark.parametrize("kind", PROCESSES)
def test_a_process_loads_what_it_needs_at_once_and_nothing_rare(kind):
    code, needed, unwanted = PROCESSES[kind]
    assert loaded(code, (*needed, *unwanted)) == list(needed)


def test_what_was_left_out_is_there_for_who_asks_for_it():
    names = ("requests", "pygments", "jinja2")
    installed = loaded("pass", ())
    assert installed == []
    for name in names:
        found = loaded(
            f"import importlib.util as u; {SETUP} import library.urls; u.find_spec({name!r}) and __import__({name!r})",
            (name,),
        )
        assert found in ([name], [])
        assert (
            found
            or subprocess.run([sys.executable, "-c", f"import {name}"], check=False, capture_output=True).returncode
        )


def test_every_task_has_the_one_application():
    code = (
        f"{SETUP} from library.core.background.wake import application; from library.celery import app; from celery import current_app;"
        " assert application() is app; assert current_app._get_current_object() is app"
    )
    assert loaded(code, ("celery",)) == ["celery"]
