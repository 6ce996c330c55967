"""What happens to loans and holds. Every surface (desk, pages, API, admin, commands) comes through here."""

from circulation.services.holds import cancel_hold, confirm_hold, move_holds, place_hold, refuse_hold
from circulation.services.loans import Action, CheckedIn, check_in, check_out
from circulation.services.matrix import matrix_version, save_matrix, save_settings

__all__ = [
    "Action",
    "CheckedIn",
    "cancel_hold",
    "check_in",
    "check_out",
    "confirm_hold",
    "matrix_version",
    "move_holds",
    "place_hold",
    "refuse_hold",
    "save_matrix",
    "save_settings",
]
