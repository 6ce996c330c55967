"""Reading a book page by page."""
