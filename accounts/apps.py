from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from accounts import receivers
        from accounts.models import Role
        from accounts.people import block_kinds, privacy
        from accounts.services import enrolment, invitations
        from accounts.services.roles import apply_grants, grant
        from library.backup.signals import library_restored
        from library.core import tiles
        from library.core.errors import Level
        from library.core.privacy import registry
        from library.live import doors
        from library.notices import kinds

        block_kinds.register(block_kinds.CARD_LOST, _("Card reported lost"), level=Level.IMPOSSIBLE, by_hand=True)
        block_kinds.register(block_kinds.RESTRICTED, _("May not borrow"), by_hand=True)
        block_kinds.register(block_kinds.ADDRESS_UNCONFIRMED, _("Address not confirmed"), by_hand=True)
        grant(Role.LIBRARIAN, [f"accounts.{may}_patronblock" for may in ("view", "add", "delete")])
        grant(
            Role.LIBRARIAN,
            ["accounts.view_user", "accounts.view_patron", "accounts.change_patron", "accounts.view_tier"],
        )
        grant(Role.LIBRARIAN, ["accounts.add_patron"])  # to register readers, and print the letters of who has no mail
        grant(Role.LIBRARIAN, ["notices.view_addressmark", "notices.change_addressmark"])
        kinds.register(invitations.KIND, app="accounts", at_sending=invitations.words)
        kinds.register("welcome", app="accounts", at_sending=enrolment.words)
        for code in ("address_changed", "locked_out", "password_changed", "signed_in_elsewhere"):
            kinds.register(code, app="accounts")
        count = "accounts.people.tiles.count_registered"
        tiles.register(tiles.TileSource("registered", self.name, "accounts.view_patron", 30, count))
        user_logged_in.connect(receivers.record_signed_in, dispatch_uid="accounts.receivers")
        user_logged_out.connect(receivers.record_signed_out, dispatch_uid="accounts.receivers")
        grant(Role.LIBRARIAN, ["accounts.view_lockout", "accounts.change_lockout"])
        registry.register(
            "accounts",
            fields=privacy.FIELDS,
            exports=privacy.exported,
            erases=privacy.erase,
            blocks=privacy.blockers,
        )
        doors.register(enter="accounts.sessions.sockets.enter", still_in="accounts.sessions.sockets.still_in")
        library_restored.connect(receivers.end_sessions, dispatch_uid="accounts.sessions")
        # Not a model signal: it comes after all migrations, for each app once its permissions exist.
        post_migrate.connect(apply_grants, dispatch_uid="accounts.services.roles")
