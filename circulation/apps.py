from django.apps import AppConfig


class CirculationConfig(AppConfig):
    name = "circulation"

    def ready(self) -> None:
        from accounts.models import Role
        from accounts.roles import grant
        from circulation import receivers  # noqa: F401  (connects them)

        words = ["view_loan", "add_loan", "change_loan", "view_hold", "change_hold", "view_loanrule"]
        grant(Role.LIBRARIAN, [f"circulation.{word}" for word in (*words, "override_refusal")])
