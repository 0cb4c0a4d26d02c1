"""Screening a customer: the service, its panel, the list of parked ones and the rules."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.errors import NotPermitted
from apps.core.models import AuditEntry
from apps.customers.models import (
    Customer,
    CustomerOwnerChangeKind,
    Screening,
    ScreeningDimension,
    ScreeningRule,
)
from apps.customers.screening.rules import (
    KeyTaken,
    MinimumOutOfRange,
    NothingGraded,
    screening_dimension_move,
    screening_dimension_save,
    screening_minimum_set,
)
from apps.customers.screening.services import (
    GradesMissing,
    ParkedWithoutReason,
    screening_record,
)
from apps.customers.services import customers_assign
from apps.customers.writing import CustomerGone
from apps.members.models import AccessRole, Member
from tests.factories import make_customer, make_member, make_team
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db

GOOD = {"company-size": 3, "industry-fit": 3, "pain-point-fit": 3}
WEAK = {"company-size": 2, "industry-fit": 2, "pain-point-fit": 2}
WHY = "No budget before spring"


@pytest.fixture
def rep() -> Member:
    lead = make_member(AccessRole.MANAGER, name="Katrin Albrecht")
    return make_member(team=make_team(lead=lead, name="East"), name="Moritz Haas")


@pytest.fixture
def admin() -> Member:
    return make_member(AccessRole.ADMIN)


@pytest.fixture
def customer(rep: Member) -> Customer:
    return make_customer(owner=rep, name="Acme Logistik", region="Sachsen")


def screen(customer: Customer, by: Member, grades: dict[str, int] = GOOD, why: str = WHY) -> Any:
    return screening_record(customer=customer, grades=grades, reason=why, by=by)


def posted(grades: dict[str, int], reason: str = "") -> dict[str, str]:
    return {"reason": reason, **{f"grade-{key}": str(grade) for key, grade in grades.items()}}


def dimension(key: str = "company-size") -> ScreeningDimension:
    found: ScreeningDimension = ScreeningDimension.objects.get(key=key)
    return found


def values(**changes: Any) -> dict[str, Any]:
    """What a new dimension is made of."""
    known = {
        "key": "budget",
        "names": {"en": "Budget"},
        "grades": {"en": ["None", "Some", "Enough", "Plenty"]},
        "veto_up_to": None,
        "is_active": True,
    }
    return known | changes


# ── Recording ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "grades",
    [
        {},
        {"company-size": 3, "industry-fit": 3},
        {**GOOD, "weather": 4},
        {**GOOD, "company-size": 5},
        {**GOOD, "company-size": 0},
    ],
)
def test_grades_that_do_not_fit_are_refused(
    customer: Customer, rep: Member, grades: dict[str, int]
) -> None:
    with pytest.raises(GradesMissing):
        screen(customer, rep, grades)

    assert not Screening.objects.exists()


@pytest.mark.parametrize("why", ["", "   "])
def test_parking_needs_a_reason(customer: Customer, rep: Member, why: str) -> None:
    with pytest.raises(ParkedWithoutReason):
        screen(customer, rep, WEAK, why)

    customer.refresh_from_db()
    assert (customer.screening, customer.potential_score) == ("", None)


def test_who_may_not_change_the_customer_may_not_screen_it(customer: Customer) -> None:
    stranger, analyst = make_member(team=make_team()), make_member(AccessRole.ANALYST)

    for person in (stranger, analyst):
        with pytest.raises(NotPermitted):
            screen(customer, person)

    assert not Screening.objects.exists()


def test_a_deleted_customer_is_not_screened(customer: Customer, rep: Member) -> None:
    Customer.objects.filter(pk=customer.pk).update(deleted_at=datetime(2026, 3, 2, tzinfo=UTC))

    with pytest.raises(CustomerGone):
        screen(customer, rep)

    assert not Screening.objects.exists()


def test_at_the_minimum_a_customer_qualifies(customer: Customer, rep: Member) -> None:
    made = screen(customer, rep, {**GOOD, "company-size": 2}, "")

    customer.refresh_from_db()
    assert (made.total, made.minimum, made.is_qualified, made.vetoes) == (8, 8, True, [])
    assert (customer.screening, customer.potential_score) == ("qualified", 8)


def test_below_the_minimum_it_is_parked_with_the_reason(customer: Customer, rep: Member) -> None:
    made = screen(customer, rep, WEAK)

    customer.refresh_from_db()
    assert (made.total, made.is_qualified, made.reason) == (6, False, WHY)
    assert (customer.screening, customer.potential_score) == ("parked", 6)


def test_a_veto_parks_whatever_the_total(customer: Customer, rep: Member) -> None:
    ScreeningDimension.objects.filter(key="industry-fit").update(veto_up_to=1)

    made = screen(customer, rep, {"company-size": 4, "industry-fit": 1, "pain-point-fit": 4})

    customer.refresh_from_db()
    assert (made.total, made.is_qualified, made.vetoes) == (9, False, ["industry-fit"])
    assert (customer.screening, customer.potential_score) == ("parked", 9)


def test_the_latest_screening_counts_and_the_earlier_stay(customer: Customer, rep: Member) -> None:
    screen(customer, rep, WEAK)
    screen(customer, rep, GOOD, "")

    customer.refresh_from_db()
    assert (customer.screening, customer.potential_score) == ("qualified", 9)
    assert [row.total for row in Screening.objects.filter(customer=customer)] == [9, 6]


def test_a_screening_is_in_the_audit_trail(customer: Customer, rep: Member) -> None:
    screen(customer, rep, WEAK)

    entry = AuditEntry.objects.get(action="customer.screen")
    assert (entry.by, entry.kind, entry.object_id) == (rep, "customer", customer.pk)
    assert entry.changes == {"screening": ["", "parked"], "potential_score": [None, 6]}
    assert entry.details["reason"] == WHY
    assert (entry.details["total"], entry.details["highest"]) == (6, 12)


# ── The panel ────────────────────────────────────────────────────────────────────────────────────


def test_the_panel_is_absent_for_outsiders_and_read_only_for_readers(
    client: Client, customer: Customer
) -> None:
    address = reverse("customer_screening", args=[customer.pk])
    stranger, analyst = make_member(team=make_team()), make_member(AccessRole.ANALYST)

    client.force_login(stranger)
    assert client.get(address).status_code == 404
    assert client.post(address, posted(GOOD)).status_code == 404
    client.force_login(analyst)
    page = client.get(address)
    assert page.status_code == 200
    assert "grade-company-size" not in page.content.decode()
    assert client.post(address, posted(GOOD)).status_code == 403

    assert not Screening.objects.exists()


def test_a_rep_reads_the_screening_of_a_customer_in_the_pool(
    client: Client, customer: Customer, rep: Member
) -> None:
    screen(customer, rep, WEAK)
    customers_assign(
        customers=[customer.pk], to=None, reason="", kind=CustomerOwnerChangeKind.RELEASE, by=rep
    )
    client.force_login(make_member(team=make_team()))

    html = client.get(reverse("customer_screening", args=[customer.pk])).content.decode()

    assert "6 of 12: parked" in html
    assert "<form" not in html.split('id="screening"')[1].split("</main>")[0]


def test_the_form_asks_what_the_rules_say_in_the_readers_language(
    client: Client, customer: Customer, rep: Member
) -> None:
    Member.objects.filter(pk=rep.pk).update(language="zh-hans")
    client.force_login(rep)

    html = client.get(reverse("customer_screening", args=[customer.pk])).content.decode()

    assert "企业规模" in html
    assert "三个月内必须解决" in html
    assert len(re.findall(r'type="radio"', html)) == 12


def test_without_javascript_a_screening_leads_back_to_the_panel(
    client: Client, customer: Customer, rep: Member
) -> None:
    client.force_login(rep)
    address = reverse("customer_screening", args=[customer.pk])

    response = client.post(address, posted(WEAK, WHY), follow=True)

    html = response.content.decode()
    assert response.redirect_chain == [(address, 302)]
    assert "6 of 12: parked" in html
    assert WHY in html


def test_by_htmx_the_panel_comes_back_with_the_verdict(
    client: Client, customer: Customer, rep: Member
) -> None:
    client.force_login(rep)

    response = client.post(
        reverse("customer_screening", args=[customer.pk]),
        posted(GOOD),
        headers={"HX-Request": "true"},
    )

    html = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in html
    assert "9 of 12: qualified" in html


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (posted(WEAK), "say why"),
        ({"reason": WHY, "grade-company-size": "3"}, "Choose a grade."),
        (posted({**GOOD, "company-size": 9}, WHY), "There is no such choice."),
        (posted(WEAK, "x" * 501), "at most 500 characters"),
    ],
)
def test_what_is_refused_keeps_what_was_chosen(
    client: Client, customer: Customer, rep: Member, sent: dict[str, str], says: str
) -> None:
    client.force_login(rep)

    response = client.post(reverse("customer_screening", args=[customer.pk]), sent)

    html = response.content.decode()
    assert response.status_code == 422
    assert says in html
    assert '<details class="screening-entry" open>' in html
    assert html.count(" checked") == sum(
        1 for k, v in sent.items() if k != "reason" and v in "1234"
    )
    assert not Screening.objects.exists()


def test_a_dimension_added_meanwhile_is_asked_for(
    client: Client, customer: Customer, rep: Member, admin: Member
) -> None:
    screening_dimension_save(dimension=ScreeningDimension(), values=values(), by=admin)
    client.force_login(rep)

    response = client.post(reverse("customer_screening", args=[customer.pk]), posted(GOOD))

    assert response.status_code == 422
    assert "Budget" in response.content.decode()


def test_the_history_names_the_veto_of_then(
    client: Client, customer: Customer, rep: Member
) -> None:
    ScreeningDimension.objects.filter(key="industry-fit").update(veto_up_to=3)
    screen(customer, rep, GOOD)
    ScreeningDimension.objects.filter(key="industry-fit").update(veto_up_to=None, is_active=False)
    client.force_login(rep)

    html = client.get(reverse("customer_screening", args=[customer.pk])).content.decode()

    assert "9 of 12: parked" in html
    assert "Veto: Industry fit" in html


# ── The list of parked customers ─────────────────────────────────────────────────────────────────


def listed(client: Client, **query: str) -> list[str]:
    html = client.get(reverse("customers_parked"), query).content.decode()
    return re.findall(r'<th[^>]*class="span"><a href="/customers/\d+/">([^<]*)</a>', html)


def test_only_parked_customers_whose_latest_screening_says_so_are_listed(
    client: Client, rep: Member
) -> None:
    parked, better, never = (make_customer(owner=rep, name=name) for name in ("A", "B", "C"))
    screen(parked, rep, GOOD, "")
    screen(parked, rep, WEAK)
    screen(better, rep, WEAK)
    screen(better, rep, GOOD, "")
    client.force_login(rep)

    assert listed(client) == ["A"]
    assert never.pk


def test_each_sees_the_parked_customers_that_they_see(client: Client, rep: Member) -> None:
    south = make_member(team=make_team(), name="South")
    mine, other, pooled = (
        make_customer(owner=rep, name="Mine"),
        make_customer(owner=south, name="Other"),
        make_customer(owner=rep, name="Pooled"),
    )
    screen(mine, rep, WEAK)
    screen(other, south, WEAK)
    screen(pooled, rep, WEAK)
    customers_assign(
        customers=[pooled.pk], to=None, reason="", kind=CustomerOwnerChangeKind.RELEASE, by=rep
    )

    client.force_login(rep)
    assert sorted(listed(client)) == ["Mine", "Pooled"]
    client.force_login(south)
    assert sorted(listed(client)) == ["Other", "Pooled"]
    client.force_login(make_member(AccessRole.DIRECTOR))
    assert sorted(listed(client)) == ["Mine", "Other", "Pooled"]
    assert listed(client, owner=str(rep.pk)) == ["Mine"]
    assert listed(client, owner="pool") == ["Pooled"]
    client.force_login(make_member(AccessRole.HR))
    assert client.get(reverse("customers_parked")).status_code == 404


def test_parked_ones_are_filtered_by_name_region_and_day(client: Client, rep: Member) -> None:
    for name, region, day in (("Acme", "North", 2), ("Bolt", "South", 10)):
        made = screen(make_customer(owner=rep, name=name, region=region), rep, WEAK)
        Screening.objects.filter(pk=made.pk).update(at=datetime(2026, 3, day, 12, tzinfo=UTC))
    client.force_login(rep)

    assert listed(client) == ["Bolt", "Acme"]
    assert listed(client, sort="customer") == ["Acme", "Bolt"]
    assert listed(client, q="ac") == ["Acme"]
    assert listed(client, region="south") == ["Bolt"]
    assert listed(client, since="2026-03-10") == ["Bolt"]
    assert listed(client, until="2026-03-09") == ["Acme"]
    assert listed(client, since="2026-03-09", until="2026-03-02") == []


def test_screen_again_is_offered_to_who_may(
    client: Client, customer: Customer, rep: Member
) -> None:
    screen(customer, rep, WEAK)
    address = f"{reverse('customer_screening', args=[customer.pk])}?again=1"

    client.force_login(rep)
    assert address in client.get(reverse("customers_parked")).content.decode()
    assert 'screening-entry" open' in client.get(address).content.decode()
    client.force_login(make_member(AccessRole.ANALYST))
    assert address not in client.get(reverse("customers_parked")).content.decode()


def test_the_file_has_the_reason_and_who_parked(
    client: Client, customer: Customer, rep: Member
) -> None:
    screen(customer, rep, WEAK, "=cmd")
    client.force_login(make_member(AccessRole.DIRECTOR))

    response = client.get(reverse("customers_parked_export"))

    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    head, line = text.splitlines()
    assert head.startswith("Customer,Owner,Industry,Region,Total,Highest total,Minimum total,Veto")
    assert line.startswith("Acme Logistik,Moritz Haas,,Sachsen,6,12,8,,'=cmd,Moritz Haas,")
    assert AuditEntry.objects.get(action="export.parked").details["count"] == 1


def test_a_rep_takes_no_file_away(client: Client, rep: Member) -> None:
    client.force_login(rep)

    assert client.get(reverse("customers_parked_export")).status_code == 404


def test_the_list_costs_the_same_for_two_rows_and_for_twenty(client: Client, rep: Member) -> None:
    client.force_login(rep)
    counts = []
    for rows in (2, 18):
        for _number in range(rows):
            screen(make_customer(owner=rep), rep, WEAK)
        counts.append(len(queries_of(client, reverse("customers_parked"))))

    assert counts[0] == counts[1]


def test_the_panel_costs_the_same_for_two_screenings_and_for_twenty(
    client: Client, customer: Customer, rep: Member
) -> None:
    client.force_login(rep)
    counts = []
    for rows in (2, 18):
        for _number in range(rows):
            screen(customer, rep, WEAK)
        counts.append(len(queries_of(client, reverse("customer_screening", args=[customer.pk]))))

    assert counts[0] == counts[1]


# ── The rules ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", [AccessRole.REP, AccessRole.MANAGER, AccessRole.DIRECTOR])
def test_only_administrators_settle_the_rules(role: AccessRole) -> None:
    person = make_member(role)

    with pytest.raises(NotPermitted):
        screening_minimum_set(minimum=9, by=person)
    with pytest.raises(NotPermitted):
        screening_dimension_save(dimension=ScreeningDimension(), values=values(), by=person)
    with pytest.raises(NotPermitted):
        screening_dimension_move(dimension=dimension(), to="down", by=person)

    assert ScreeningRule.current().minimum == 8
    assert ScreeningDimension.objects.count() == 3


@pytest.mark.parametrize("minimum", [0, 2, 13])
def test_a_minimum_that_no_total_reaches_or_all_do_is_refused(admin: Member, minimum: int) -> None:
    with pytest.raises(MinimumOutOfRange, match="between 3 and 12"):
        screening_minimum_set(minimum=minimum, by=admin)

    assert ScreeningRule.current().minimum == 8


@pytest.mark.parametrize("minimum", [3, 12])
def test_the_minimum_may_lie_at_either_end(admin: Member, minimum: int) -> None:
    screening_minimum_set(minimum=minimum, by=admin)

    assert ScreeningRule.current().minimum == minimum
    entry = AuditEntry.objects.get(action="screeningrule.update")
    assert entry.changes == {"minimum": [8, minimum]}


def test_the_minimum_must_fit_the_dimensions_that_would_be_in_use(admin: Member) -> None:
    for key in ("company-size", "industry-fit"):
        fields = {"is_active": False}
        if key == "industry-fit":
            with pytest.raises(MinimumOutOfRange, match=r"With 1 dimension .* between 1 and 4"):
                screening_dimension_save(dimension=dimension(key), values=fields, by=admin)
        else:
            screening_dimension_save(dimension=dimension(key), values=fields, by=admin)

    assert set(ScreeningDimension.objects.filter(is_active=True).values_list("key", flat=True)) == {
        "industry-fit",
        "pain-point-fit",
    }


def test_the_last_dimension_stays_in_use(admin: Member) -> None:
    ScreeningDimension.objects.exclude(key="company-size").update(is_active=False)
    ScreeningRule.objects.update(minimum=2)

    with pytest.raises(NothingGraded):
        screening_dimension_save(dimension=dimension(), values={"is_active": False}, by=admin)

    assert dimension().is_active


def test_changed_rules_leave_earlier_screenings_as_they_were(
    customer: Customer, rep: Member, admin: Member
) -> None:
    made = screen(customer, rep, {**GOOD, "company-size": 2}, "")

    screening_minimum_set(minimum=12, by=admin)
    screening_dimension_save(dimension=dimension(), values={"veto_up_to": 3}, by=admin)
    screening_dimension_save(dimension=ScreeningDimension(), values=values(), by=admin)

    made.refresh_from_db()
    customer.refresh_from_db()
    assert (made.total, made.minimum, made.is_qualified, made.vetoes) == (8, 8, True, [])
    assert (customer.screening, customer.potential_score) == ("qualified", 8)


def test_a_second_dimension_of_the_same_name_is_refused(admin: Member) -> None:
    screening_dimension_save(dimension=ScreeningDimension(), values=values(), by=admin)

    with pytest.raises(KeyTaken):
        screening_dimension_save(dimension=ScreeningDimension(), values=values(), by=admin)

    assert ScreeningDimension.objects.count() == 4


def test_dimensions_change_places_with_their_neighbours(admin: Member) -> None:
    def order() -> list[str]:
        return list(ScreeningDimension.objects.values_list("key", flat=True))

    screening_dimension_move(dimension=dimension("pain-point-fit"), to="up", by=admin)
    assert order() == ["company-size", "pain-point-fit", "industry-fit"]
    screening_dimension_move(dimension=dimension("company-size"), to="down", by=admin)
    assert order() == ["pain-point-fit", "company-size", "industry-fit"]
    screening_dimension_move(dimension=dimension("industry-fit"), to="down", by=admin)
    assert order() == ["pain-point-fit", "company-size", "industry-fit"]


# ── The pages of the rules ───────────────────────────────────────────────────────────────────────


def form_values(**changes: str) -> dict[str, str]:
    texts = {f"grade-en-{grade}": f"Text {grade}" for grade in range(1, 5)}
    return {"name-en": "Budget", "is_active": "on", "veto_up_to": "", **texts, **changes}


def test_an_administrator_adds_a_dimension_in_three_languages(
    client: Client, admin: Member
) -> None:
    client.force_login(admin)
    more = {"name-zh-hans": "预算", "grade-zh-hans-1": "没有", "veto_up_to": "1"}

    response = client.post(reverse("screening_dimension_new"), form_values(**more))

    made = dimension("budget")
    assert response.status_code == 302
    assert (made.names, made.rank, made.veto_up_to) == ({"en": "Budget", "zh-hans": "预算"}, 4, 1)
    assert made.grades["zh-hans"] == ["没有", "", "", ""]
    Member.objects.filter(pk=admin.pk).update(language="zh-hans")
    html = client.get(reverse("screening_settings")).content.decode()
    assert "没有" in html
    assert "Text 2" in html  # no Chinese text of its own


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"name-en": ""}, "This field is required."),
        ({"grade-en-3": ""}, "This field is required."),
        ({"name-en": "预算"}, "Use Latin letters"),
        ({"name-en": "Company size"}, "There is a dimension of this name"),
        ({"veto_up_to": "4"}, "There is no such choice."),
        ({"name-en": "x" * 61}, "at most 60 characters"),
    ],
)
def test_a_dimension_that_lacks_something_is_refused(
    client: Client, admin: Member, sent: dict[str, str], says: str
) -> None:
    client.force_login(admin)

    response = client.post(reverse("screening_dimension_new"), form_values(**sent))

    assert response.status_code == 422
    assert says in response.content.decode()
    assert ScreeningDimension.objects.count() == 3


def test_a_renamed_dimension_keeps_its_key(client: Client, admin: Member) -> None:
    client.force_login(admin)

    client.post(reverse("screening_dimension", args=[dimension().pk]), form_values())

    assert dimension("company-size").names == {"en": "Budget"}


def test_the_minimum_is_saved_and_a_bad_one_refused_with_the_range(
    client: Client, admin: Member
) -> None:
    client.force_login(admin)
    address = reverse("screening_settings")

    assert client.post(address, {"minimum": "10"}).status_code == 302
    refused = client.post(address, {"minimum": "13"})

    assert refused.status_code == 422
    assert "between 3 and 12" in refused.content.decode()
    assert ScreeningRule.current().minimum == 10
