"""Names, phones and emails as they are compared and found: plain Python, no database.

Two texts that a person would read as the same get the same key: case, width, accents, punctuation,
spaces and the legal form of a firm make no difference.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import islice, product

import phonenumbers
from pypinyin import Style, pinyin

# As long as `SearchKey.value`.
LONGEST = 254
# Readings of one name that are worth a key; characters of many readings would make hundreds.
MOST_READINGS = 4
# Digits behind the country's; what is shorter is an extension, whose country nobody can tell.
SHORTEST_PHONE = 5
# Marks the grams with which a value begins. No character of a name: a name keeps none of its kind.
START = "^"

# Written without dots; at the end of a name they say how a firm is set up, not which it is.
LEGAL_WORDS = {
    "gmbh", "mbh", "ggmbh", "ag", "kg", "kgaa", "ohg", "gbr", "ug", "ek", "ev", "eg", "se",
    "partg", "haftungsbeschraenkt", "ltd", "limited", "llc", "llp", "lp", "plc", "inc",
    "incorporated", "corp", "corporation", "co", "company", "sa", "sas", "sarl", "sarlu", "srl",
    "spa", "bv", "nv", "ab", "oy", "oyj", "as", "asa", "aps", "kft", "zrt", "sro", "doo", "spzoo",
    "sl", "slu", "lda", "ltda", "pte", "pty", "bhd", "sdn", "kk", "gk", "pvt", "pjsc", "jsc",
    "ooo", "group", "gruppe", "groupe", "holding", "holdings",
}  # fmt: skip
# The longest first: the shorter ones are their ends.
LEGAL_ENDINGS = (
    "股份有限公司", "股份有限責任公司", "有限责任公司", "有限責任公司", "有限公司", "股份公司",
    "集团公司", "集團公司", "总公司", "總公司", "有限合伙", "有限合夥", "普通合伙", "普通合夥",
    "个体工商户", "個體工商戶", "株式会社", "有限会社", "주식회사", "集团", "集團", "公司", "控股",
)  # fmt: skip
# A branch is not its firm.
BRANCHES = ("分公司", "子公司")
LEGAL_BEGINNINGS = ("株式会社", "有限会社", "주식회사")
JOINING_WORDS = {"und", "and", "et", "y"}
SAYING_NOTHING = {*LEGAL_WORDS, *LEGAL_ENDINGS, *JOINING_WORDS}
REGION_ENDINGS = ("自治区", "自治區", "特别行政区", "特別行政區", "省", "市")
SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae", "œ": "oe"})

# Characters that names use with more than one initial: 长 is both cháng and zhǎng. Of others a
# dictionary's second reading is so rare that a key by it would only find what nobody meant.
AMBIGUOUS = set("重长長行乐樂曾单單解朝会會车車藏传傳省系降弹彈盛番尉贾賈奇厦廈仇查调調")

# Surnames that read otherwise than the character alone: 单 is Shàn, not dān.
SURNAMES: dict[str, str] = {
    "单": "shan", "單": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "区": "ou", "區": "ou",
    "查": "zha", "朴": "piao", "盖": "ge", "蓋": "ge", "覃": "qin", "翟": "zhai", "任": "ren",
    "华": "hua", "華": "hua", "洗": "xian", "冼": "xian", "繁": "po", "逄": "pang",
    "尉迟": "yu chi", "尉遲": "yu chi", "长孙": "zhang sun",
    "長孫": "zhang sun", "澹台": "tan tai", "万俟": "mo qi", "萬俟": "mo qi",
    "乐": "yue", "樂": "yue", "员": "yun", "員": "yun", "隗": "wei", "缪": "miao", "繆": "miao",
    "宓": "mi", "秘": "bi", "种": "chong", "黑": "he", "牟": "mu", "燕": "yan",
}  # fmt: skip


def name_tokens(text: str) -> list[str]:
    """The words of a name, without case, width, accents, punctuation and legal form.

    German umlauts are spelt out (“Müller” and “Mueller” are one name). A name of nothing but legal
    forms keeps them: there is nothing else to compare. “Hart & Söhne GmbH” → hart, soehne.
    """
    words = [_without_accents(word.translate(SPELT)) for word in _words(text)]
    return _without_legal(words)


def name_keys(text: str) -> list[str]:
    """What a name is compared by, the first as `name_tokens` has it: “mueller”, then “muller”."""
    spelt = "".join(name_tokens(text))
    bare = "".join(_without_legal([_without_accents(word) for word in _words(text)]))
    # Emoji, say, are no letters; better such a key than none.
    keys = [spelt or "".join(_plain(text).split()), bare]
    return _distinct(key[:LONGEST] for key in keys)


def region_key(text: str) -> str:
    """A region without case, punctuation and kind: 上海市 is 上海. Empty where nothing is told."""
    joined = "".join(_without_accents(word.translate(SPELT)) for word in _words(text))
    for ending in REGION_ENDINGS:
        if joined.endswith(ending) and len(joined) > len(ending) + 1:
            return joined.removesuffix(ending)
    return joined


def initials_keys(text: str, *, is_person: bool = False) -> list[str]:
    """By which initials and sounds a name is found, the likeliest first.

    Of Latin words their first letters (“Deutsche Bahn Service” → dbs); of Chinese the first letters
    of its pinyin, by each likely reading, and the whole pinyin: 华为科技 → hwkj, huaweikeji. Beside
    Chinese, Latin words count by their first letter and in full: IBM中国 → izg, ibmzg. A person's
    surname is also read as one. One Latin word has none.
    """
    words = name_tokens(text)
    joined = "".join(words)
    if not any(map(_is_han, joined)):
        return ["".join(word[0] for word in words)[:LONGEST]] if len(words) > 1 else []
    runs = [run for word in words for run in _runs(word)]
    read = [(run, _readings(run)) for run in runs]
    shortened = _spellings([(run if readings else run[0], readings) for run, readings in read])
    keys = [*shortened, *_spellings(read), _sound(read)]
    if is_person and (surname := _surname(joined)):
        rest = [(run, _readings(run)) for run in _runs(joined[len(surname) :])]
        sounds = SURNAMES[surname].split()
        letters = "".join(sound[0] for sound in sounds)
        keys = [*(letters + one for one in _spellings(rest)), *keys]
        keys.append("".join(sounds) + _sound(rest))
    return _distinct(key[:LONGEST] for key in keys)


def phone_key(text: str, *, country: str) -> str:
    """A phone in E.164; what is none, by its digits alone.

    `country` (ISO, two letters, may be empty) is whose number it is where no “+” says otherwise.
    “030 / 901820” in DE → +4930901820; “ext 12” → 12.
    """
    plain = unicodedata.normalize("NFKC", text).replace("\x00", "")
    try:
        number = phonenumbers.parse(plain, country or None)
    except phonenumbers.NumberParseException:
        return digits_of(plain)[:LONGEST]
    is_short = len(str(number.national_number)) < SHORTEST_PHONE
    if is_short or not phonenumbers.is_possible_number(number):
        return digits_of(plain)[:LONGEST]
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email_key(text: str) -> str:
    """An email in small letters of one width, without spaces around it."""
    return _plain(text).strip()[:LONGEST]


def digits_of(text: str) -> str:
    """The digits of a text as 0–9, in whichever script they are written."""
    return "".join(str(unicodedata.digit(one)) for one in text if one.isdecimal())


def name_grams(value: str) -> list[str]:
    """Single characters and neighbouring pairs of a value, and those with which it begins."""
    if not value:
        return []
    return sorted({*value, *pairs_of(value), START + value[0], START + value[:2]})


def number_grams(value: str) -> list[str]:
    """Three and four neighbouring digits of a phone: pairs of digits are in every number."""
    digits = digits_of(value)
    return [*neighbours(digits, 3), *neighbours(digits, 4)]


def neighbours(value: str, size: int) -> list[str]:
    """The parts of that length of a value, in order."""
    return [value[at : at + size] for at in range(len(value) - size + 1)]


def pairs_of(value: str) -> list[str]:
    """The neighbouring pairs of a value, in order."""
    return neighbours(value, 2)


def similarity(one: str, other: str) -> float:
    """How alike two keys of names are, 0–1: the share of their pairs that they have in common.

    Formula: |P(a) ∩ P(b)| / |P(a) ∪ P(b)|, P the set of neighbouring pairs of the key with a mark
    before and after it. It needs no words, so that it serves Chinese too. Two empty keys: 0.
    Source: trigram similarity of PostgreSQL's pg_trgm, with pairs for short names.
    Example: “hartmann” and “hartman” share 8 of 9 pairs: 0.889.
    """
    if not one or not other:
        return 0.0
    left, right = (set(pairs_of(f"{START}{value}{START}")) for value in (one, other))
    return len(left & right) / len(left | right)


def numbers_of(value: str) -> list[str]:
    """The numbers in a key: branch 12 is not branch 13, however alike their names are."""
    return re.findall(r"\d+", value)


def _plain(text: str) -> str:
    """Case and width gone; normalised again, since folding may take a composition apart."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\x00", "")
    return unicodedata.normalize("NFKC", folded)


