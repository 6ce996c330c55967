from django.apps import AppConfig


class AistudyConfig(AppConfig):
    name = "aistudy"
