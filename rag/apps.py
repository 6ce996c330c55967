from django.apps import AppConfig


class RagConfig(AppConfig):
    name = "rag"

    def ready(self) -> None:
        from accounts.models import Role
        from accounts.roles import grant
        from rag import receivers  # noqa: F401  (connects them)

        grant(Role.LIBRARIAN, ["rag.view_document", "rag.view_indexgeneration"])
