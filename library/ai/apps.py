from django.apps import AppConfig


class AIConfig(AppConfig):
    name = "library.ai"
    label = "ai"

    def ready(self) -> None:
        from library.ai import checks  # noqa: F401  (registers itself)
