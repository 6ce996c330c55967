#!/usr/bin/env bash
# nameparser: headings as library catalogues have them come apart in places that no warning marks.
#
# One would expect: of "family, given" headings, a year of birth after a second comma is set aside or left where it is; a
#   title that follows a name stays with the whole; and what cannot be a person's name comes back whole.
# What happens: the years become a suffix like "Jr." and go into every display form ("John Smith 1950-"); "Queen of Great"
#   is taken as a title before the name, so that the given name is "Britain"; and a corporate body is turned round
#   at its first comma. capitalize(), initials() and sorting by .last then build on that.
# Version: nameparser 2.6.0, Python 3.11.
# Seen: "Smith, John, 1950-" -> suffix "1950-"; "Elizabeth II, Queen of Great Britain" -> first "Britain", last
#   "Elizabeth"; "Ministry of Education, Science and Culture" -> "Science and Culture Ministry of Education".
# Who meets it: whoever turns MARC 100 and 110 headings or the author column of an export into display or filing forms:
#   MARC says by its tag and indicator what kind of name it is, a parser of the bare text cannot know.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check nameparser==2.6.0
"$folder/env/bin/python" - <<'PY'
import sys
from nameparser import HumanName

dated = HumanName("Smith, John, 1950-")
queen = HumanName("Elizabeth II, Queen of Great Britain")
body = HumanName("Ministry of Education, Science and Culture")
print(repr(str(dated)), repr(queen.first), repr(queen.title), repr(str(body)))
if dated.suffix != "1950-" or str(dated) != "John Smith 1950-":
    sys.exit("nameparser no longer takes years for a suffix: this finding is over.")
if queen.first != "Britain" or queen.title != "Queen of Great":
    sys.exit("nameparser reads a title behind the name in another way: this finding is over.")
if str(body) != "Science and Culture Ministry of Education":
    sys.exit("nameparser no longer turns a corporate body round: this finding is over.")
PY
