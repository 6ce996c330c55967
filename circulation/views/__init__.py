"""The pages of lending: those of the reader, and those of the staff."""