def _words(text: str) -> list[str]:
    """Runs of letters, digits and the marks on them; dots and apostrophes part no words."""
    joined = re.sub(r"[.'’`]", "", _plain(text))
    kept = (one if unicodedata.category(one)[0] in "LNM" else " " for one in joined)
    return "".join(kept).split()


def _without_accents(word: str) -> str:
    """Accents of Latin letters go; marks of other scripts are part of their letters."""
    parts = unicodedata.normalize("NFD", word)
    bare: list[str] = []
    is_latin = False
    for one in parts:
        if unicodedata.combining(one):
            if not is_latin:
                bare.append(one)
            continue
        is_latin = one < "\u0250"
        bare.append(one)
    return unicodedata.normalize("NFC", "".join(bare))


def _without_legal(words: Sequence[str]) -> list[str]:
    kept = list(words)
    while len(kept) > 1 and kept[-1] in SAYING_NOTHING:
        kept.pop()
    if kept:
        kept[-1] = _without_ending(kept[-1])
        kept[0] = _without_beginning(kept[0])
    whole = [word for word in kept if word and word not in JOINING_WORDS]
    return whole or [word for word in words if word]


def _without_ending(word: str) -> str:
    """A Chinese name without its legal form, which may be written twice: …集团有限公司."""
    while not word.endswith(BRANCHES):
        ending = next((one for one in LEGAL_ENDINGS if word.endswith(one)), "")
        if not ending or word == ending:
            return word
        word = word.removesuffix(ending)
    return word


