"""What `manage.py check`, and every command that checks first, says of the embedding models that the settings name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.compatibility)
def models_that_run_here_can(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A model that only sentence-transformers runs, without it, is told before a reader's question fails for it."""
    from library.ai.embeddings import spec
    from library.ai.runtimes import bert_shape, sentence_transformers
    from library.ai.runtimes.local import needs_openvino, weights
    from library.core.config import embedding
    from library.core.config.model import ConfigError

    faults: list[CheckMessage] = []
    for model in map(spec, settings.EMBEDDING_MODELS):
        if model.url or not model.package:
            continue
        try:
            path = weights(model)
            if model.file:
                if not embedding.runs_here(model.name):
                    faults.append(Error(needs_openvino(model), id="ai.E003"))
            elif bert_shape.shape_of(path) is None and not sentence_transformers.are_installed():
                faults.append(Error(sentence_transformers.needed_for(model), id="ai.E001"))
        except ConfigError as missing:
            faults.append(Error(str(missing), id="ai.E002"))
    return faults


@register(Tags.compatibility)
def the_better_model_is_installed(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Where the model of a hundred languages has no wheel, staff are told what that means."""
    from library.core.config import embedding
    from library.core.config.model import config

    if not embedding.is_second_best(config()):
        return []
    sentence = (
        f"{embedding.MULTILINGUAL} is not installed on this system, so {embedding.ENGLISH} answers, which understands"
        " English alone. Run `make install`, or set LYCEUM_EMBEDDING_MODEL to say that this is meant."
    )
    return [Warning(sentence, id="ai.W001")]
