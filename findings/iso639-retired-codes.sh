#!/usr/bin/env bash
# python-iso639: a retired three-letter code is found like a living one, a retired two-letter code is not found at all.
#
# One would expect: both are treated alike: refused, or led to the language that took their place, for catalogues are
#   full of both ("mol" and "mo" for Moldavian, "scr" and "sh" for Croatian, "iw" for Hebrew).
# What happens: Language.match("mol") answers with a language as it does for "ron"; only its field status is "R", and
#   its part1 is None, so code that stores part1 or part3 keeps a code that no other system lists any more, and Romanian
#   books stand under two languages. Language.match("mo") and match("iw") raise LanguageNotFoundError. And names are
#   looked through after codes, with regard to case: "En" is no spelling of "en" but the language En of Vietnam ("enc"),
#   while "EN" raises.
# Version: python-iso639 2026.7.23, Python 3.11.
# Seen: mol -> mol None R; scr -> scr None R; En -> enc; iw, mo, EN -> LanguageNotFoundError.
# Who meets it: imports of MARC records (008/35-37 and 041 hold codes that were retired in 2008), and any form that hands
#   on what a person typed.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check python-iso639==2026.7.23
"$folder/env/bin/python" - <<'PY'
import sys
from iso639 import Language, LanguageNotFoundError


def seen(code: str) -> tuple[str, str | None, str] | None:
    try:
        found = Language.match(code)
    except LanguageNotFoundError:
        return None
    return found.part3, found.part1, found.status


table = {code: seen(code) for code in ("mol", "scr", "ron", "mo", "iw", "En", "EN")}
print(table)
if table["mol"] != ("mol", None, "R") or table["scr"] != ("scr", None, "R"):
    sys.exit("python-iso639 no longer answers for retired three-letter codes as for living ones: this finding is over.")
if table["mo"] or table["iw"]:
    sys.exit("python-iso639 now knows retired two-letter codes: this finding is over.")
if not table["En"] or table["En"][0] != "enc" or table["EN"]:
    sys.exit("python-iso639 now folds the case of codes before it looks through names: this finding is over.")
PY
