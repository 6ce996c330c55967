"""The parts of ``catalog.search``: reading a query, matching, ranking, spelling, narrowing and counting."""
