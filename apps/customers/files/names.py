"""The name under which a file is kept and given out again. No Django here."""

import re
import unicodedata

from apps.customers.files.kinds import Kind, ending_of

LONGEST = 200
# What file systems reserve, and separators of folders.
RESERVED = re.compile(r'[<>:"/\\|?*]')
# Invisible characters: controls, and those that turn the direction of writing (“exe.fdp” for a
# program) or join nothing; surrogates and what no font draws.
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def clean_name(name: str, kind: Kind) -> str:
    r"""The name without folders, tricks and invisible characters, and with an ending of its kind.

    >>> clean_name("../../etc/offer\u202efdp.exe", Kind("application/pdf", ("pdf",)))
    'offerfdp.exe.pdf'
    """
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(
        one
        for one in unicodedata.normalize("NFC", last)
        if unicodedata.category(one) not in INVISIBLE
    )
    plain = " ".join(RESERVED.sub("_", seen).split()).strip(". ")
    stem, ending = plain, ending_of(plain)
    if ending in kind.endings:
        stem = plain.rpartition(".")[0]
    else:
        ending = kind.endings[0]
    return f"{stem.strip('. ')[: LONGEST - len(ending) - 1] or 'file'}.{ending}"
