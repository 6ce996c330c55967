"""People: users, their tier and card, where they are signed in, and the codes that prove an address."""

from accounts.models.blocks import BlockLevel, PatronBlock, PatronBlockQuerySet
from accounts.models.codes import OneTimeCode, OneTimeCodeQuerySet, Purpose
from accounts.models.invitations import Invitation, InvitationQuerySet
from accounts.models.limits import LockOut, Tally
from accounts.models.people import Patron, Role, RoleGrant, Tier, User, UserManager
from accounts.models.sessions import BrowserSession, KnownDevice, Ticket, TokenFamily, TokenFamilyQuerySet

__all__ = [
    "BlockLevel",
    "BrowserSession",
    "Invitation",
    "InvitationQuerySet",
    "KnownDevice",
    "LockOut",
    "OneTimeCode",
    "OneTimeCodeQuerySet",
    "Patron",
    "PatronBlock",
    "PatronBlockQuerySet",
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