def _without_beginning(word: str) -> str:
    for beginning in LEGAL_BEGINNINGS:
        if word.startswith(beginning) and word != beginning:
            return word.removeprefix(beginning)
    return word


def _is_han(one: str) -> bool:
    return "\u3400" <= one <= "\u9fff" or "\U00020000" <= one <= "\U0003ffff"


def _runs(word: str) -> list[str]:
    """A word cut where Chinese and other letters meet: ibm中国 → ibm, 中国."""
    runs: list[str] = []
    for one in word:
        if runs and _is_han(runs[-1][-1]) == _is_han(one):
            runs[-1] += one
        else:
            runs.append(one)
    return runs


def _spellings(read: Iterable[tuple[str, list[list[str]]]]) -> list[str]:
    """The runs in order, Chinese ones as initials, by their likely readings."""
    parts: list[list[str]] = []
    for run, readings in read:
        letters = zip(run, readings, strict=False)
        parts += [_letters(one, sounds) for one, sounds in letters] or [[run]]
    return _distinct("".join(one) for one in islice(product(*parts), MOST_READINGS))


def _letters(one: str, sounds: list[str]) -> list[str]:
    return _distinct(sound[:1] for sound in (sounds if one in AMBIGUOUS else sounds[:1]))


def _sound(read: Iterable[tuple[str, list[list[str]]]]) -> str:
    """The whole pinyin, each character by its likeliest reading."""
    return "".join("".join(one[0] for one in readings) or run for run, readings in read)


def _readings(run: str) -> list[list[str]]:
    """The readings of each Chinese character; of one in a known word, how the word is read."""
    if not _is_han(run[0]):
        return []
    # Its types know of texts alone; a list keeps what no dictionary reads character by character.
    return pinyin(run, style=Style.NORMAL, heteronym=True, errors=list)  # type: ignore[arg-type]


def _surname(name: str) -> str:
    return next((name[:size] for size in (2, 1) if name[:size] in SURNAMES), "")


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))
