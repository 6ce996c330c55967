"""What a writer says in its own words: taken as text, checked block by block, and shown only as far as it stands."""
