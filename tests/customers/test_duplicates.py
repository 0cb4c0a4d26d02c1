"""Which customers look like one, who is told so, and what people decide."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import NotPermitted
from apps.core.models import AuditEntry
from apps.customers.duplicates.likeness import Called, likeness
from apps.customers.duplicates.services import (
    PairDecided,
    duplicates_note,
    duplicates_sweep,
    pair_dismiss,
    pair_reopen,
)
from apps.customers.keys import keys_refresh
from apps.customers.models import Contact, Customer, DuplicatePair, PairState, SearchKey
from apps.members.models import AccessRole, Member
from tests.factories import make_customer, make_member, make_team
from tests.query_counts import counted, queries_of

NAMES = st.text(alphabet="abcäü中国 12", min_size=1, max_size=12)


def made(
    name: str, region: str = "", *, owner: Member | None = None, phone: str = "", email: str = ""
) -> Customer:
    """A customer with its keys and, if there is a phone or an email, a contact."""
    customer = make_customer(name=name, region=region, owner=owner)
    if phone or email:
        Contact.objects.create(customer=customer, name="Anna", phone=phone, email=email)
    keys_refresh([customer.pk])
    return customer


def pairs() -> list[tuple[str, str, list[str]]]:
    rows = DuplicatePair.objects.select_related("first", "second").order_by("pk")
    return [(one.first.name, one.second.name, one.reasons) for one in rows]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("Hartmann GmbH", "Berlin"), ("HARTMANN AG", "berlin"), Decimal(1)),
        (("Hartmann GmbH", ""), ("Hartmann", ""), Decimal(1)),
        (("Hartmann GmbH", "Berlin"), ("Hartmann", ""), Decimal(1)),
        (("Hartmann GmbH", "Berlin"), ("Hartman AG", "Berlin"), Decimal("0.889")),
        (("Müller", "Berlin"), ("Muller", "Berlin"), Decimal(1)),
        (("华为技术有限公司", "深圳市"), ("华为技术", "深圳"), Decimal(1)),
    ],
)
def test_same_or_alike_names_look_like_one(
    one: tuple[str, str], other: tuple[str, str], expected: Decimal
) -> None:
    found = likeness(Called.of(*one), Called.of(*other))

    assert found is not None
    assert (found.reasons, found.similarity) == (("name",), expected)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Hartmann", "Berlin"), ("Hartmann", "Köln")),
        (("Hartmann", ""), ("Hartman", "")),
        (("Hartmann", "Berlin"), ("Hartman", "")),
        (("Filiale 12", "Berlin"), ("Filiale 13", "Berlin")),
        (("Hartmann", "Berlin"), ("Lindner", "Berlin")),
        (("", ""), ("", "")),
    ],
)
def test_others_do_not(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert likeness(Called.of(*one), Called.of(*other)) is None


def test_the_same_phone_is_enough_whatever_the_name() -> None:
    found = likeness(Called.of("A", "Berlin"), Called.of("B", "Köln"), same={"phone"})

    assert found is not None
    assert found.reasons == ("phone",)


@given(NAMES, NAMES)
def test_likeness_is_the_same_both_ways(one: str, other: str) -> None:
    left, right = Called.of(one, "Berlin"), Called.of(other, "Berlin")

    assert likeness(left, right) == likeness(right, left)


@pytest.mark.django_db
class TestNoting:
    def test_phone_email_and_name_make_one_pair_with_its_reasons(self) -> None:
        made("Hartmann GmbH", "Berlin", phone="030 901820", email="Anna@example.com")
        other = made("Hartmann AG", "Berlin", phone="+49 30 901820", email="anna@EXAMPLE.com")

        assert duplicates_note([other.pk]) == 1

        assert pairs() == [("Hartmann GmbH", "Hartmann AG", ["phone", "email", "name"])]
        assert DuplicatePair.objects.get().similarity == 1

    def test_names_that_are_alike_in_a_region_make_a_pair(self) -> None:
        made("Hartmann Werkzeuge", "Berlin")
        other = made("Hartman Werkzeuge", "Berlin")

        duplicates_note([other.pk])

        assert pairs() == [("Hartmann Werkzeuge", "Hartman Werkzeuge", ["name"])]

    def test_noting_again_writes_nothing(self) -> None:
        one, other = made("Hartmann"), made("Hartmann AG")
        duplicates_note([one.pk, other.pk])

        assert duplicates_note([one.pk, other.pk]) == 0
        assert DuplicatePair.objects.count() == 1

    def test_deleted_customers_and_extensions_make_none(self) -> None:
        one, other = made("One", phone="12"), made("Two", phone="12")
        gone = made("Two")
        Customer.objects.filter(pk=gone.pk).update(deleted_at=gone.created_at)

        duplicates_note([one.pk, other.pk])

        assert pairs() == []

    def test_a_phone_that_dozens_share_says_nothing(self) -> None:
        many = [made(f"Firma {n}", phone="030 901820").pk for n in range(51)]

        duplicates_note(many)

        assert pairs() == []

    def test_an_open_pair_goes_when_the_name_changes(self) -> None:
        made("Hartmann")
        other = made("Hartmann AG")
        duplicates_note([other.pk])

        Customer.objects.filter(pk=other.pk).update(name="Lindner")
        keys_refresh([other.pk])
        duplicates_note([other.pk])

        assert pairs() == []

    def test_reasons_follow_what_is_the_same_now(self) -> None:
        one, other = made("Hartmann"), made("Hartmann AG")
        duplicates_note([other.pk])

        for customer in (one, other):
            Contact.objects.create(customer=customer, name="Anna", email="a@example.com")
        keys_refresh([one.pk, other.pk])
        duplicates_note([one.pk])

        assert pairs() == [("Hartmann", "Hartmann AG", ["email", "name"])]

    def test_the_night_finds_what_nobody_noted_and_what_is_alike_once(self) -> None:
        made("Hartmann Werkzeuge", "Berlin")
        made("Hartman Werkzeuge", "Berlin")
        made("Nord")
        made("Nord GmbH")

        assert duplicates_sweep() == 2
        assert duplicates_sweep() == 0

        assert not SearchKey.objects.filter(kind="name", is_compared=False).exists()

    def test_the_night_forgets_no_pair_that_is_alike(self) -> None:
        made("Hartmann Werkzeuge", "Berlin")
        made("Hartman Werkzeuge", "Berlin")
        duplicates_sweep()

        duplicates_sweep()

        assert DuplicatePair.objects.count() == 1

    def test_twenty_customers_take_as_many_queries_as_two(self) -> None:
        two = [made("Hartmann", "Berlin").pk for _ in range(2)]
        twenty = [made("Nord", "Berlin").pk for _ in range(20)]

        assert counted(lambda: duplicates_note(two)) == counted(lambda: duplicates_note(twenty))


@pytest.mark.django_db
class TestDeciding:
    def test_not_the_same_is_remembered_and_undone(self) -> None:
        rep = make_member()
        made("Hartmann", owner=rep)
        other = made("Hartmann AG", owner=rep)
        duplicates_note([other.pk])
        pair = DuplicatePair.objects.get()

        pair_dismiss(pair=pair, by=rep)
        duplicates_note([other.pk])

        pair.refresh_from_db()
        assert (pair.state, pair.decided_by) == (PairState.DISMISSED, rep)
        pair_reopen(pair=pair, by=rep)
        pair.refresh_from_db()
        assert (pair.state, pair.decided_at, pair.decided_by) == (PairState.OPEN, None, None)
        actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
        assert list(actions)[-2:] == ["duplicate.dismiss", "duplicate.reopen"]

    def test_the_second_to_decide_is_told(self) -> None:
        rep = make_member()
        made("Hartmann", owner=rep)
        duplicates_note([made("Hartmann AG", owner=rep).pk])
        pair = DuplicatePair.objects.get()
        pair_dismiss(pair=pair, by=rep)

        with pytest.raises(PairDecided, match="Not the same"):
            pair_dismiss(pair=pair, by=rep)

    def test_who_only_reads_decides_nothing(self) -> None:
        analyst = make_member(AccessRole.ANALYST)
        made("Hartmann")
        duplicates_note([made("Hartmann AG").pk])
        pair = DuplicatePair.objects.get()

        with pytest.raises(NotPermitted):
            pair_dismiss(pair=pair, by=analyst)

        pair.refresh_from_db()
        assert pair.state == PairState.OPEN


def warned(client: Client, **typed: str) -> str:
    response = client.get(reverse("duplicate_check"), typed)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.django_db
class TestWarning:
    def test_own_and_pool_customers_are_named_with_what_is_the_same(self, client: Client) -> None:
        rep = make_member(name="Rita Rep")
        own = made("Hartmann GmbH", "Berlin", owner=rep, phone="030 901820")
        made("Nord", "Berlin", phone="030 901821")
        client.force_login(rep)

        html = warned(client, name="hartmann ag", phone="+49 30 901820")
        of_pool = warned(client, phone="030-901821")

        assert reverse("customer", args=[own.pk]) in html
        assert "Rita Rep" in html
        assert "same phone" in html
        assert "same name" in html
        assert "Nord" in of_pool
        assert "Pool" in of_pool

    def test_strangers_customers_leave_no_trace(self, client: Client) -> None:
        made("Hartmann GmbH", "Berlin", owner=make_member(), phone="030 901820", email="a@b.de")
        client.force_login(make_member())

        html = warned(client, name="Hartmann", region="Berlin", phone="030901820", email="a@b.de")

        assert html == warned(client, name="Nobody has this name", region="Berlin")
        assert "Hartmann" not in html

    def test_manager_is_warned_of_the_subtree(self, client: Client) -> None:
        manager = make_member(AccessRole.MANAGER)
        rep = make_member(team=make_team(lead=manager))
        made("Hartmann GmbH", owner=rep)
        client.force_login(manager)

        assert "Hartmann GmbH" in warned(client, name="Hartmann")

    def test_analyst_finds_nothing_by_phone(self, client: Client) -> None:
        made("Hartmann GmbH", phone="030 901820", email="a@b.de")
        client.force_login(make_member(AccessRole.ANALYST))

        assert "Hartmann" not in warned(client, phone="030 901820", email="a@b.de")
        assert "Hartmann" in warned(client, name="Hartmann")

    def test_the_customer_itself_is_no_duplicate(self, client: Client) -> None:
        rep = make_member()
        own = made("Hartmann", owner=rep)
        client.force_login(rep)

        assert "Hartmann" not in warned(client, name="Hartmann", customer=str(own.pk))

    @pytest.mark.parametrize(
        "typed",
        [
            {},
            {"name": "\x00"},
            {"name": "x" * 5000, "phone": "9" * 5000, "email": "@" * 5000},
            {"customer": "x"},
            {"customer": "9" * 30, "name": "Hartmann"},
            {"name": "%_'\"\\", "region": "\x00"},
        ],
    )
    def test_nonsense_is_no_error(self, client: Client, typed: dict[str, str]) -> None:
        client.force_login(make_member())

        assert "<a " not in warned(client, **typed)

    def test_hr_and_strangers_have_no_such_page(self, client: Client) -> None:
        assert client.get(reverse("duplicate_check")).status_code == 302
        client.force_login(make_member(AccessRole.HR))

        assert client.get(reverse("duplicate_check")).status_code == 404

    def test_queries_stay_constant(self, client: Client) -> None:
        rep = make_member()
        client.force_login(rep)
        address = reverse("duplicate_check") + "?name=Hartmann&region=Berlin&phone=030901820"
        made("Hartmann", "Berlin", owner=rep)
        made("Hartmann", "Berlin", owner=rep)
        few = len(queries_of(client, address))
        for _ in range(18):
            made("Hartmann", "Berlin", owner=rep, phone="030 901820")

        assert len(queries_of(client, address)) == few


@pytest.mark.django_db
class TestReview:
    def test_a_pair_with_a_strangers_customer_is_for_who_sees_both(self, client: Client) -> None:
        manager = make_member(AccessRole.MANAGER)
        team = make_team(lead=manager)
        one, two = make_member(team=team), make_member(team=team)
        made("Hartmann GmbH", owner=one)
        duplicates_note([made("Hartmann AG", owner=two).pk])

        for member, is_seen in ((one, False), (two, False), (manager, True)):
            client.force_login(member)
            html = client.get(reverse("duplicates")).content.decode()
            assert ("Hartmann" in html) is is_seen

    def test_filters_by_reason_and_owner(self, client: Client) -> None:
        director, rep = make_member(AccessRole.DIRECTOR), make_member()
        made("Hartmann GmbH", owner=rep)
        made("Hartmann AG")
        made("Lindner", phone="030 901820")
        made("Stein", phone="030 901820")
        duplicates_sweep()
        client.force_login(director)

        def shown(**query: str) -> tuple[bool, bool]:
            html = client.get(reverse("duplicates"), query).content.decode()
            return "Hartmann AG" in html, "Lindner" in html

        assert shown() == (True, True)
        assert shown(reason="phone") == (False, True)
        assert shown(reason="name") == (True, False)
        assert shown(owner=str(rep.pk)) == (True, False)
        assert shown(state="dismissed") == (False, False)
        assert client.get(reverse("duplicates"), {"reason": "\x00"}).status_code == 422

    def test_analyst_sees_no_pair_that_only_a_phone_tells_of(self, client: Client) -> None:
        made("Lindner", phone="030 901820")
        made("Stein", phone="030 901820")
        made("Hartmann", email="a@b.de")
        made("Hartmann AG", email="a@b.de")
        duplicates_sweep()
        client.force_login(make_member(AccessRole.ANALYST))

        html = client.get(reverse("duplicates")).content.decode()

        assert "Lindner" not in html
        assert "Hartmann AG" in html
        assert "same email" not in html
        assert "Not the same" not in html.split("<main")[1].split("</form>")[-1]

    def test_dismissing_by_page_and_taking_it_back(self, client: Client) -> None:
        rep = make_member()
        made("Hartmann GmbH", owner=rep)
        duplicates_note([made("Hartmann AG", owner=rep).pk])
        pair = DuplicatePair.objects.get()
        client.force_login(rep)

        answer = client.post(reverse("duplicate_dismiss", args=[pair.pk]))

        assert answer.status_code == 302
        assert "Hartmann AG" not in _listed(client)
        assert "Hartmann AG" in _listed(client, state="dismissed")
        client.post(reverse("duplicate_reopen", args=[pair.pk]))
        assert "Hartmann AG" in _listed(client)

    def test_twenty_pairs_take_as_many_queries_as_two(self, client: Client) -> None:
        client.force_login(make_member(AccessRole.DIRECTOR))
        reps = [make_member() for _ in range(3)]
        for number in range(2):
            made(f"Firma {number}", owner=reps[number])
            made(f"Firma {number} AG", owner=reps[number])
        duplicates_sweep()
        few = len(queries_of(client, reverse("duplicates")))
        for number in range(2, 20):
            made(f"Firma {number}", owner=reps[number % 3])
            made(f"Firma {number} AG", owner=reps[number % 3])
        duplicates_sweep()

        assert len(queries_of(client, reverse("duplicates"))) == few

    def test_the_panel_names_the_other_one_or_is_empty(self, client: Client) -> None:
        rep = make_member()
        one = made("Hartmann GmbH", owner=rep)
        other = made("Hartmann AG", owner=rep)
        lone = made("Lindner", owner=rep)
        duplicates_note([other.pk])
        client.force_login(rep)

        html = client.get(reverse("customer_duplicates", args=[one.pk])).content.decode()
        empty = client.get(
            reverse("customer_duplicates", args=[lone.pk]), headers={"HX-Request": "true"}
        )

        assert "Hartmann AG" in html
        assert reverse("customers_merge") in html
        assert "Looks like" not in empty.content.decode()


def _listed(client: Client, **query: str) -> str:
    html = client.get(reverse("duplicates"), query).content.decode()
    return html.split('id="results"')[-1]
