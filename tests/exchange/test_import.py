"""What a good folder becomes."""

from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from apps.core.models import AuditEntry, DirtyDay, Organisation
from apps.customers.models import Customer
from apps.exchange import references
from apps.exchange.models import ImportRun
from apps.funnel.models import LevelChange, Opportunity
from apps.members.models import AccessRole, Member, Membership, Team
from apps.orders.models import Order
from apps.products.models import Product
from tests.exchange.folders import counts, make_folder, pipeline_with, run
from tests.factories import make_member

pytestmark = pytest.mark.django_db


def history(number: str) -> list[tuple[str | None, str | None, str, date, bool]]:
    changes = LevelChange.objects.filter(opportunity__external_id=f"maven_crm:{number}")
    return [
        (
            change.from_level and change.from_level.code,
            change.to_level and change.to_level.code,
            change.outcome,
            change.on,
            change.is_dated,
        )
        for change in changes.select_related("from_level", "to_level")
    ]


def test_tree_is_company_office_team_with_managers_leading(tmp_path: Path) -> None:
    assert run(make_folder(tmp_path)).code == 0

    team = Team.objects.get(slug="team-mia-may")
    assert team.lead == Member.objects.get(name="Mia May")
    assert team.parent is not None
    assert (team.parent.name, team.parent.parent.name) == ("North", Organisation.current().name)  # type: ignore[union-attr]
    assert team.path == [team.parent.parent_id, team.parent_id, team.pk]
    assert {m.member.name for m in Membership.objects.filter(team=team)} == {
        "Ann Ash",
        "Bob Bay",
        "Mia May",
    }
    assert set(Membership.objects.values_list("starts_on", "ends_on")) == {(date(2017, 3, 1), None)}


def test_members_get_roles_and_made_up_emails_without_password(tmp_path: Path) -> None:
    run(make_folder(tmp_path))

    ann, mia = Member.objects.get(name="Ann Ash"), Member.objects.get(name="Mia May")
    assert (ann.access_role, mia.access_role) == (AccessRole.REP, AccessRole.MANAGER)
    assert ann.email == "ann.ash@maven.example"
    assert not ann.has_usable_password()


def test_made_up_email_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    make_member(email="ann.ash@maven.example", name="Another Ann")

    assert run(make_folder(tmp_path)).code == 0

    assert Member.objects.get(name="Ann Ash").email == "ann.ash2@maven.example"


def test_spelling_and_units_of_the_map_are_applied(tmp_path: Path) -> None:
    run(make_folder(tmp_path))

    acme = Customer.objects.get(name="Acme")
    assert (acme.industry, acme.annual_revenue) == ("technology", Decimal("1100040000.00"))
    assert (acme.region, acme.employees, acme.founded_year) == ("United States", 2822, 1996)
    assert (acme.owner, acme.parent) == (None, None)
    assert Customer.objects.get(name="Beta").parent == acme
    assert Product.objects.get(name="GTX Pro").list_price == Decimal(4821)
    won = Opportunity.objects.get(external_id="maven_crm:O1")
    assert won.product == Product.objects.get(name="GTX Pro")


def test_won_row_becomes_entry_win_and_order(tmp_path: Path) -> None:
    run(make_folder(tmp_path))

    won = Opportunity.objects.get(external_id="maven_crm:O1")
    assert (won.state, won.value, won.level.code) == ("won", Decimal(4500), "C")
    assert (won.opened_on, won.level_since_on, won.closed_on) == (
        date(2017, 3, 1),
        date(2017, 3, 1),
        date(2017, 4, 1),
    )
    assert history("O1") == [
        (None, "C", "", date(2017, 3, 1), True),
        ("C", None, "won", date(2017, 4, 1), True),
    ]
    order = Order.objects.get(opportunity=won)
    assert (order.number, order.value, order.ordered_on) == ("O1", Decimal(4500), date(2017, 4, 1))
    assert (order.member.name, order.team.slug) == ("Ann Ash", "team-mia-may")
    assert order.customer == won.customer


def test_lost_and_open_rows_have_neither_order_nor_value(tmp_path: Path) -> None:
    run(make_folder(tmp_path))

    assert history("O2")[-1] == ("C", None, "lost", date(2017, 4, 2), True)
    assert history("O3") == [(None, "C", "", date(2017, 5, 1), True)]
    values = Opportunity.objects.exclude(state="won").values_list("value", flat=True)
    assert set(values) == {None}
    assert set(Order.objects.values_list("number", flat=True)) == {"O1", "O5"}


