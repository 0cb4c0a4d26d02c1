"""Tags: put on, taken off, kept in order; seen as far as customers are."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.errors import NotPermitted
from apps.core.models import AuditEntry
from apps.customers.models import Tag
from apps.customers.tagging import services
from apps.customers.tagging.selectors import tags_of
from apps.members.models import AccessRole
from tests.factories import make_customer, make_member, make_team

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("text", ["x" * 51, "a\x00b", ",".join(map(str, range(11)))])
def test_text_that_is_no_tag_is_refused(text: str) -> None:
    with pytest.raises(services.NotATag):
        services.tag_names(text)


def test_tags_of_a_text_are_each_once_in_their_order() -> None:
    assert services.tag_names(" VIP, fair  2026，vip、老客户;") == ["VIP", "fair 2026", "老客户"]


def test_tag_is_put_on_one_s_own_customer_and_taken_off_again(client: Client) -> None:
    rep = make_member(team=make_team())
    own = make_customer(owner=rep)
    client.force_login(rep)
    address = reverse("customer_tags", args=[own.pk])

    client.post(address, {"tags": "VIP, Fair"})
    part = client.post(address, {"take": "vip"}, headers={"HX-Request": "true"})

    assert tags_of([own.pk]) == {own.pk: ["Fair"]}
    assert "?tag=Fair" in part.content.decode()
    put, taken = AuditEntry.objects.filter(action__contains="tag").order_by("pk")
    assert put.changes == {"tags": [[], ["Fair", "VIP"]]}
    assert taken.changes == {"tags": [["Fair", "VIP"], ["Fair"]]}


def test_tag_of_the_pool_is_read_only_and_of_a_stranger_does_not_exist(client: Client) -> None:
    rep = make_member(team=make_team())
    pool, strange = make_customer(), make_customer(owner=make_member())
    client.force_login(rep)

    read_only = client.post(reverse("customer_tags", args=[pool.pk]), {"tags": "VIP"})
    absent = client.post(reverse("customer_tags", args=[strange.pk]), {"tags": "VIP"})

    assert (read_only.status_code, absent.status_code) == (403, 404)
    assert (
        'name="tags"' not in client.get(reverse("customer_tags", args=[pool.pk])).content.decode()
    )
    assert not Tag.objects.exists()


def test_suggestions_are_tags_of_customers_that_one_sees(client: Client) -> None:
    rep, other = make_member(team=make_team()), make_member()
    services.tags_put(customers=[make_customer(owner=rep).pk], names=["Fair 2026"], by=rep)
    services.tags_put(customers=[make_customer(owner=other).pk], names=["Fairly secret"], by=other)
    client.force_login(rep)

    html = client.get(reverse("tag_choices"), {"tags": "VIP, fair"}).content.decode()

    assert re.findall(r'value="([^"]+)"', html) == ["Fair 2026"]


def test_only_administrators_keep_tags_in_order(client: Client) -> None:
    director, tag = make_member(AccessRole.DIRECTOR), Tag.objects.create(name="VIP")
    client.force_login(director)

    answers = [
        client.get(reverse("tags")).status_code,
        client.get(reverse("tag", args=[tag.pk])).status_code,
        client.post(reverse("tag_delete", args=[tag.pk])).status_code,
    ]
    with pytest.raises(NotPermitted):
        services.tag_rename(tag=tag, name="Other", by=director)

    assert answers == [404, 404, 404]
    assert Tag.objects.get().name == "VIP"


def test_tag_is_renamed_everywhere_but_not_to_one_that_there_is(client: Client) -> None:
    admin = make_member(AccessRole.ADMIN)
    customer = make_customer()
    services.tags_put(customers=[customer.pk], names=["VIP", "Fair"], by=admin)
    client.force_login(admin)
    vip = Tag.objects.get(name="VIP")

    refused = client.post(reverse("tag", args=[vip.pk]), {"name": "FAIR"})
    client.post(reverse("tag", args=[vip.pk]), {"name": "Vip"})

    assert refused.status_code == 422
    assert "merge the two instead" in refused.content.decode()
    assert tags_of([customer.pk]) == {customer.pk: ["Fair", "Vip"]}


def test_merged_tag_is_gone_and_its_customers_have_the_other_once(client: Client) -> None:
    admin = make_member(AccessRole.ADMIN)
    both, one = make_customer(), make_customer()
    services.tags_put(customers=[both.pk], names=["VIP", "Key"], by=admin)
    services.tags_put(customers=[one.pk], names=["Key"], by=admin)
    client.force_login(admin)
    key, vip = Tag.objects.get(name="Key"), Tag.objects.get(name="VIP")

    client.post(reverse("tag", args=[key.pk]), {"name": "Key", "into": str(vip.pk)})

    assert tags_of([both.pk, one.pk]) == {both.pk: ["VIP"], one.pk: ["VIP"]}
    assert list(Tag.objects.all()) == [vip]
    entry = AuditEntry.objects.get(action="tag.merge")
    assert (entry.changes["tag"], entry.details["count"]) == (["Key", "VIP"], 2)
