"""People, staff and lock-outs in the admin."""

from accounts.admin import lock_outs as lock_outs
from accounts.admin import people as people
from accounts.admin import staff as staff
