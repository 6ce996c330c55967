"""What happens to loans and holds. Every surface (desk, pages, API, admin, commands) comes through here."""

from circulation.services.claims import claim_returned, declare_lost, withdraw_claim
from circulation.services.explanations import Explained, explain_check_out, explain_renewals
from circulation.services.holds.ending import cancel_hold, keep_hold
from circulation.services.holds.merging import move_holds
from circulation.services.holds.picking import confirm_hold, refuse_hold
from circulation.services.holds.placing import place_hold
from circulation.services.holds.waiting import change_pickup, move_hold, queue_version, resume_hold, suspend_hold
from circulation.services.loans import check_out
from circulation.services.matrix import (
    add_rule,
    change_rule,
    matrix_version,
    remove_rule,
    save_matrix,
    save_settings,
)
from circulation.services.renewals import RenewedAll, renew, renew_all, renew_automatically
from circulation.services.returns import Action, CheckedIn, check_in

__all__ = [
    "Action",
    "CheckedIn",
    "Explained",
    "RenewedAll",
    "add_rule",
    "cancel_hold",
    "change_pickup",
    "change_rule",
    "check_in",
    "check_out",
    "claim_returned",
    "confirm_hold",
    "declare_lost",
    "explain_check_out",
    "explain_renewals",
    "keep_hold",
    "matrix_version",
    "move_hold",
    "move_holds",
    "place_hold",
    "queue_version",
    "refuse_hold",
    "remove_rule",
    "renew",
    "renew_all",
    "renew_automatically",
    "resume_hold",
    "save_matrix",
    "save_settings",
    "suspend_hold",
    "withdraw_claim",
]
