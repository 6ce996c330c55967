from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "library.pages"
    label = "pages"

    def ready(self) -> None:
        from library.pages import office  # noqa: F401  (gives the first page of the admin what it shows)
