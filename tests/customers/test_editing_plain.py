"""The plain calculations of editing: merging by three, masks, days of the year, phones."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.customers.editing.masks import masked, masked_pair
from apps.customers.editing.phones import phone_problem
from apps.customers.editing.three_way import Clash, settle
from apps.customers.editing.yearly import NextTime, is_day_of_a_year, next_time

VALUES = st.sampled_from(["", "A", "B", "C", None])
RECORDS = st.fixed_dictionaries({"name": VALUES, "region": VALUES})


@pytest.mark.parametrize(
    ("base", "now", "wanted", "writes", "is_clash"),
    [
        ("A", "A", "A", False, False),
        ("A", "A", "B", True, False),
        ("A", "B", "A", False, False),
        ("A", "B", "B", False, False),
        ("A", "B", "C", False, True),
    ],
)
def test_three_versions_of_a_field(
    base: str, now: str, wanted: str, writes: bool, is_clash: bool
) -> None:
    settled = settle(base={"name": base}, now={"name": now}, wanted={"name": wanted})

    assert settled.writes == ({"name"} if writes else set())
    assert settled.clashes == ({"name": Clash("A", "B", "C")} if is_clash else {})


def test_without_a_base_the_writer_wins() -> None:
    assert settle(base=None, now={"name": "B"}, wanted={"name": "C"}).writes == {"name"}
    assert settle(base={}, now={"name": "B"}, wanted={"name": "C"}).writes == {"name"}


def test_a_field_that_the_record_lacks_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        settle(base=None, now={}, wanted={"name": "C"})


@given(base=RECORDS, now=RECORDS, wanted=RECORDS)
def test_nothing_that_somebody_changed_is_lost(
    base: dict[str, str], now: dict[str, str], wanted: dict[str, str]
) -> None:
    settled = settle(base=base, now=now, wanted=wanted)

    after = {name: wanted[name] if name in settled.writes else now[name] for name in now}
    assert not settled.writes & set(settled.clashes)
    for name in set(now) - set(settled.clashes):
        if now[name] != base[name]:
            assert after[name] == now[name]
        if wanted[name] != base[name]:
            assert after[name] == wanted[name]


@pytest.mark.parametrize(
    ("value", "mask"),
    [
        ("", ""),
        (None, ""),
        ([], ""),
        ("+49 231 550-1420", "•••• 1420"),
        ("110", "••••"),
        ("Anna Weber", "••••"),
        ("anna.weber12345678@example.com", "••••"),
        (["+49 231 5501420", "+49 231 5501421"], "••••"),
    ],
)
def test_what_a_mask_shows(value: object, mask: str) -> None:
    assert masked(value) == mask


def test_a_change_is_seen_although_both_masks_are_alike() -> None:
    assert masked_pair("Anna", "Berta") == ["••••", "•••• *"]
    assert masked_pair("", "Berta") == ["", "••••"]
    assert masked_pair("Anna", "Anna") == ["••••", "••••"]


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_no_mask_tells_more_than_four_digits(text: str) -> None:
    shown = masked(text).removeprefix("••••").strip()

    assert len(shown) <= 4
    assert all(one.isdigit() for one in shown)


@pytest.mark.parametrize(
    ("day", "as_of", "expected"),
    [
        # The documented example.
        ((2, 29, 1988), date(2027, 2, 20), NextTime(date(2027, 2, 28), 8, 39)),
        ((2, 29, 1988), date(2028, 2, 28), NextTime(date(2028, 2, 29), 1, 40)),
        ((2, 29, None), date(2027, 3, 1), NextTime(date(2028, 2, 29), 365, None)),
        ((3, 14, 1987), date(2027, 3, 14), NextTime(date(2027, 3, 14), 0, 40)),
        ((3, 14, 1987), date(2027, 3, 15), NextTime(date(2028, 3, 14), 365, 41)),
        ((12, 31, None), date(2026, 12, 31), NextTime(date(2026, 12, 31), 0, None)),
        ((1, 1, 2026), date(2026, 1, 1), NextTime(date(2026, 1, 1), 0, None)),
    ],
)
def test_the_next_time_of_a_day(
    day: tuple[int, int, int | None], as_of: date, expected: NextTime
) -> None:
    assert next_time(month=day[0], day=day[1], year=day[2], as_of=as_of) == expected


@given(
    born=st.dates(date(1900, 1, 1), date(2020, 12, 31)),
    as_of=st.dates(date(2021, 1, 1), date(2100, 12, 31)),
)
def test_every_day_comes_round_within_a_year(born: date, as_of: date) -> None:
    found = next_time(month=born.month, day=born.day, year=born.year, as_of=as_of)

    assert as_of <= found.on <= as_of + timedelta(days=366)
    assert found.days == (found.on - as_of).days
    assert found.turns == found.on.year - born.year


@pytest.mark.parametrize(
    ("month", "day", "year", "is_one"),
    [
        (2, 29, None, True),
        (2, 29, 2024, True),
        (2, 29, 2023, False),
        (2, 30, None, False),
        (4, 31, None, False),
        (13, 1, None, False),
        (0, 1, None, False),
        (1, 0, None, False),
    ],
)
def test_which_days_there_are(month: int, day: int, year: int | None, is_one: bool) -> None:
    assert is_day_of_a_year(month=month, day=day, year=year) is is_one


@pytest.mark.parametrize(
    ("text", "country", "problem"),
    [
        ("+49 30 901820 ext. 12", "DE", ""),
        ("0231 / 55 01-420", "DE", ""),
        ("138 0013 8000", "CN", ""),
        ("+86 138 0013 8000", "DE", ""),
        ("\uff0b49\uff12\uff13\uff11 5501420", "DE", ""),
        ("12", "DE", ""),
        ("0231 550142", "", "no_country"),
        ("+1 212 55", "DE", "too_short"),
        ("0231 555014209384098234098", "DE", "too_long"),
        ("+999 123456", "DE", "unknown_country"),
        ("call Anna", "DE", "no_number"),
        ("\U0001f4de", "DE", "no_number"),
        ("", "DE", "no_number"),
    ],
)
def test_why_a_phone_cannot_be_right(text: str, country: str, problem: str) -> None:
    assert phone_problem(text, country=country) == problem


@given(st.text(max_size=60))
def test_whatever_is_typed_gets_an_answer(text: str) -> None:
    known = {"", "no_country", "too_short", "too_long", "unknown_country", "no_number"}

    assert phone_problem(text, country="DE") in known - {"no_country"}
    assert phone_problem(text, country="") in known
