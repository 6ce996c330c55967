from django.apps import AppConfig


class AistudyConfig(AppConfig):
    name = "aistudy"

    def ready(self) -> None:
        from accounts.models import Role
        from accounts.roles import grant
        from aistudy import receivers  # noqa: F401  (connects them)

        grant(Role.LIBRARIAN, ["aistudy.view_artifact"])
