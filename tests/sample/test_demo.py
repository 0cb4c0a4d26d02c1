"""`manage.py demo`: adding the sample firm, leaving it, and removing exactly that."""

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from apps.core.models import AuditEntry, DirtyDay, Organisation
from apps.customers.models import Contact, Customer
from apps.funnel.models import LevelChange, Opportunity, Outcome
from apps.funnel.services import opportunity_close, opportunity_create
from apps.members.models import AccessRole, Member, Membership, Team
from apps.members.services import membership_start
from apps.metrics.models import DayFact, Metric
from apps.orders.models import Order
from apps.orders.services import order_create
from apps.overnight.models import NightRun
from apps.products.models import Product, ProductLine
from apps.sample.services import DEMO_PASSWORD
from tests.factories import (
    level,
    make_customer,
    make_line,
    make_member,
    make_opportunity,
    make_order,
    make_team,
    noon,
)
from tests.sample.conftest import UNTIL

pytestmark = pytest.mark.django_db
KINDS: list[type[Model]] = [
    Member, Team, Membership, ProductLine, Product, Customer, Contact, Opportunity, LevelChange, Order,
]  # fmt: skip
KEYS = {
    "id", "member", "team", "owner", "customer", "opportunity", "parent", "lead", "path", "by", "line",
    "product", "stage_set_by",
}  # fmt: skip


def demo(*arguments: str) -> str:
    out = StringIO()
    call_command("demo", *arguments, stdout=out)
    return out.getvalue()


def add(*arguments: str) -> str:
    return demo("--scale", "small", "--until", UNTIL.isoformat(), *arguments)


def contents() -> dict[str, list[dict[str, Any]]]:
    """Every row without keys, which come from the database's sequences."""
    found = {}
    for kind in KINDS:
        fields = [field.name for field in kind._meta.fields if field.name not in KEYS]
        found[kind.__name__] = list(kind._default_manager.order_by("pk").values(*fields))
    return found


def counts() -> dict[str, int]:
    return {kind.__name__: kind._default_manager.count() for kind in KINDS}


def make_real_firm() -> Member:
    """A member of a real team with a customer, an opportunity and an order."""
    rep = make_member(team=make_team())
    customer = make_customer(owner=rep)
    make_opportunity(("E", UNTIL), ("won", UNTIL), owner=rep, customer=customer)
    make_order(member=rep, value=100, on=UNTIL, customer=customer)
    return rep


def test_a_day_in_the_future_is_refused() -> None:
    tomorrow = Organisation.current().today() + timedelta(days=1)

    with pytest.raises(CommandError, match="in the future") as refusal:
        demo("--scale", "small", "--until", tomorrow.isoformat())

    assert refusal.value.returncode == 2
    assert not Member.objects.exists()
    assert Organisation.current().name == "SalesTeam"


def test_a_second_run_is_refused_and_says_how_to_remove() -> None:
    add()
    before = counts()

    with pytest.raises(CommandError, match="--remove"):
        add()

    assert counts() == before


def test_if_empty_leaves_the_sample_and_shows_the_sign_ins_again() -> None:
    add()
    before = counts()

    out = add("--if-empty")

    assert "nothing was added" in out
    assert "admin@sample.example" in out
    assert DEMO_PASSWORD in out
    assert counts() == before


def test_if_empty_does_not_show_a_password_that_was_changed() -> None:
    add()
    for member in Member.objects.all():
        member.set_password("something of my own")
        member.save()

    assert DEMO_PASSWORD not in add("--if-empty")


def test_if_empty_leaves_a_real_firm_alone() -> None:
    make_real_firm()
    before = contents()

    assert "Records of your own are here" in add("--if-empty")

    assert contents() == before


def test_real_records_need_beside() -> None:
    make_real_firm()
    before = contents()

    with pytest.raises(CommandError, match="--beside"):
        add()

    assert contents() == before


def test_the_same_seed_gives_the_same_rows() -> None:
    add()
    first = contents()
    demo("--remove")

    add()

    assert contents() == first


def test_another_seed_gives_another_firm() -> None:
    add()
    first = set(Customer.objects.values_list("name", flat=True))
    demo("--remove")

    add("--seed", "8")

    assert set(Customer.objects.values_list("name", flat=True)) != first


def test_the_history_ends_yesterday_in_the_organisations_zone() -> None:
    answer = json.loads(demo("--scale", "small", "--json"))

    yesterday = Organisation.current().today() - timedelta(days=1)
    assert answer["until"] == yesterday.isoformat()


def test_json_gives_rows_sign_ins_and_password() -> None:
    answer = json.loads(add("--json"))

    assert answer["created"] is True
    assert answer["rows"]["opportunities"] == 900 == Opportunity.objects.count()
    assert answer["password"] == DEMO_PASSWORD
    assert {sign_in["role"] for sign_in in answer["sign_ins"]} == set(AccessRole.values)
    assert json.loads(add("--json", "--if-empty"))["created"] is False


def test_beside_real_records_the_password_is_secret_and_the_organisation_stays() -> None:
    make_real_firm()
    real = contents()

    answer = json.loads(add("--beside", "--json"))

    assert answer["password"] != DEMO_PASSWORD
    member = Member.objects.get(email="admin@sample.example")
    assert not member.check_password(DEMO_PASSWORD)
    assert member.check_password(answer["password"])
    assert Organisation.current().name == "SalesTeam"
    assert Member.objects.filter(is_sample=False).count() == len(real["Member"])


