"""Pages of rag that are more than a form."""
