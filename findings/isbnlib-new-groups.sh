#!/usr/bin/env bash
# isbnlib: a valid ISBN of a young registration group is hyphenated as nothing at all, or with an empty part.
#
# One would expect: mask() puts hyphens into every valid ISBN, or gives the digits back as they came where its table of
#   publishers' ranges knows no place for them (python-stdnum does that), or says so.
# What happens: where the group is younger than the table that the package carries, mask() answers "", which is false
#   and prints as an empty cell; where the group is known and the publisher's range is not yet given out, two hyphens
#   stand side by side, for the publisher's part is empty. Both numbers have right check digits and is_isbn13() says yes.
# Version: isbnlib 3.10.14 (the newest on 2026-11-30; its ranges are of 24 April 2023), python-stdnum 2.2, Python 3.11.
# Seen: isbnlib "" and "979-12--5000001-8"; python-stdnum "979-13-00-00001-2".
# Who meets it: whoever shows, files or exports ISBNs hyphenated (labels, MARC 020 $a, BibTeX): 979-13 is
#   the second group of Spain, and a catalogue that stores what mask() gives loses the numbers of its books.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check isbnlib==3.10.14 python-stdnum==2.2
"$folder/env/bin/python" - <<'PY'
import sys
import isbnlib
from stdnum import isbn

young, unassigned = "9791300000012", "9791250000018"
assert isbnlib.is_isbn13(young) and isbnlib.is_isbn13(unassigned), "the examples are no valid ISBNs any more"
seen = [isbnlib.mask(young), isbnlib.mask(unassigned), isbn.format(young)]
print(seen)
if seen[0] != "":
    sys.exit("isbnlib now hyphenates ISBNs of the group 979-13, or gives them back: this finding is over.")
if "--" not in seen[1]:
    sys.exit("isbnlib no longer leaves an empty publisher's part: this finding is over.")
if seen[2] != "979-13-00-00001-2":
    sys.exit("python-stdnum hyphenates 979-13 in another way than when this was written.")
PY
