from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

_MAY = ("view", "add", "change", "delete")


class CirculationConfig(AppConfig):
    name = "circulation"
    verbose_name = _("Lending")

    def ready(self) -> None:
        from accounts.models import Role
        from accounts.people import block_kinds
        from accounts.services.roles import grant
        from catalog.pages import tabs
        from circulation import checks, privacy, receivers  # noqa: F401  (registers and connects them)
        from circulation.notices import holds as hold_notices
        from circulation.notices import kinds as loan_notices
        from circulation.notices import money as money_notices
        from library.core import tiles
        from library.core.privacy import registry
        from library.notices import kinds

        words = ["view_loan", "add_loan", "change_loan", "view_hold", "change_hold", "view_loanrule"]
        also = ["view_lendingsettings", "override_refusal"]
        grant(Role.LIBRARIAN, [f"circulation.{word}" for word in (*words, *also)])
        calendar = [f"{may}_{what}" for what in ("openinghours", "term", "calendarexception") for may in _MAY]
        grant(Role.LIBRARIAN, [f"circulation.{word}" for word in (*calendar, "view_redating", "add_redating")])
        money = [
            "view_charge",
            "add_charge",
            "waive_charge",
            "view_credit",
            "add_credit",
            "refund_credit",
            "close_till",
            "view_paymentattempt",
        ]
        grant(Role.LIBRARIAN, [f"circulation.{word}" for word in (*money, "view_refund", "move_fines")])
        block_kinds.register("suspended", _("Brought something back late"))
        reports = "circulation.reports.tiles"
        tiles.register(tiles.TileSource("loans", self.name, "circulation.view_loan", 10, f"{reports}.count_loans"))
        tiles.register(tiles.TileSource("holds", self.name, "circulation.view_hold", 20, f"{reports}.count_holds"))
        tabs.register(
            tabs.BookTab(
                code="copies",
                app=self.name,
                label=_("Copies"),
                order=10,
                template="circulation/_copies_tab.html",
                show="circulation.readers.book_tab.show_copies",
                count="total_copies",
            )
        )
        kinds.register("loan_not_renewed", app="circulation")
        loan_notices.register()
        hold_notices.register()
        money_notices.register()
        registry.register(
            "circulation",
            fields=privacy.FIELDS,
            exports=privacy.exported,
            erases=privacy.erase,
            blocks=privacy.blockers,
        )
        grant(Role.LIBRARIAN, ["circulation.view_monthlyloans"])
