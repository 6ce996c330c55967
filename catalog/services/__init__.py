"""What happens to the catalogue. Everything here is keyword-only, checks its input and leaves nothing half-done."""

from catalog.files.services import attach_file, check_upload
from catalog.search_index.text import refresh_search_text, refresh_search_texts
from catalog.services.authorities import (
    rename_author,
    rename_category,
    rename_series,
    rename_subject,
    save_category,
    set_aliases,
)
from catalog.services.books import Added, create_book, delete_book, update_book
from catalog.services.bulk import change_books
from catalog.services.copies import add_copy, change_copy, delete_copy, move_copy
from catalog.services.covers import make_cover, refuse_cover, remove_cover, upload_cover
from catalog.services.merging import merge_authors, merge_books, merge_subjects

__all__ = [
    "Added",
    "add_copy",
    "attach_file",
    "change_books",
    "change_copy",
    "check_upload",
    "create_book",
    "delete_book",
    "delete_copy",
    "make_cover",
    "merge_authors",
    "merge_books",
    "merge_subjects",
    "move_copy",
    "refresh_search_text",
    "refresh_search_texts",
    "refuse_cover",
    "remove_cover",
    "rename_author",
    "rename_category",
    "rename_series",
    "rename_subject",
    "save_category",
    "set_aliases",
    "update_book",
    "upload_cover",
]
