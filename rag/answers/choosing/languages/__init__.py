"""The words by which each language tells what is asked, and what an answer looks like."""
