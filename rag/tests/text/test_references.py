"""Entries of lists of references are known by their shape, in many styles and languages; what is prose is none."""

from __future__ import annotations

import pytest

from rag.text.references import holds, is_entry, is_title_of_references
from rag.text.sentences import TextSpan

ENTRIES = """
Novikoff, A. B. J. (1962). On convergence proofs on perceptrons. Symposium on the Mathematical Theory of
Automata, 12, 615–622.

Rosenblatt, F. (1958). The perceptron: A probabilistic model for information storage. Psychological Review,
65(6), 386–408. https://doi.org/10.1037/h0042519

[12] A. B. Novikoff, “On convergence proofs on perceptrons,” in Proc. Symp. Math. Theory Automata, vol. 12,
1962, pp. 615–622.

1. Smith J, Doe AB. The whale and its krill. J Mar Biol. 2015;12(3):45-50.

Melville, Herman. Moby-Dick; or, The Whale. New York: Harper & Brothers, 1851.

Darwin, Charles. On the Origin of Species. London: John Murray, 1859.

———. The Descent of Man. London: John Murray, 1871.

Habermas, Jürgen: Strukturwandel der Öffentlichkeit. Suhrkamp, Frankfurt am Main 1990.

Luhmann, N.: Soziale Systeme. Grundriß einer allgemeinen Theorie. Frankfurt a. M. 1984, S. 12.

Foucault, Michel. Surveiller et punir. Paris : Gallimard, 1975.

Bourdieu, P. (1979). La distinction. Paris: Éditions de Minuit.

García Márquez, G. (1967). Cien años de soledad. Buenos Aires: Editorial Sudamericana.

Eco, Umberto. Il nome della rosa. Milano: Bompiani, 1980.

Выготский Л. С. Мышление и речь. — М.: Лабиринт, 1999. — 352 с.

[1] 王小明. 鲸鱼研究[J]. 海洋学报, 2015, 12(3): 45-50.

von Neumann, J. and Morgenstern, O. (1944) Theory of Games and Economic Behavior. Princeton: Princeton
University Press.

van der Waals, J. D. (1873). Over de continuiteit van den gas- en vloeistoftoestand. Leiden: Sijthoff.

D. E. Knuth. The Art of Computer Programming, volume 3. Addison-Wesley, 1973, pp. 12-14.

Knuth, Donald E. The Art of Computer Programming. Addison-Wesley, 1968.

[Knu97] Donald E. Knuth. The Art of Computer Programming. Vol. 1. Addison-Wesley, 1997. ISBN 0-201-89683-4.

Mac Lane, S. (1971). Categories for the Working Mathematician. Springer.

O’Brien, P. 1994. The Commodore. London: HarperCollins.

Barker, E., Kelsey, J., Roginsky, A., Turan, M. S., Buller, D., & Kaufer, A. (2021). Recommendation for Random
Bit Generator (RBG) Constructions. Draft NIST Special Publication SP 800-90C.
"""
PROSE = """
Novikoff, A. B. (1962) proved that the perceptron learns whatever can be parted by a plane.

In 1962 Novikoff proved that the perceptron converges, as pp. 12–14 of his paper show.

The perceptron (Novikoff, 1962) converges. So while it learns, it moves.

A. Novikoff, who was born in 1925, proved it in Boston: Harvard gave him a chair.

Whales are mammals that breathe air, and in 1851 Melville wrote a book about them.

1. Open the lid of the box before 1999 and look inside.

Berlin, Germany, was divided from 1949 to 1990 by a wall.

London: In 1859 Darwin published his book On the Origin of Species.

J. Watt improved the steam engine in 1769 with a separate condenser.

Smith, Adam, the author of The Wealth of Nations of 1776, was born in Kirkcaldy.

Darwin, Charles (born 1809) sailed round the world.

12 Monkeys is a film of 1995.

In den Jahren 1914–1918 herrschte Krieg in Europa, und S. 12 sagt es.
"""


def lines(text: str) -> list[str]:
    """Entries, each on as many lines as it takes; an empty line parts them."""
    return [" ".join(part.split()) for part in text.strip().split("\n\n")]


@pytest.mark.parametrize("entry", lines(ENTRIES))
def test_entry_of_whatever_style_and_language_is_one(entry):
    assert is_entry(entry)


@pytest.mark.parametrize("text", lines(PROSE))
def test_prose_with_names_and_years_is_no_entry(text):
    assert not is_entry(text)


@pytest.mark.parametrize(
    "title",
    [
        "References",
        "7 References",
        "7.2. REFERENCES",
        "Bibliography",
        "Works Cited",
        "Appendix B: Bibliography",
        "A.3 Further Reading",
        "Selected Bibliography",
        "Literaturverzeichnis",
        "Références bibliographiques",
        "Bibliografía",
        "Список использованной литературы",
        "参考文献",
        "المراجع",
    ],
)
def test_section_of_references_is_known_by_its_title(title):
    assert is_title_of_references(title)


@pytest.mark.parametrize(
    "title",
    ["", "Reference", "References to whales", "The sources of the Nile", "Literature and life", "Citations as law"],
)
def test_section_about_something_else_is_none(title):
    assert not is_title_of_references(title)


FIRST = "Novikoff, A. B. (1962). On convergence proofs on perceptrons. Symposium on Automata, 12, 615–622."
SECOND = "Odd, one that fits no style and names no year at all."
THIRD = "Rosenblatt, F. (1958). The perceptron: A model of the brain. Psychological Review, 65(6), 386–408."
TEXT = "The perceptron learns whatever a plane can part, and Novikoff proved it in 1962. " * 8


def held(page: str, part: str) -> bool:
    start = page.index(part)
    return holds(page, TextSpan(start, start + len(part)))


def test_every_sentence_of_an_entry_is_of_the_references():
    page = f"{TEXT}\n\n{FIRST}"
    assert held(page, "On convergence proofs on perceptrons.")
    assert not held(page, "The perceptron learns")


def test_entries_that_begin_lines_are_told_apart_from_the_text_before_them():
    page = f"{TEXT}\n[1] {FIRST}\n[2] {THIRD}"
    assert held(page, "The perceptron: A model of the brain.")
    assert not held(page, "The perceptron learns")


def test_what_stands_between_entries_is_of_them_and_long_text_is_not():
    page = f"rest of an entry, 1957.\n\n{FIRST}\n\n{SECOND}\n\n{THIRD}"
    assert held(page, "rest of an entry")
    assert held(page, "Odd, one that fits")
    page = f"{FIRST}\n\n{TEXT}\n\n{THIRD}\n\nWhales sing."
    assert not held(page, "The perceptron learns")
    assert not held(page, "Whales sing.")


def test_page_without_entries_holds_none():
    assert not holds("", TextSpan(0, 0))
    assert not held("Whales sing.", "Whales")
