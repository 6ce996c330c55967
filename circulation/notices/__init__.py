"""What lending tells its readers of their loans: due soon, overdue, on another day, lent, brought back."""
