"""The parts of ``catalog.search.services``: reading a query, matching, ranking, spelling, narrowing and counting."""
