from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "library.search"
    label = "search"
