"""How signs make words: by where they stand, and in the order in which they are read. Pure."""
