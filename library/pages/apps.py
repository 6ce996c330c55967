from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "library.pages"
    label = "pages"
