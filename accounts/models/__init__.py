"""People: users, their tier and card, what they did, what they are told, and the codes that prove an address."""

from accounts.models.codes import OneTimeCode, OneTimeCodeQuerySet, Purpose
from accounts.models.invitations import Invitation, InvitationQuerySet
from accounts.models.limits import LockOut, Tally
from accounts.models.people import Patron, Role, RoleGrant, Tier, User, UserManager
from accounts.models.records import Activity, ActivityQuerySet, Notice, NoticeQuerySet, NoticeState

__all__ = [
    "Activity",
    "ActivityQuerySet",
    "Invitation",
    "InvitationQuerySet",
    "LockOut",
    "Notice",
    "NoticeQuerySet",
    "NoticeState",
    "OneTimeCode",
    "OneTimeCodeQuerySet",
    "Patron",
    "Purpose",
    "Role",
    "RoleGrant",
    "Tally",
    "Tier",
    "User",
    "UserManager",
]

from accounts import session_models as session_models
