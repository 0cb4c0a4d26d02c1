"""What a cell may say; the fast ways agree with the general ones."""

import time
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.exchange.cells import Amount, Day, Email, Fault, Key, Stage, Text, Whole


@given(st.dates())
def test_every_day_is_read_back(day: date) -> None:
    assert Day("%Y-%m-%d")[day.isoformat()] == day.isoformat()


@given(st.from_regex(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", fullmatch=True))
def test_day_agrees_with_the_general_way(text: str) -> None:
    general = None
    with suppress(ValueError):
        general = date(*time.strptime(text, "%Y-%m-%d")[:3]).isoformat()

    read = None
    with suppress(Fault):
        read = Day("%Y-%m-%d")[text]

    assert read == general


@given(st.decimals(min_value=0, max_value=Decimal("99999999999999.99"), places=2))
def test_every_amount_is_read_to_the_cent(amount: Decimal) -> None:
    assert Decimal(Amount(".")[f"{amount:f}"]) == amount
    assert Decimal(Amount(",")[f"{amount:f}".replace(".", ",")]) == amount


@pytest.mark.parametrize(
    "text", ["1,5", "1.005", "1e3", "NaN", "Infinity", "١٢", "1 000", "0x1", "--1", "."]
)
def test_anything_else_is_no_amount(text: str) -> None:
    with pytest.raises(Fault, match="not_an_amount"):
        Amount(".")[text]


def test_amount_is_multiplied_by_its_unit() -> None:
    millions = Amount(".", unit=Decimal(1_000_000))

    assert Decimal(millions["1100.04"]) == Decimal(1100040000)
    assert Decimal(millions["3"]) == Decimal(3_000_000)
    with pytest.raises(Fault, match="too_large"):
        millions["99999999999"]


@pytest.mark.parametrize(
    ("cell", "text", "code"),
    [
        (Amount("."), "-1", "negative"),
        (Amount("."), "100000000000000", "too_large"),
        (Whole(10), "11", "too_large"),
        (Whole(10), "-1", "negative"),
        (Whole(10), "1.0", "not_a_number"),
        (Text(3), "four", "too_long"),
        (Text(3, required=True), "  ", "missing"),
        (Key(3, required=True), "", "missing"),
        (Email(254), "a@b", "not_an_email"),
        (Stage({"Won": "won"}), "won", "unknown_stage"),
        (Day("%d.%m.%Y"), "30.02.2017", "not_a_date"),
        (Day("%Y-%m-%d"), "2017-02-29", "not_a_date"),
    ],
)
def test_fault_is_named(cell: Text, text: str, code: str) -> None:
    with pytest.raises(Fault, match=code):
        cell[text]


def test_blank_is_empty_unless_it_is_required() -> None:
    assert [Text(3)["  "], Day("%Y-%m-%d")[""], Amount(".")[" "]] == ["", "", ""]


def test_spelling_is_put_right_after_trimming() -> None:
    assert Text(20, spelling={"GTXPro": "GTX Pro"})[" GTXPro "] == "GTX Pro"
