"""From what a page paints to its lines in reading order. Pure of Django: it runs in the process that reads the file."""
