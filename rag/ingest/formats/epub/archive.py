"""The archive that an EPUB is: its parts by name, and what of it is locked.

Nothing is ever unpacked to a disk, so names in the archive can lead nowhere; every part is read up to a limit.
"""

from __future__ import annotations

import posixpath
import unicodedata
import zipfile
from typing import IO
from urllib.parse import unquote

from rag.ingest.formats.xml_tree import parsed
from rag.ingest.sandbox.reader import FileRefused

MOST_PARTS = 20_000
MOST_BYTES, MOST_BYTES_OF_A_PART = 256 * 1024**2, 32 * 1024**2  # unpacked
MOST_RATIO, RATIO_FROM = 200, 4 * 1024**2  # a part that unfolds to so much more is none that a person wrote
LOCKS = "META-INF/encryption.xml"
RIGHTS = {"META-INF/rights.xml", "META-INF/license.lcpl", "META-INF/sinf.xml"}  # beside open books too
# Fonts may be scrambled in a book that everybody may read.
FONT_LOCKS = {"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"}
UTF8_NAME = 0x800  # bit of a part's flags


class Archive:
    """An open archive. Errors: ``FileRefused``, ``zipfile.BadZipFile``, ``expat.ExpatError``."""

    def __init__(self, file: IO[bytes]) -> None:
        self._archive = zipfile.ZipFile(file)
        self._left = MOST_BYTES
        parts = self._archive.infolist()
        if len(parts) > MOST_PARTS:
            raise FileRefused("file_too_many_parts", parts=len(parts), most=MOST_PARTS)
        self._names = {part.filename for part in parts}
        self._alike = {folded(name): part.filename for part in reversed(parts) for name in _names_of(part)}
        self.locked = {part.filename for part in parts if part.flag_bits & 1}
        self.is_locked_whole = False
        self.has_rights = not RIGHTS.isdisjoint(self._names)
        if LOCKS in self._names:
            self._read_locks()

    def name(self, path: str) -> str:
        """The name that the part at ``path`` has in the archive; ``path`` where there is none.

        Names that differ only by their composition (NFC, NFD) or their capitals are one name, as in OCF 3.3.
        """
        path = posixpath.normpath(path)
        return path if path in self._names else self._alike.get(folded(path), path)

    def content(self, name: str) -> bytes:
        """A part. Errors: ``KeyError`` where there is none, ``FileRefused`` where it swells."""
        part = self._archive.getinfo(name)
        with self._archive.open(part) as packed:
            content = packed.read(min(MOST_BYTES_OF_A_PART, self._left) + 1)
        self._left -= len(content)
        swells = len(content) > RATIO_FROM and len(content) > MOST_RATIO * max(part.compress_size, 1)
        if len(content) > MOST_BYTES_OF_A_PART or self._left < 0 or swells:
            raise FileRefused("file_bomb")
        return content

    def _read_locks(self) -> None:
        """What ``encryption.xml`` says. Rights and licences alone lock nothing."""
        root = parsed(self.content(LOCKS))
        told = 0
        for lock in root.iter("EncryptedData"):
            method, target = lock.find("EncryptionMethod"), lock.find(".//CipherReference")
            told += method is not None
            if method is not None and method.get("Algorithm") in FONT_LOCKS:
                continue
            if target is None:
                self.is_locked_whole = True
            else:
                self.locked.add(self.name(unquote(target.get("URI", "")).lstrip("/")))
        methods = list(root.iter("EncryptionMethod"))
        if len(methods) > told and any(method.get("Algorithm") not in FONT_LOCKS for method in methods):
            self.is_locked_whole = True  # of what, it does not say in the way that is known


def folded(name: str) -> str:
    """``name`` as it is compared."""
    name = posixpath.normpath(name.replace("\\", "/"))
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _names_of(part: zipfile.ZipInfo) -> list[str]:
    """The name, and what it was before a program forgot to say that it is in UTF-8."""
    if part.flag_bits & UTF8_NAME or part.filename.isascii():
        return [part.filename]
    try:
        return [part.filename, part.filename.encode("cp437").decode()]
    except UnicodeError:
        return [part.filename]