def test_row_without_date_stands_at_its_level_on_the_snapshot_day(tmp_path: Path) -> None:
    run(make_folder(tmp_path))

    assert history("O4") == [(None, "E", "", date(2017, 12, 31), False)]
    assert Opportunity.objects.get(external_id="maven_crm:O4").opened_on == date(2017, 12, 31)


def test_row_without_customer_is_kept_and_counted(tmp_path: Path) -> None:
    out = run(make_folder(tmp_path)).out

    assert out["without_customer"] == 1
    assert [o.external_id for o in Opportunity.objects.without_customer()] == ["maven_crm:O4"]


def test_summary_counts_each_kind(tmp_path: Path) -> None:
    summary = run(make_folder(tmp_path)).out["summary"]

    created = {kind: (row["read"], row["created"]) for kind, row in summary.items()}
    assert created == {
        "teams": (5, 5),
        "members": (5, 5),
        "products": (2, 2),
        "customers": (2, 2),
        "opportunities": (5, 5),
        "level_changes": (8, 8),
        "orders": (2, 2),
    }


def test_day_of_each_change_and_order_is_marked_for_computing(tmp_path: Path) -> None:
    DirtyDay.objects.all().delete()

    run(make_folder(tmp_path))

    funnel = set(LevelChange.objects.values_list("on", flat=True))
    orders = set(Order.objects.values_list("ordered_on", flat=True))
    assert set(DirtyDay.objects.filter(source="funnel").values_list("day", flat=True)) == funnel
    assert set(DirtyDay.objects.filter(source="orders").values_list("day", flat=True)) == orders


def test_dry_run_writes_nothing_but_its_record(tmp_path: Path) -> None:
    before = counts()

    result = run(make_folder(tmp_path), "--dry-run")

    assert (result.code, result.out["summary"]["opportunities"]["created"]) == (0, 5)
    assert counts() == before
    assert ImportRun.objects.get().dry_run


def test_first_import_sets_the_currency_and_later_ones_only_point_it_out(tmp_path: Path) -> None:
    first = run(make_folder(tmp_path)).out["notes"]
    Organisation.objects.update(currency="EUR")
    second = run(tmp_path).out["notes"]

    assert first == ["The organisation's currency is USD from now on."]
    assert Organisation.current().currency == "EUR"
    assert second[0].startswith("Amounts are USD in the files and count as EUR")


def test_importer_is_on_record(tmp_path: Path) -> None:
    admin = make_member(AccessRole.ADMIN)

    run(make_folder(tmp_path), "--by", admin.email.upper())

    assert ImportRun.objects.get().by == admin
    entry = AuditEntry.objects.get(action="import.pipeline")
    assert (entry.by, entry.details["orders"]["created"]) == (admin, 2)
    assert set(LevelChange.objects.values_list("by", flat=True)) == {admin.pk}


def test_unknown_importer_is_refused(tmp_path: Path) -> None:
    result = run(make_folder(tmp_path), "--by", "nobody@example.com")

    assert (result.code, counts()["Opportunity"]) == (2, 0)


def test_member_entered_by_hand_is_joined_by_the_email_of_the_file(tmp_path: Path) -> None:
    ann = make_member(email="ann@firm.example", name="Ann A.")
    folder = make_folder(
        tmp_path,
        teams="sales_agent,manager,regional_office,mail\nAnn Ash,Mia May,North,ANN@firm.example\n",
        pipeline=pipeline_with("Bob Bay", "Ann Ash").replace("Cid Cox", "Ann Ash"),
    )
    shipped = Path(references.__file__).parent / "maps" / "maven_crm.toml"
    own = tmp_path / "own.toml"
    own.write_text(shipped.read_text().replace("[teams]\n", '[teams]\nemail = "mail"\n'))

    assert run(folder, "--map", str(own)).code == 0

    ann.refresh_from_db()
    assert ann.external_id == "maven_crm:Ann Ash"
    assert Opportunity.objects.filter(owner=ann).count() == 5


def test_role_that_may_not_skip_row_checks_gets_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(references, "may_skip_row_checks", lambda _cursor: False)

    assert run(make_folder(tmp_path)).code == 0

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert (Opportunity.objects.count(), LevelChange.objects.count()) == (5, 8)


def test_text_output_shows_the_counts(tmp_path: Path) -> None:
    out = StringIO()

    call_command("import_pipeline", str(make_folder(tmp_path)), stdout=out)

    lines = out.getvalue().splitlines()
    assert lines[0].split() == ["read", "created", "updated", "unchanged", "rejected"]
    assert "level changes" in lines[6]
    assert lines[6].split()[2:] == ["8", "8", "0", "0", "0"]
    assert "opportunities without customer: 1" in lines
    assert lines[-1].startswith("done (import ")
