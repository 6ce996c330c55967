"""Languages whose writing the recogniser of pictures does not know: it reads Latin letters, Chinese and Japanese. Pure.

What it makes of others is nonsense in Latin letters, now and then with confidence. Left out are languages that are
written in Latin letters too (Serbian, Uzbek, Azerbaijani, Kurdish).
"""

from __future__ import annotations

CYRILLIC = frozenset(["ab", "ba", "be", "bg", "cv", "kk", "kv", "ky", "mk", "mn", "os", "ru", "tg", "tt", "uk"])
LEFTWARDS = frozenset(["ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"])
INDIAN = frozenset(
    ["as", "bho", "bn", "gu", "hi", "kn", "ks", "mai", "ml", "mr", "ne", "or", "pa", "pi", "sa", "si", "ta", "te"]
)
EASTERN = frozenset(["bo", "dz", "km", "ko", "lo", "my", "th"])
OTHER = frozenset(["am", "arc", "cop", "el", "grc", "hy", "ka", "ti"])
UNREAD = CYRILLIC | LEFTWARDS | INDIAN | EASTERN | OTHER


def unread(of_file: str, of_book: str) -> str:
    """The language of a picture that cannot be recognised, by what its file says of itself, else its book; else
    nothing."""
    language = of_file or of_book
    return language if language in UNREAD else ""
