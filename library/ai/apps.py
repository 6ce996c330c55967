from django.apps import AppConfig


class AIConfig(AppConfig):
    name = "library.ai"
    label = "ai"
