"""People: users, their tier and card, what they did, what they are told, and the codes that prove an address."""

from accounts.models.codes import OneTimeCode, OneTimeCodeQuerySet, Purpose
from accounts.models.invitations import Invitation, InvitationQuerySet
from accounts.models.limits import LockOut, Tally
from accounts.models.people import Patron, Role, RoleGrant, Tier, User, UserManager
from accounts.models.records import Activity, ActivityQuerySet, Notice, NoticeQuerySet, NoticeState
from accounts.models.sessions import BrowserSession, KnownDevice, Ticket, TokenFamily, TokenFamilyQuerySet

__all__ = [
    "Activity",
    "ActivityQuerySet",
    "BrowserSession",
    "Invitation",
    "InvitationQuerySet",
    "KnownDevice",
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
    "Ticket",
    "Tier",
    "TokenFamily",
    "TokenFamilyQuerySet",
    "User",
    "UserManager",
]
