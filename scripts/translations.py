"""Catalogues of the two Chinese scripts: extract, convert, check.

    python scripts/translations.py update   extract new texts; make zh_Hant from zh_Hans
    python scripts/translations.py check    exit 1 if a text is missing, fuzzy, stale or damaged
    python scripts/translations.py missing  print the texts without a translation, as JSON
    python scripts/translations.py fill F   take translations from a JSON file {text: translation}

zh_Hans is written by people; zh_Hant is made from it by OpenCC (Taiwan's words and forms) with the
exceptions of `locale/zh_Hant.toml`. English is the language of the source texts.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import polib
from opencc import OpenCC

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("apps", "salesteam", "templates")
HANS = Path("locale/zh_Hans/LC_MESSAGES/django.po")
HANT = Path("locale/zh_Hant/LC_MESSAGES/django.po")
PLACEHOLDER = re.compile(r"%\(\w+\)[sdif]|%[sdif]|\{\w*\}")


def extract(root: Path) -> None:
    """Bring `root/locale` up to date with the texts that stand in the sources there."""
    for po in (root / HANS, root / HANT):
        po.parent.mkdir(parents=True, exist_ok=True)
    admin = Path(sys.executable).with_name("django-admin")
    command = [str(admin), "makemessages", "-l", "zh_Hans", "-l", "zh_Hant", "--no-obsolete"]
    subprocess.run(
        [*command, "--no-wrap", "--add-location", "file", "-v", "0", "-e", "html,txt,py"],
        cwd=root,
        check=True,
    )


def fresh_copy(folder: str) -> Path:
    """A copy of sources and catalogues with the texts extracted again."""
    root = Path(folder)
    for name in (*SOURCES, "locale"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("*.mo", "*.pyc"))
    extract(root)
    return root


def texts(entry: polib.POEntry) -> tuple[list[str], list[str]]:
    """What the entry says in the source and in the translation, all plural forms."""
    source = [entry.msgid, *([entry.msgid_plural] if entry.msgid_plural else [])]
    plural = list(entry.msgstr_plural.values()) or [""]
    target = plural if entry.msgid_plural else [entry.msgstr]
    return source, target


def problems_of(path: Path, wanted: polib.POFile) -> Iterator[str]:
    """What is wrong with a catalogue, one line each."""
    present = polib.pofile(str(ROOT / path))
    known = {(e.msgctxt, e.msgid): e for e in present}
    for entry in wanted:
        mine = known.pop((entry.msgctxt, entry.msgid), None)
        if mine is None:
            yield f"{path}: not extracted: {entry.msgid!r}"
            continue
        source, target = texts(mine)
        if not all(target):
            yield f"{path}: not translated: {mine.msgid!r}"
        elif mine.fuzzy:
            yield f"{path}: fuzzy: {mine.msgid!r}"
        elif any(
            set(PLACEHOLDER.findall(t)) != set(PLACEHOLDER.findall(source[-1])) for t in target
        ):
            yield f"{path}: placeholders differ: {mine.msgid!r} → {target!r}"
    for stale in known.values():
        yield f"{path}: no longer used: {stale.msgid!r}"


def save(catalogue: polib.POFile, *, language: str) -> None:
    """Write a catalogue without what changes at each run; Chinese has one plural form."""
    catalogue.header = "Texts of SalesTeam."
    catalogue.metadata_is_fuzzy = False
    catalogue.metadata = {
        "Project-Id-Version": "SalesTeam",
        "PO-Revision-Date": "2026-11-21 00:00+0000",
        "Last-Translator": "SalesTeam",
        "Language-Team": "SalesTeam",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    for entry in catalogue:
        entry.previous_msgctxt = entry.previous_msgid = entry.previous_msgid_plural = None
        if entry.msgid_plural and not entry.msgstr_plural:
            entry.msgstr_plural = {0: ""}
    catalogue.save()


def convert() -> None:
    """Write zh_Hant from zh_Hans."""
    settings = tomllib.loads((ROOT / "locale/zh_Hant.toml").read_text())
    whole, terms = settings["texts"], settings["terms"]
    converter = OpenCC("s2twp")

    def traditional(text: str) -> str:
        converted: str = converter.convert(text)
        for wrong, right in terms.items():
            converted = converted.replace(wrong, right)
        return converted

    simplified = {(e.msgctxt, e.msgid): e for e in polib.pofile(str(ROOT / HANS))}
    catalogue = polib.pofile(str(ROOT / HANT), wrapwidth=0)
    for entry in catalogue:
        model = simplified[(entry.msgctxt, entry.msgid)]
        entry.msgstr = whole.get(entry.msgid) or traditional(model.msgstr)
        entry.msgstr_plural = {k: traditional(v) for k, v in model.msgstr_plural.items()}
        entry.flags = list(model.flags)
    save(catalogue, language="zh_Hant")


def update() -> None:
    extract(ROOT)
    catalogue = polib.pofile(str(ROOT / HANS), wrapwidth=0)
    for entry in catalogue:
        if entry.fuzzy:  # a guess of gettext's, never a translation
            entry.flags.remove("fuzzy")
            entry.msgstr = ""
            entry.msgstr_plural = dict.fromkeys(entry.msgstr_plural, "")
    save(catalogue, language="zh_Hans")
    convert()


def refused_by_gettext(path: Path) -> list[str]:
    """What keeps the committed catalogue from being compiled as the installation does it."""
    command = ["msgfmt", "--check-format", "-o", "-", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    return [] if done.returncode == 0 else done.stderr.decode().splitlines()


def check() -> int:
    with tempfile.TemporaryDirectory() as folder:
        root = fresh_copy(folder)
        found = [
            line
            for path in (HANS, HANT)
            for line in problems_of(path, polib.pofile(str(root / path)))
        ] + [line for path in (HANS, HANT) for line in refused_by_gettext(path)]
    sys.stdout.writelines(line + "\n" for line in found)
    print(f"translations: {len(found)} problem(s)")
    return 1 if found else 0


def missing() -> None:
    catalogue = polib.pofile(str(ROOT / HANS))
    gaps = {e.msgid_plural or e.msgid: "" for e in catalogue if not all(texts(e)[1])}
    print(json.dumps(gaps, ensure_ascii=False, indent=1))


def fill(path: Path) -> None:
    """Take translations by text (a plural is named by its plural form), then convert."""
    given = json.loads(path.read_text())
    catalogue = polib.pofile(str(ROOT / HANS), wrapwidth=0)
    for entry in catalogue:
        text = given.get(entry.msgid_plural or entry.msgid)
        if text and entry.msgid_plural:
            entry.msgstr_plural = dict.fromkeys(entry.msgstr_plural or {0: ""}, text)
        elif text:
            entry.msgstr = text
    save(catalogue, language="zh_Hans")
    convert()


def main(arguments: list[str]) -> int:
    match arguments:
        case ["update"]:
            update()
        case ["check"]:
            return check()
        case ["missing"]:
            missing()
        case ["fill", name]:
            fill(Path(name))
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
