"""Counts of few people are merged until nobody can be told from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.forgetting.small_cells import SMALLEST, Cells, merged


@pytest.mark.parametrize(
    ("counts", "kept", "others"),
    [
        ({}, {}, 0),
        ({1: 5}, {1: 5}, 0),
        ({1: 4}, {}, 4),
        ({1: 100, 2: 4}, {}, 104),  # four alone could be read off the sum
        ({1: 100, 2: 3, 3: 2}, {1: 100}, 5),
        ({1: 100, 2: 7, 3: 1}, {1: 100}, 8),  # the next smallest goes with it
        ({1: 7, 2: 7, 3: 1}, {2: 7}, 8),
        ({1: 0, 2: 9}, {2: 9}, 0),
    ],
)
def test_what_is_kept_and_what_is_merged(counts, kept, others):
    assert merged(counts) == Cells(kept, others)


@given(st.dictionaries(st.integers(1, 20), st.integers(0, 40)))
def test_nothing_small_stands_alone_and_nothing_is_lost(counts):
    kept, others = merged(counts)
    assert sum(kept.values()) + others == sum(counts.values())
    assert all(count >= SMALLEST for count in kept.values())
    assert others == 0 or others >= SMALLEST or not kept
