"""Names, phones and emails as they are compared, and the rows that keep them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.models import Organisation
from apps.customers.keys import keys_refresh
from apps.customers.models import Contact, Customer, SearchKey
from apps.customers.normalising import (
    email_key,
    initials_keys,
    name_grams,
    name_keys,
    name_tokens,
    pairs_of,
    phone_key,
    region_key,
    similarity,
)
from tests.query_counts import counted

TEXTS = st.text(max_size=60)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Hartmann GmbH", "hartmann"),
        ("HARTMANN  G.m.b.H.", "hartmann"),
        ("Hartmann GmbH & Co. KG", "hartmann"),
        ("Hartmann e.K.", "hartmann"),
        ("Müller & Söhne AG", "muellersoehne"),
        ("Mueller und Soehne", "muellersoehne"),
        ("Straße 7 Ltd", "strasse7"),
        ("Ａｃｍｅ, Inc.", "acme"),
        ("Acme Co., Ltd.", "acme"),
        ("ACME LLC", "acme"),
        ("Crédit-Agricole S.A.", "creditagricole"),
        ("华为技术有限公司", "华为技术"),
        ("华为技术有限责任公司", "华为技术"),
        ("华为技术股份有限公司", "华为技术"),
        ("华为集团有限公司", "华为"),
        ("华为（上海）有限公司", "华为上海"),
        ("华为上海分公司", "华为上海分公司"),
        ("株式会社ソニー", "ソニー"),
        ("Company of Heroes", "companyofheroes"),
        ("GmbH", "gmbh"),
        ("公司", "公司"),
        ("😀", "😀"),
    ],
)
def test_name_is_compared_without_legal_form_case_width_and_punctuation(
    name: str, key: str
) -> None:
    assert name_keys(name)[0] == key


def test_umlaut_is_found_spelt_out_and_bare() -> None:
    assert name_keys("Müller") == ["mueller", "muller"]


def test_nothing_has_no_key() -> None:
    assert name_keys("  \x00 ") == []
    assert name_grams("") == []
    assert phone_key("", country="DE") == ""


@given(TEXTS)
def test_key_of_a_key_is_itself(text: str) -> None:
    for key in name_keys(text):
        assert key in name_keys(key) or len(name_tokens(text)) > 1
        assert len(key) <= 254
        assert "\x00" not in key


@given(st.text(alphabet="abcxyzäöüéß中国华为 ", min_size=1, max_size=20))
def test_case_spaces_and_legal_form_make_no_difference(name: str) -> None:
    told = name_keys(f"{name} X")

    assert name_keys(f"  {name.upper()}\u3000X Gmbh ") == told
    assert name_keys(f"{name}-X, Ltd.") == told


@given(TEXTS, TEXTS)
def test_similarity_is_a_share_and_the_same_both_ways(one: str, other: str) -> None:
    assert 0 <= similarity(one, other) <= 1
    assert similarity(one, other) == similarity(other, one)
    assert similarity(one, one) == (1 if one else 0)


def test_similarity_worked_example() -> None:
    assert similarity("hartmann", "hartman") == pytest.approx(8 / 9)


@given(TEXTS)
def test_every_part_of_a_value_is_among_its_grams(text: str) -> None:
    for value in name_keys(text):
        grams = set(name_grams(value))

        assert set(value) <= grams
        assert set(pairs_of(value)) <= grams


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("华为科技", ["hwkj", "huaweikeji"]),
        ("重庆长安", ["cqca", "chongqingchangan"]),
        ("IBM中国", ["izg", "ibmzg", "ibmzhongguo"]),
        ("Deutsche Bahn Service GmbH", ["dbs"]),
    ],
)
def test_initials_of_a_company(name: str, expected: list[str]) -> None:
    assert initials_keys(name) == expected


def test_one_latin_word_has_no_initials() -> None:
    assert initials_keys("Hartmann GmbH") == []


@pytest.mark.parametrize(
    ("name", "initials", "sound"),
    [
        ("单小明", "sxm", "shanxiaoming"),
        ("曾国藩", "zgf", "zengguofan"),
        ("尉迟恭", "ycg", "yuchigong"),
        ("仇英", "qy", "qiuying"),
    ],
)
def test_surname_is_read_as_one(name: str, initials: str, sound: str) -> None:
    keys = initials_keys(name, is_person=True)

    assert keys[0] == initials
    assert sound in keys


@given(TEXTS)
def test_initials_never_fail_and_stay_few(text: str) -> None:
    keys = initials_keys(text, is_person=True)

    assert len(keys) == len(set(keys))
    assert len(keys) <= 14
    assert all(0 < len(key) <= 254 for key in keys)


@pytest.mark.parametrize(
    ("typed", "country", "key"),
    [
        ("030 / 901820", "DE", "+4930901820"),
        ("+49 (0)30 901820", "DE", "+4930901820"),
        ("0049 30 901820", "DE", "+4930901820"),
        ("+49 30 901820", "CN", "+4930901820"),
        ("138 1234 5678", "CN", "+8613812345678"),
        ("１３８１２３４５６７８", "CN", "+8613812345678"),
        ("138 1234 5678", "", "13812345678"),
        ("ext 12", "DE", "12"),
        ("12\x0034", "DE", "1234"),
        ("call me", "DE", ""),
    ],
)
def test_phone_is_e164_or_its_digits(typed: str, country: str, key: str) -> None:
    assert phone_key(typed, country=country) == key


@given(TEXTS, st.sampled_from(["DE", "CN", "US", ""]))
def test_phone_is_always_digits(text: str, country: str) -> None:
    key = phone_key(text, country=country)

    assert key == "" or key.removeprefix("+").isdecimal()
    assert key.startswith("+") is (phone_key(key, country="") == key and key[:1] == "+")


def test_email_is_compared_in_small_letters() -> None:
    assert email_key(" Anna.Schmidt@Example.COM ") == "anna.schmidt@example.com"


@pytest.mark.parametrize(
    ("typed", "key"),
    [("Berlin ", "berlin"), ("上海市", "上海"), ("浙江省", "浙江"), ("", ""), ("市", "市")],
)
def test_region_without_its_kind(typed: str, key: str) -> None:
    assert region_key(typed) == key


def bare(name: str) -> Customer:
    """A customer without keys."""
    return Customer.objects.create(name=name)


def keys_of(customer: Customer) -> set[tuple[str, str]]:
    return set(SearchKey.objects.filter(customer=customer).values_list("kind", "value"))


@pytest.mark.django_db
def test_keys_say_what_name_and_contacts_say() -> None:
    customer = bare(name="华为技术有限公司")
    Contact.objects.create(
        customer=customer,
        name="Anna Müller",
        phone="030 901820",
        email="Anna@Example.com",
        other_phones=["+86 138 1234 5678"],
        other_emails=["a.m@example.org"],
    )

    written = keys_refresh([customer.pk])

    assert keys_of(customer) == {
        ("name", "华为技术"),
        ("initials", "hwjs"),
        ("initials", "huaweijishu"),
        ("contact", "annamueller"),
        ("contact", "annamuller"),
        ("contact_initials", "am"),
        ("phone", "+4930901820"),
        ("phone", "+8613812345678"),
        ("email", "anna@example.com"),
        ("email", "a.m@example.org"),
    }
    assert written == 10


@pytest.mark.django_db
def test_refreshing_again_writes_nothing() -> None:
    customer = bare(name="Hartmann GmbH")
    assert keys_refresh() == 1
    before = set(SearchKey.objects.values_list("pk", flat=True))

    assert keys_refresh() == 0
    assert keys_refresh([customer.pk]) == 0

    assert set(SearchKey.objects.values_list("pk", flat=True)) == before


@pytest.mark.django_db
def test_only_what_changed_is_written() -> None:
    customer = bare(name="Hartmann Tools")
    keys_refresh([customer.pk])

    Customer.objects.filter(pk=customer.pk).update(name="Hartmann Toys")
    written = keys_refresh([customer.pk])

    assert keys_of(customer) == {("name", "hartmanntoys"), ("initials", "ht")}
    assert written == 2


@pytest.mark.django_db
def test_doubled_rows_are_cleared() -> None:
    customer = bare(name="Hartmann")
    keys_refresh([customer.pk])
    double = SearchKey.objects.get(customer=customer)
    double.pk = None
    double.save()

    keys_refresh([customer.pk])

    assert SearchKey.objects.filter(customer=customer).count() == 1


@pytest.mark.django_db
def test_deleted_customers_and_contacts_have_no_keys() -> None:
    gone, kept = bare(name="Gone"), bare(name="Kept")
    contact = Contact.objects.create(customer=kept, name="Anna")
    keys_refresh()
    now = Organisation.current().set_up_at or kept.created_at
    Customer.objects.filter(pk=gone.pk).update(deleted_at=now)
    Contact.objects.filter(pk=contact.pk).update(deleted_at=now)

    keys_refresh()

    assert keys_of(gone) == set()
    assert keys_of(kept) == {("name", "kept")}


@pytest.mark.django_db
def test_keys_of_twenty_take_as_many_queries_as_of_two() -> None:
    two = [bare(name=f"Firm {n} Alpha").pk for n in range(2)]
    twenty = [bare(name=f"Firm {n} Beta").pk for n in range(20)]
    Organisation.current()

    assert counted(lambda: keys_refresh(two)) == counted(lambda: keys_refresh(twenty))
