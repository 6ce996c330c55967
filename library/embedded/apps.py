from django.apps import AppConfig


class EmbeddedConfig(AppConfig):
    name = "library.embedded"
    label = "embedded"