def test_in_production_the_password_is_secret(settings: Any) -> None:
    settings.PRODUCTION = True

    answer = json.loads(add("--json"))

    assert answer["password"] != DEMO_PASSWORD
    assert not Member.objects.get(email="admin@sample.example").check_password(DEMO_PASSWORD)


def test_names_that_real_records_have_get_a_suffix() -> None:
    make_real_firm()
    make_line("Packaging")
    Team.objects.update(slug="nordhaus")

    add("--beside")

    assert ProductLine.objects.filter(name="Packaging (sample)", is_sample=True).exists()
    assert Team.objects.filter(slug="nordhaus-sample", is_sample=True).exists()


def test_pages_say_that_figures_are_sample_ones_while_they_are(client: Client) -> None:
    make_real_firm()
    client.force_login(make_member(AccessRole.DIRECTOR))

    add("--beside")
    with_sample = client.get("/customers/").text
    demo("--remove")
    without = client.get("/customers/").text

    assert "With sample data" in with_sample
    assert "With sample data" not in without


def test_removing_leaves_the_tables_empty() -> None:
    add()

    demo("--remove")

    assert counts() == dict.fromkeys(counts(), 0)
    assert Organisation.current().name == "SalesTeam"
    assert "no sample firm" in demo("--remove")


def test_removing_leaves_real_rows_untouched() -> None:
    make_real_firm()
    before = contents()
    add("--beside")

    demo("--remove")

    assert contents() == before


def test_removing_marks_the_days_for_the_overnight_run() -> None:
    add()
    days = set(LevelChange.objects.values_list("on", flat=True))
    DirtyDay.objects.all().delete()

    demo("--remove")

    assert days <= set(DirtyDay.objects.values_list("day", flat=True))


def test_what_sample_people_do_in_the_product_goes_with_them() -> None:
    add()
    rep = Member.objects.get(email="rep@sample.example")
    created = opportunity_create(
        owner=rep, line=ProductLine.objects.all()[0], level=level("E"), by=rep
    )
    moved = Opportunity.objects.filter(owner=rep, state="open").exclude(pk=created.pk).first()
    opportunity_close(opportunity=moved, outcome=Outcome.LOST, reason="test", by=rep)  # type: ignore[arg-type]
    make_order(member=rep, value=5, on=UNTIL, line=ProductLine.objects.all()[0])
    admin = Member.objects.get(email="admin@sample.example")
    run = NightRun.objects.create(kind="nightly", through_on=UNTIL, started_by=admin)
    DayFact.objects.create(
        day=UNTIL, member=rep, team=Team.objects.all()[0], metric=Metric.ORDERS, count=1
    )

    demo("--remove")

    assert counts() == dict.fromkeys(counts(), 0)
    assert not DayFact.objects.exists()
    run.refresh_from_db()
    assert run.started_by is None
    assert not AuditEntry.objects.filter(is_sample=True).exists()
    assert not AuditEntry.objects.filter(action="opportunity.create").exists()


def test_what_sample_people_did_to_real_records_stays_in_the_audit_trail() -> None:
    real = make_real_firm()
    add("--beside")
    admin = Member.objects.get(email="admin@sample.example")
    order_create(
        number="real", member=real, line=make_line(), ordered_on=UNTIL, value=Decimal(5), by=admin
    )

    demo("--remove")

    entry = AuditEntry.objects.get(action="order.create", label="real")
    assert (entry.by_id, entry.by_text) == (admin.pk, f"{admin.name} <admin@sample.example>")


def test_a_sign_in_with_its_session_does_not_stop_the_removal(client: Any) -> None:
    add()
    signed_in = client.post(
        reverse("account_login"), {"login": "rep@sample.example", "password": DEMO_PASSWORD}
    )
    assert signed_in.status_code == 302

    demo("--remove")

    assert not Member.objects.exists()


def _real_customer_of_a_sample_owner() -> None:
    make_customer(owner=Member.objects.get(email="rep@sample.example"))


def _real_contact_at_a_sample_customer() -> None:
    Contact.objects.create(customer=Customer.objects.all()[0], name="Real Person")


def _real_member_in_a_sample_team() -> None:
    membership_start(
        member=make_member(), team=Team.objects.get(slug="east"), starts_on=UNTIL, by=None
    )


def _real_order_of_a_sample_customer() -> None:
    rep = make_member(team=make_team())
    make_order(member=rep, value=5, on=UNTIL, customer=Customer.objects.first())


def _real_opportunity_for_a_sample_product_line() -> None:
    rep = make_member(team=make_team())
    opportunity_create(
        owner=rep,
        line=ProductLine.objects.get(name="Service"),
        level=level("E"),
        by=rep,
        at=noon(UNTIL),
    )


@pytest.mark.parametrize(
    ("hang", "named"),
    [
        (_real_customer_of_a_sample_owner, "1 × customer (owner)"),
        (_real_contact_at_a_sample_customer, "1 × contact (customer)"),
        (_real_member_in_a_sample_team, "1 × membership (team)"),
        (_real_order_of_a_sample_customer, "1 × order (customer)"),
        (_real_opportunity_for_a_sample_product_line, "1 × opportunity (line)"),
    ],
)
def test_real_records_that_hang_on_sample_ones_stop_the_removal(hang: Any, named: str) -> None:
    add()
    hang()
    before = counts()

    with pytest.raises(CommandError) as refusal:
        demo("--remove")

    assert named in str(refusal.value)
    assert refusal.value.returncode == 2
    assert counts() == before


def test_a_pipeline_of_other_levels_is_refused() -> None:
    level("E").delete()

    with pytest.raises(CommandError, match="five levels"):
        add()

    assert not Member.objects.exists()
