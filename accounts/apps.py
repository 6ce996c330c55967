from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import invitations, notices
        from accounts.models import Role
        from accounts.roles import apply_grants, grant

        grant(
            Role.LIBRARIAN,
            ["accounts.view_user", "accounts.view_patron", "accounts.change_patron", "accounts.view_tier"],
        )
        notices.words_at_sending(invitations.KIND)(invitations.words)
        # Not a model signal: it comes after all migrations, for each app once its permissions exist.
        post_migrate.connect(apply_grants, dispatch_uid="accounts.roles")
