"""Custom fields: their values, and the page where administrators define them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import NotPermitted
from apps.core.models import AuditEntry
from apps.customers.custom_fields import services
from apps.customers.custom_fields.values import (
    cell_value,
    fields_in_use,
    form_field,
    read_value,
    show_value,
)
from apps.customers.models import Customer, CustomField
from apps.members.models import AccessRole, Member
from tests.factories import make_customer, make_member

pytestmark = pytest.mark.django_db


def field(kind: str, **fields: Any) -> CustomField:
    return CustomField(key=kind, label=kind.title(), kind=kind, **fields)


@pytest.fixture
def admin(client: Client) -> Member:
    admin = make_member(AccessRole.ADMIN)
    client.force_login(admin)
    return admin


@pytest.mark.parametrize(
    ("kind", "raw", "words"),
    [
        ("number", "12,5", "a number such as 1234.5"),
        ("number", "NaN", "a number such as 1234.5"),
        ("number", "1e400", "at most 15 digits"),
        ("number", "0.1234567", "at most 15 digits"),
        ("number", "1_000", "a number such as 1234.5"),
        ("number", "٣", "a number such as 1234.5"),
        ("date", "2026-02-30", "a day such as 2026-11-19"),
        ("date", "tomorrow", "a day such as 2026-11-19"),
        ("choice", "Gold", "Choose one of: Key, Base."),
        ("yes_no", "perhaps", "yes or no"),
        ("text", "a\x00b", "can't be printed"),
        ("text", "x" * 501, "501"),
    ],
)
def test_value_that_does_not_fit_is_refused_with_what_to_do(
    kind: str, raw: str, words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        read_value(field(kind, choices=["Key", "Base"]), raw)


@pytest.mark.parametrize(
    ("kind", "raw", "stored", "shown"),
    [
        ("text", "  Line 3 ", "Line 3", "Line 3"),
        ("number", "1 234.50", "1234.5", "1,234.5"),
        ("number", Decimal("-0.00"), "0", "0"),
        ("number", 7, "7", "7"),
        ("number", "−3", "-3", "−3"),
        ("date", "2026-11-19", "2026-11-19", "19 Nov 2026"),
        ("date", date(2026, 11, 19), "2026-11-19", "19 Nov 2026"),
        ("choice", "key", "Key", "Key"),
        ("yes_no", "Yes", True, "Yes"),
        ("yes_no", "否", False, "No"),
        ("yes_no", False, False, "No"),
        ("text", "   ", None, "no data"),
        ("number", None, None, "no data"),
    ],
)
def test_value_is_kept_plainly_and_shown_in_words(
    kind: str, raw: object, stored: object, shown: str
) -> None:
    defined = field(kind, choices=["Key", "Base"])

    assert read_value(defined, raw) == stored
    assert show_value(defined, stored) == shown


def test_value_is_shown_in_the_reader_s_language() -> None:
    with translation.override("zh-hans"):
        assert show_value(field("date"), "2026-11-19") == "2026年11月19日"


@given(st.decimals(min_value=-(10**14), max_value=10**14, places=6, allow_nan=False))
def test_number_comes_back_as_it_was_and_once_read_stays_the_same(value: Decimal) -> None:
    defined = field("number")

    stored = read_value(defined, value)

    assert Decimal(str(stored)) == value
    assert read_value(defined, stored) == stored
    assert cell_value(defined, stored) == value


@pytest.mark.parametrize("kind", ["text", "number", "date", "choice", "yes_no"])
def test_form_that_was_not_touched_gives_back_what_is_kept(kind: str) -> None:
    kept: dict[str, Any] = {
        "text": "Line", "number": "12.5", "date": "2026-11-19", "choice": "Key", "yes_no": False,
    }  # fmt: skip
    defined = field(kind, choices=["Key"])
    control = form_field(defined)

    shown = control.prepare_value(kept[kind])

    assert read_value(defined, control.clean(shown)) == kept[kind]
    assert not control.has_changed(kept[kind], shown)


def test_only_administrators_define_fields(client: Client) -> None:
    director = make_member(AccessRole.DIRECTOR)
    client.force_login(director)

    answers = [
        client.get(reverse(name)).status_code for name in ("custom_fields", "custom_field_new")
    ]
    with pytest.raises(NotPermitted):
        services.custom_field_create(values={"label": "X", "kind": "text"}, by=director)

    assert answers == [404, 404]
    assert not CustomField.objects.exists()


def test_field_without_choices_to_choose_from_is_refused(client: Client, admin: Member) -> None:
    response = client.post(
        reverse("custom_field_new"),
        {"label": "Segment", "kind": "choice", "choices": " \n ", "is_active": "on"},
    )

    assert response.status_code == 422
    assert "A choice needs something to choose from." in response.content.decode()
    assert not CustomField.objects.exists()


def test_new_field_gets_a_key_of_its_own_and_the_last_place(client: Client, admin: Member) -> None:
    for _turn in range(2):
        client.post(
            reverse("custom_field_new"),
            {"label": "Contract  no.", "kind": "text", "is_active": "on"},
        )
    client.post(reverse("custom_field_new"), {"label": "合同", "kind": "date", "is_active": "on"})

    found = [(one.key, one.label, one.rank) for one in fields_in_use()]
    assert found == [
        ("contract_no", "Contract no.", 1),
        ("contract_no_2", "Contract no.", 2),
        ("field", "合同", 3),
    ]
    assert AuditEntry.objects.filter(action="customfield.create").count() == 3


def test_kind_stays_once_a_customer_has_a_value(client: Client, admin: Member) -> None:
    text = CustomField.objects.create(key="note", label="Note", kind="text")
    make_customer(custom={"note": "x"})

    client.post(
        reverse("custom_field", args=[text.pk]),
        {"label": "Remark", "kind": "number", "is_active": "on"},
    )
    with pytest.raises(services.FieldInUse):
        services.custom_field_change(field=text, values={"kind": "number"}, by=admin)

    text.refresh_from_db()
    assert (text.label, text.kind) == ("Remark", "text")


def test_choice_that_customers_have_is_not_taken_out(client: Client, admin: Member) -> None:
    choice = CustomField.objects.create(
        key="segment", label="Segment", kind="choice", choices=["Key", "Base", "Old"]
    )
    make_customer(custom={"segment": "Base"})

    refused = client.post(
        reverse("custom_field", args=[choice.pk]),
        {"label": "Segment", "choices": "Key\nOld", "is_active": "on"},
    )
    client.post(
        reverse("custom_field", args=[choice.pk]),
        {"label": "Segment", "choices": "Base\nKey", "is_active": "on"},
    )

    choice.refresh_from_db()
    assert refused.status_code == 422
    assert "Base (1)" in refused.content.decode()
    assert choice.choices == ["Base", "Key"]


def test_out_of_use_it_is_shown_nowhere_and_keeps_its_values(client: Client, admin: Member) -> None:
    text = CustomField.objects.create(key="note", label="Serial number", kind="text")
    customer = make_customer(custom={"note": "X-77"})
    services.custom_field_change(field=text, values={"is_active": False}, by=admin)

    html = client.get(
        reverse("customers"), {"columns": "custom.note", "cf_note": "zzz"}
    ).content.decode()

    assert "Serial number" not in html
    assert customer.name in html
    assert Customer.objects.get().custom == {"note": "X-77"}


def test_field_with_values_is_not_deleted(admin: Member) -> None:
    text = CustomField.objects.create(key="note", label="Note", kind="text")
    customer = make_customer(custom={"note": "x"})

    with pytest.raises(services.FieldInUse):
        services.custom_field_delete(field=text, by=admin)
    Customer.objects.filter(pk=customer.pk).update(custom={})
    services.custom_field_delete(field=text, by=admin)

    assert not CustomField.objects.exists()


def test_fields_change_places_and_stop_at_the_ends(admin: Member) -> None:
    made = [
        services.custom_field_create(values={"label": label, "kind": "text"}, by=admin)
        for label in ("One", "Two", "Three")
    ]

    services.custom_field_move(field=made[2], step=-1, by=admin)
    services.custom_field_move(field=made[0], step=-1, by=admin)

    assert [one.label for one in fields_in_use()] == ["One", "Three", "Two"]
