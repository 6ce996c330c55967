"""Work that the library does by itself, at night or by the hour: row by row, once at a time, with a report for staff.

``walk`` takes rows one by one; ``report`` is for work that is done by statements over many. Both may run twice, late,
at the same moment in two workers, or be killed half-way.
"""

from library.jobs.nightly.runs import NightlyRun, report
from library.jobs.nightly.walks import walk

__all__ = ["NightlyRun", "report", "walk"]
