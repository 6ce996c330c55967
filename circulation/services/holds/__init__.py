"""The verbs of holds. Every one goes by the hold's id, under the locks of patron, book, copies and hold."""
