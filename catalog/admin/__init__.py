"""The catalogue in the admin. Forms check, services decide; only changed columns are written."""

from catalog.admin.authorities import AuthorAdmin, CategoryAdmin, SeriesAdmin, SubjectAdmin
from catalog.admin.books import BookAdmin
from catalog.admin.copies import BranchAdmin, CopyAdmin, ItemTypeAdmin
from catalog.admin.files import faulty_files
from catalog.admin.vectors import BookGenerationAdmin

__all__ = [
    "AuthorAdmin",
    "BookAdmin",
    "BookGenerationAdmin",
    "BranchAdmin",
    "CategoryAdmin",
    "CopyAdmin",
    "ItemTypeAdmin",
    "SeriesAdmin",
    "SubjectAdmin",
    "faulty_files",
]
