"""The web process loads no AI library, whatever it imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import sys, django
django.setup()
from django.urls import get_resolver
def walk(patterns):
    for pattern in patterns:
        walk(getattr(pattern, "url_patterns", []))
walk(get_resolver().url_patterns)
import rag.answers.services, rag.api.views, rag.views, rag.receivers, rag.tasks, aistudy.tasks, aistudy.api.views
from library.ai import embeddings
from library.ai.errors import EmbedderUnavailable
try:
    embeddings.for_questions().embed(["anyone there?"], "question")
except EmbedderUnavailable:
    print("ASKED")
heavy = {"torch", "transformers", "sentence_transformers", "pymupdf", "fitz", "onnxruntime", "openvino", "tokenizers"}
print("LOADED", sorted(heavy & set(sys.modules)))
"""


def test_web_process_imports_no_ai_library(tmp_path):
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "library.settings", "LYCEUM_VAR": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert "ASKED\nLOADED []" in ran.stdout, ran.stdout + ran.stderr[-2000:]
