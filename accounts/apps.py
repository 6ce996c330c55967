from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.roles import apply_grants

        # Not a model signal: it comes once, after all migrations, when every permission exists.
        post_migrate.connect(apply_grants, dispatch_uid="accounts.roles")
