"""The timeline of a customer: order, pages, filters, merges, and who sees what of it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.activities.models import Activity
from apps.core.paging import BadCursor
from apps.customers.models import Customer
from apps.members.models import AccessRole, Member
from apps.portfolio.timeline.selectors import TimelinePage, timeline_page
from apps.portfolio.timeline.sources import GROUPS, SOURCES
from tests.factories import make_customer, make_member, make_opportunity, make_order, make_team
from tests.portfolio.timelines import NOON, at, contact, everything, file, many, note
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def page(client: Client, customer: Customer, query: str = "", **headers: str) -> HttpResponse:
    response = client.get(f"{address(customer)}{query}", headers=headers)
    assert isinstance(response, HttpResponse)
    return response


def address(customer: Customer) -> str:
    return reverse("customer_timeline", args=[customer.pk])


def text(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def names(found: TimelinePage) -> list[str]:
    return [entry.source.name for day in found.days for entry in day.entries]


def keys(found: TimelinePage) -> list[tuple[str, int]]:
    return [(entry.source.name, entry.pk) for day in found.days for entry in day.entries]


def test_cursor_of_nobody_is_no_page() -> None:
    rep = make_member()
    customer = make_customer(owner=rep)

    with pytest.raises(BadCursor):
        timeline_page(customer, rep, cursor="x:y", may_change=True)
    assert page(signed_in(rep), customer, "?before=x").status_code == 404


@pytest.mark.parametrize("role", [AccessRole.REP, AccessRole.MANAGER, AccessRole.HR])
def test_who_does_not_see_the_customer_finds_no_timeline(role: AccessRole) -> None:
    customer = make_customer(owner=make_member(team=make_team()))
    other = make_member(role, team=make_team())

    assert page(signed_in(other), customer).status_code == 404


def test_stranger_is_asked_to_sign_in() -> None:
    response = page(Client(), make_customer())

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_every_kind_stands_in_one_order_newest_first() -> None:
    rep = make_member(team=make_team())
    customer = make_customer(owner=rep)
    everything(customer, rep)

    found = timeline_page(customer, rep, may_change=True)

    assert names(found) == [
        "activity", "note", "file", "tier", "stage", "screening", "answer", "owner", "merge",
        "level", "order",
    ]  # fmt: skip
    assert [(day.day, len(day.entries)) for day in found.days] == [
        (NOON.date(), 9),
        (NOON.date() - timedelta(days=1), 2),
    ]
    assert found.older == ""


def test_every_kind_is_printed_in_words() -> None:
    rep = make_member(team=make_team(), name="Ada Berg")
    customer = make_customer(owner=rep)
    everything(customer, rep)

    html = text(page(signed_in(rep), customer))

    for words in (
        "Wants a quote", "Likes film", "offer.pdf", "Tier A", "before Tier C", "rank 3 of 20",
        "9 points, 8 needed", "9 of 10", "Quick people", "From the pool to <strong>Ada Berg",
        "Called in", "Merged with <strong>Hart AG", "Opened at", "Order O-4711", "€500",
    ):  # fmt: skip
        assert words in html, words


def test_every_source_has_its_own_rank_group_and_template() -> None:
    assert len({source.rank for source in SOURCES}) == len(SOURCES)
    assert {source.group for source in SOURCES} == set(GROUPS)


def test_pages_go_through_everything_once_in_order() -> None:
    rep = make_member(team=make_team())
    customer = make_customer(owner=rep)
    everything(customer, rep)
    many(customer, rep, 40)
    whole = keys(timeline_page(customer, rep, may_change=True, size=200))

    seen, cursor = [], ""
    while True:
        found = timeline_page(customer, rep, cursor=cursor, may_change=True, size=7)
        seen += keys(found)
        cursor = found.older
        if not cursor:
            break

    assert len(whole) == 51
    assert seen == whole


def test_entries_of_the_same_instant_are_neither_lost_nor_doubled() -> None:
    rep = make_member(team=make_team())
    customer = make_customer(owner=rep)
    for number in range(3):
        note(customer, rep, f"n{number}", 5)
        contact(customer, rep, 5)
        file(customer, rep, 5)
    whole = keys(timeline_page(customer, rep, may_change=True))

    seen, cursor = [], ""
    for _ in range(9):
        found = timeline_page(customer, rep, cursor=cursor, may_change=True, size=1)
        seen += keys(found)
        cursor = found.older

    assert seen == whole
    assert len(set(seen)) == 9
    assert cursor == ""


def test_orders_of_a_day_are_paged_like_everything_else() -> None:
    rep = make_member(team=make_team(), time_zone="America/New_York")
    customer = make_customer(owner=rep)
    day = NOON.date()
    orders = [make_order(member=rep, value=n, on=day, customer=customer) for n in range(1, 4)]
    note(customer, rep, "The same day", 1)
    note(customer, rep, "In the first hours of it in New York", 6)
    note(customer, rep, "The day before in New York", 9)

    with timezone.override("America/New_York"):
        seen, days, cursor = [], [], ""
        while True:
            found = timeline_page(customer, rep, cursor=cursor, may_change=True, size=2)
            seen += keys(found)
            days += [day.day for day in found.days]
            cursor = found.older
            if not cursor:
                break

    kinds = [name for name, _pk in seen]
    assert kinds == ["note", "note", "order", "order", "order", "note"]
    assert [pk for name, pk in seen if name == "order"] == [one.pk for one in reversed(orders)]
    assert sorted(set(days), reverse=True) == [day, day - timedelta(days=1)]


def test_new_entry_between_two_pages_shifts_nothing() -> None:
    rep = make_member()
    customer = make_customer(owner=rep)
    many(customer, rep, 6)
    first = timeline_page(customer, rep, may_change=True, size=3)

    note(customer, rep, "Meanwhile", 0)
    second = timeline_page(customer, rep, cursor=first.older, may_change=True, size=3)

    assert not set(keys(first)) & set(keys(second))
    assert len(keys(second)) == 3


@pytest.mark.parametrize("group", GROUPS)
def test_filter_shows_its_kinds_only(group: str) -> None:
    rep = make_member(team=make_team())
    customer = make_customer(owner=rep)
    everything(customer, rep)

    found = timeline_page(customer, rep, groups=[group], may_change=True)

    assert set(names(found)) == {one.name for one in SOURCES if one.group == group}


def test_filter_stands_in_the_address_and_can_be_added_to() -> None:
    rep = make_member(team=make_team())
    customer = make_customer(owner=rep)
    everything(customer, rep)

    html = text(page(signed_in(rep), customer, "?timeline=note"))

    assert "Likes film" in html
    assert "Wants a quote" not in html
    assert f'href="{address(customer)}?timeline=note&amp;timeline=order"' in html
    assert f'href="{address(customer)}"' in html


def test_filter_of_the_page_holds_for_the_part_that_it_loads() -> None:
    rep = make_member(team=make_team())
    customer = make_customer(owner=rep)
    everything(customer, rep)
    here = f"http://testserver/customers/{customer.pk}/?timeline=note"

    html = text(page(signed_in(rep), customer, **HTMX, **{"HX-Current-URL": here}))

    assert "Likes film" in html
    assert "Wants a quote" not in html


def test_another_filter_is_put_into_the_address_of_the_page_around() -> None:
    rep = make_member(team=make_team())
    customer = make_customer(owner=rep)
    here = f"http://testserver/customers/{customer.pk}/?x=1&timeline=note"

    response = page(
        signed_in(rep),
        customer,
        "?timeline=order",
        **HTMX,
        **{"HX-Current-URL": here, "HX-Target": "timeline-stream"},
    )

    assert response["HX-Push-Url"] == f"/customers/{customer.pk}/?x=1&timeline=order"
    assert 'id="note-form"' not in text(response)


def test_older_entries_come_as_a_part_without_the_day_twice() -> None:
    rep = make_member()
    customer = make_customer(owner=rep)
    many(customer, rep, 30)
    client = signed_in(rep)
    first = text(page(client, customer))
    older = re.search(r'id="timeline-more"><a class="btn btn-default" href="([^"]+)"', first)
    assert older is not None
    link = older[1].replace("&amp;", "&").removeprefix(address(customer))

    part = text(page(client, customer, link, **HTMX, **{"HX-Target": "timeline-more"}))
    alone = text(page(client, customer, link))

    assert first.count('class="entry of-') == 25
    assert part.count('class="entry of-') == alone.count('class="entry of-') == 5
    assert "<h3>" not in part
    assert "<html" not in part
    assert "<h3>" in alone
    assert "Show the newest" in alone


def test_level_changes_and_orders_are_those_that_the_reader_sees() -> None:
    team = make_team()
    rep, colleague = make_member(team=team), make_member(team=make_team())
    customer = make_customer(owner=rep)
    day = NOON.date()
    theirs = make_opportunity(("E", day), owner=colleague, customer=customer, name="Hidden deal")
    make_order(member=colleague, value=1, on=day, customer=customer, number="O-hidden")
    contact(customer, rep, 1, opportunity=theirs, note="About it")

    html = text(page(signed_in(rep), customer))
    as_director = text(page(signed_in(make_member(AccessRole.DIRECTOR)), customer))

    assert "About it" in html
    for hidden in ("Hidden deal", "O-hidden"):
        assert hidden not in html
        assert hidden in as_director


def test_deleted_notes_and_files_are_gone() -> None:
    rep = make_member()
    customer = make_customer(owner=rep)
    gone = note(customer, rep, "Never mind")
    gone.deleted_at = NOON
    gone.save()
    dropped = file(customer, rep, name="wrong.pdf")
    dropped.deleted_at = NOON
    dropped.save()

    assert keys(timeline_page(customer, rep, may_change=True)) == []


def test_survivor_of_merges_shows_what_happened_to_all_of_them() -> None:
    rep = make_member()
    survivor = make_customer(owner=rep)
    middle = make_customer(deleted_at=NOON, merged_into=survivor)
    first = make_customer(deleted_at=NOON, merged_into=middle)
    stranger = make_customer(owner=rep)
    for number, customer in enumerate((survivor, middle, first, stranger)):
        note(customer, rep, f"Note {number}", number + 1)

    found = timeline_page(survivor, rep, may_change=True)

    texts = [entry.row.note.text for day in found.days for entry in day.entries]
    assert texts == ["Note 0", "Note 1", "Note 2"]


def test_reader_of_the_pool_reads_and_writes_nothing() -> None:
    rep = make_member()
    customer = make_customer(owner=None)
    note(customer, make_member(), "Open to all")

    html = text(page(signed_in(rep), customer))

    assert "Open to all" in html
    assert 'id="note-form"' not in html
    assert "entry-actions" not in html


def test_analyst_reads_files_by_name_only() -> None:
    rep = make_member()
    customer = make_customer(owner=rep)
    kept = file(customer, rep)

    html = text(page(signed_in(make_member(AccessRole.ANALYST)), customer))

    assert "offer.pdf" in html
    assert reverse("customer_file", args=[kept.pk]) not in html


def test_author_edits_and_who_leads_deletes() -> None:
    lead = make_member(AccessRole.MANAGER)
    team = make_team(lead=lead)
    rep, colleague = make_member(team=team), make_member(team=team)
    customer = make_customer(owner=rep)
    by_rep = note(customer, rep, "Mine", 1)
    by_other = note(customer, colleague, "Of somebody before me", 2)

    as_rep = text(page(signed_in(rep), customer))
    as_lead = text(page(signed_in(lead), customer))

    def deletable(html: str) -> set[int]:
        return {
            one.pk for one in (by_rep, by_other) if reverse("note_delete", args=[one.pk]) in html
        }

    assert deletable(as_rep) == {by_rep.pk}
    assert deletable(as_lead) == {by_rep.pk, by_other.pk}
    assert reverse("note_edit", args=[by_rep.pk]) in as_rep
    assert reverse("note_edit", args=[by_rep.pk]) not in as_lead


def test_time_is_that_of_the_reader() -> None:
    rep = make_member(time_zone="Asia/Shanghai")
    customer = make_customer(owner=rep)
    instant = datetime(2026, 3, 11, 20, 5, tzinfo=UTC)
    Activity.objects.create(
        customer=customer, member=rep, at=instant, channel="call", outcome="busy"
    )

    html = text(page(signed_in(rep), customer))

    assert ">04:05</time>" in html
    assert 'datetime="2026-03-12"' in html


def test_as_many_queries_for_two_entries_as_for_many_and_deep() -> None:
    rep = make_member(team=make_team())
    few, lots = make_customer(owner=rep), make_customer(owner=rep)
    everything(few, rep)
    everything(lots, rep, "O-4712")
    many(lots, rep, 80)
    client = signed_in(rep)
    first = timeline_page(lots, rep, may_change=True, size=25)
    deep = timeline_page(lots, rep, cursor=first.older, may_change=True, size=25)

    of_few = queries_of(client, address(few))
    of_many = queries_of(client, address(lots))
    of_deep = queries_of(client, f"{address(lots)}?before={deep.older}")

    # Of contacts alone: less is asked about them than of all kinds together.
    assert len(of_many) <= len(of_few)
    assert len(of_deep) <= len(of_few)
    assert len(of_few) <= 30


def test_text_of_people_is_text() -> None:
    rep = make_member()
    customer = make_customer(owner=rep)
    note(customer, rep, "<script>alert(1)</script>\nsee https://x.example/a?b=1&c=2.")
    contact(customer, rep, note="<b>loud</b>")

    html = page(signed_in(rep), customer).content.decode()

    assert "<script>alert" not in html
    assert "<b>loud" not in html
    assert 'href="https://x.example/a?b=1&amp;c=2" rel="noopener noreferrer nofollow"' in html


def test_entry_on_a_day_of_another_zone_keeps_the_days_in_order() -> None:
    rep = make_member(team=make_team())
    customer = make_customer(owner=rep)
    for hours in range(0, 60, 5):
        note(customer, rep, f"{hours}", hours)
        day = at(hours).date()
        make_order(member=rep, value=1, on=day, customer=customer)

    for zone in ("America/New_York", "Europe/Berlin", "Pacific/Auckland"):
        with timezone.override(zone):
            found: Any = timeline_page(customer, rep, may_change=True, size=100)
        days = [day.day for day in found.days]
        assert days == sorted(set(days), reverse=True), zone
