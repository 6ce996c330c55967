"""What happens to documents and their indexes."""

from rag.indexes.after_job import after_index
from rag.indexes.indexing import delete_index, merge_documents, reindex, start_index

__all__ = ["after_index", "delete_index", "merge_documents", "reindex", "start_index"]
