"""The rules of holds: whether one may be placed, which copies could serve it, whose turn it is, how long it is kept."""
