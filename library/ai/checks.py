"""What `manage.py check`, and every command that checks first, says of the embedding models that the settings name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.compatibility)
def models_that_run_here_can(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A model that only sentence-transformers runs, without it, is told before a reader's question fails for it."""
    from library.ai.embeddings import spec
    from library.ai.runtimes import bert_shape, sentence_transformers
    from library.ai.runtimes.local import weights
    from library.core.config.model import ConfigError

    faults: list[CheckMessage] = []
    for model in map(spec, settings.EMBEDDING_MODELS):
        if model.url or not model.package:
            continue
        try:
            if bert_shape.shape_of(weights(model)) is None and not sentence_transformers.are_installed():
                faults.append(Error(sentence_transformers.needed_for(model), id="ai.E001"))
        except ConfigError as missing:
            faults.append(Error(str(missing), id="ai.E002"))
    return faults
