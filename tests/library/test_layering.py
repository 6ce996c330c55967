"""The ways up that import-linter cannot see."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import ROOT, environment

LAYERS = [
    "library/core",
    "library/ai",
    "library/search",
    "library/jobs",
    "accounts",
    "catalog",
    "circulation",
    "rag",
    "aistudy",
    "library/pages",
]
HEAVY = ["torch", "transformers", "sentence_transformers", "onnxruntime", "openvino", "pymupdf", "sklearn", "scipy"]


def sources(pattern: str) -> list[Path]:
    return [
        path for path in ROOT.glob(pattern) if not {".venv", "var", "migrations"} & set(path.relative_to(ROOT).parts)
    ]


def test_no_model_is_fetched_by_name():
    wrong = [path for path in sources("**/*.py") if re.search(r"apps\.get_model\(", path.read_text())]
    assert wrong == []


def test_no_model_signals():
    # Not the method of that name by which a field says what it stores.
    banned = re.compile(r"(?<!def )(?<!super\(\)\.)(?<!field\.)\b(pre|post)_(save|delete|init)\b|\bm2m_changed\b")
    allowed = Path(__file__)
    wrong = [path for path in sources("**/*.py") if path != allowed and banned.search(path.read_text())]
    assert wrong == []


def test_templates_load_only_tags_from_their_own_layer_or_below():
    owner = {
        tags.stem: layer
        for layer in LAYERS
        for tags in (ROOT / layer / "templatetags").glob("*.py")
        if tags.stem != "__init__"
    }
    folders = {layer.split("/")[-1]: layer for layer in LAYERS}
    for template in sources("templates/**/*.html"):
        folder = template.relative_to(ROOT / "templates").parts[0]
        mine = LAYERS.index(folders.get(folder, "library/pages"))
        for names in re.findall(r"{% load ([^%]+?) %}", template.read_text()):
            for name in names.split(" from ")[-1].split():
                if name in owner:
                    assert LAYERS.index(owner[name]) <= mine, f"{template} loads {name} from above"


@pytest.mark.parametrize("command", ["check", "help"])
def test_commands_start_without_ai_libraries(command):
    script = (
        f"import sys; sys.argv = ['manage.py', {command!r}]\nimport manage\nmanage.main()\n"
        f"print('LOADED', sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert "LOADED []" in ran.stdout, ran.stdout[-500:] + ran.stderr[-2000:]


def test_every_template_string_goes_through_gettext():
    """Between tags there is no English that no catalogue could translate."""
    words = re.compile(r">\s*[^<>{}%]*[A-Za-z]{3,}[^<>{}%]*<")
    names = {"Lyceum"}
    wrong = []
    for template in sources("templates/**/*.html"):
        text = re.sub(
            r"{% blocktrans.*?endblocktrans[a-z]* %}|{% comment.*?endcomment %}|{#.*?#}",
            "",
            template.read_text(),
            flags=re.S,
        )
        text = re.sub(r"<(script|style|kbd|svg)\b.*?</\1>", "", text, flags=re.S)
        wrong += [
            f"{template.name}: {found.strip()}" for found in words.findall(text) if found.strip("<> \n") not in names
        ]
    assert wrong == []
