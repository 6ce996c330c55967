"""How well passages are found: sets of questions with known answers, asked through the library's own search."""
