"""Every page of the product, asked by every persona."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.crypto import get_random_string

from apps.core.models import AuditEntry, MailState, Organisation, OutgoingMail
from apps.customers.models import Contact, ScreeningDimension, Tier
from apps.exchange.customers.services import import_match, import_upload, import_work_off
from apps.exchange.models import CustomerImport, ImportRun
from apps.members.invitations.batches import batch_create
from apps.members.invitations.services import Invitee, invitation_create
from apps.members.lifecycle import LifecycleStage
from apps.members.models import AccessRole, Member, Position, StandIn
from apps.members.signing_in.tokens import token_create
from apps.members.teams.belonging import team_member_add
from apps.members.teams.stand_ins import stand_in_name
from apps.members.teams.tree import team_close
from apps.overnight.models import NightRun, RunKind
from apps.portfolio.lifecycle.services import lifecycle_override_set
from apps.portfolio.tiers.services import tier_override_set
from apps.reports.mailing import report_mail_queue
from apps.reports.models import Delivery
from apps.reports.services import edition_send
from apps.satisfaction.models import Survey, SurveyKind
from apps.satisfaction.services import survey_send
from apps.staffing.leaving import departure_of
from apps.staffing.moves import member_move, planned_move
from tests.access.conftest import OWNERS, POOL, Firm, name_of
from tests.access.matrix import (
    ABSENT,
    ALL,
    CHANNELS,
    FILES,
    MATRIX,
    MOVES,
    OWN,
    PAGE,
    PERSONAS,
    REFUSED,
    SIGN_IN,
    SUBTREE,
    Page,
    markdown,
)
from tests.access.of_customers import MAKERS, of_customer
from tests.access.of_lists import SETTLED
from tests.factories import make_departure, make_team

ROOT = Path(__file__).resolve().parents[2]
WEEK = "2026-W09"
LISTS = [page for page in MATRIX if page.kind == "list"]
RECORDS = [page for page in MATRIX if page.kind == "record"]
OTHERS = [page for page in MATRIX if page.kind in {"page", "action"}]


def named(page: Page) -> str:
    return page.name


def url_names(resolver: URLResolver) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from url_names(pattern)
        elif isinstance(pattern, URLPattern):
            yield pattern.name or f"unnamed {pattern.pattern}"


def test_every_address_of_the_product_is_in_the_matrix() -> None:
    names, rows = list(url_names(get_resolver())), [page.name for page in MATRIX]

    assert sorted(set(names) - set(rows)) == []
    assert sorted(set(rows) - set(names)) == []
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("page", MATRIX, ids=named)
def test_every_page_names_a_channel_that_there_is(page: Page) -> None:
    assert page.channel_word in CHANNELS
    assert page.kind in {"list", "record", "page", "action"}
    assert set(page.sees) == set(PERSONAS)


def test_the_document_says_what_the_matrix_says() -> None:
    written = (ROOT / "docs/access.md").read_text()

    assert written == "\n".join(markdown()) + "\n", "python -m tests.access.matrix > docs/access.md"


def is_sign_in(response: HttpResponseBase) -> bool:
    return response.status_code == 302 and response["Location"].startswith(reverse("account_login"))


def answer(response: HttpResponseBase) -> str:
    """The matrix's word for an answer without rows."""
    if is_sign_in(response):
        return SIGN_IN
    words = {200: PAGE, 302: MOVES, 303: MOVES, 404: ABSENT, 403: REFUSED}
    return words.get(response.status_code, str(response.status_code))


@pytest.mark.parametrize("page", LISTS, ids=named)
def test_a_list_shows_counts_and_finds_what_each_persona_sees(firm: Firm, page: Page) -> None:
    for persona, word in page.sees.items():
        client = firm.client(persona)
        response = client.get(reverse(page.name))
        if word in {ABSENT, SIGN_IN}:
            assert answer(response) == word, persona
            continue
        assert word in {OWN, SUBTREE, ALL}
        html, seen = response.content.decode(), firm.seen_by(persona, page.of)
        shown = {owner for owner in (*OWNERS, POOL) if name_of(page.of, owner) in html}
        assert shown == seen, persona
        assert re.findall(r'data-figure="count">(\d+)<', html) == [str(len(seen))], persona
        for hidden in set(OWNERS) - seen:
            # Not in rows, not among the choices of a filter, not by its customer's or owner's name.
            assert f"-{hidden}-" not in html, persona
            assert f"Member-{hidden}" not in html, persona
        for owner in OWNERS:
            text = name_of(page.of, owner)
            found = client.get(reverse(page.name), {"q": text}).content.decode()
            assert (f">{text}</a>" in found) is (owner in seen), persona


@pytest.mark.parametrize("page", RECORDS, ids=named)
def test_a_record_opens_for_those_who_see_it_and_is_absent_for_others(
    firm: Firm, page: Page
) -> None:
    for persona, word in page.sees.items():
        client, seen = firm.client(persona), firm.seen_by(persona, page.of)
        for owner, record in firm.records[page.of].items():
            response = client.get(reverse(page.name, args=[record.pk]))
            if word in {ABSENT, SIGN_IN}:
                assert answer(response) == word, persona
            else:
                assert answer(response) == (PAGE if owner in seen else ABSENT), (persona, owner)
        if word != SIGN_IN:
            assert client.get(reverse(page.name, args=[10**12])).status_code == 404


def _rep_with(what: str, firm: Firm) -> Member:
    """The rep, with a move or a departure to come."""
    rep, mate = firm.people["rep"], firm.people["mate"]
    assert rep is not None
    assert mate is not None
    if what == "departure" and departure_of(rep) is None:
        make_departure(rep, to=mate)
    if what == "planned move" and planned_move(rep) is None:
        in_a_week = Organisation.current().today() + timedelta(days=7)
        member_move(member=rep, to=firm.south, on=in_a_week, reason="", by=None)
    return rep


def arguments(  # noqa: C901, PLR0911, PLR0912 - a return for each kind of record
    page: Page, firm: Firm
) -> tuple[list[Any], dict[str, str]]:
    """The address's arguments and, for an action, what is posted."""
    if page.of in MAKERS:
        return [of_customer(page.of, firm)], {}
    if page.of == "delivery":
        edition_send(team=firm.north, week=_week(), by=firm.people["director"])
        delivery = Delivery.objects.select_related("edition", "member").first()
        assert delivery is not None
        delivery.mail = report_mail_queue(delivery)
        delivery.save()
        OutgoingMail.objects.update(state=MailState.FAILED)
        return [delivery.pk], {}
    if page.of in {"planned move", "departure"}:
        return [_rep_with(page.of, firm).pk], {}
    if page.of in SETTLED:
        return [SETTLED[page.of](firm)], {"to": "up"}
    if page.of == "audit entry":
        return [AuditEntry.objects.filter(kind="member").order_by("pk")[0].pk], {}
    if page.of == "stage by hand":
        return [_stage_by_hand(firm)], {}
    if page.of == "tier by hand":
        return [_tier_by_hand(firm)], {}
    if page.of == "run":
        return [NightRun.objects.create(kind=RunKind.NIGHTLY, through_on=date(2026, 3, 2)).pk], {}
    if page.of == "import":
        file = default_storage.save("imports/rejected.csv", ContentFile(b"file,line\n"))
        made = ImportRun.objects.create(by=firm.people["manager"], rejected_file=file)
        return [made.pk], {}
    if page.of == "person":
        customer = firm.records["customer"]["rep"]
        return ["contact", Contact.objects.get_or_create(customer=customer, name="A")[0].pk], {}
    if page.of == "customer import":
        return [_customer_import(firm).pk], {"known": "skip"}
    if page.of == "survey":
        return [_survey(firm).pk], {}
    if page.of == "dimension":
        return [ScreeningDimension.objects.order_by("rank")[1].pk], {"to": "up"}
    if page.of in {"closed team", "second membership", "stand-in"}:
        return [_of_a_team(page.of, firm)], {}
    if page.of in {"invitation", "batch", "position"}:
        return _of_an_administrator(page.of, firm)
    if page.of in {"token", "session"}:
        return [_own_record(page.of, firm)], {}
    known: dict[str, tuple[list[Any], dict[str, str]]] = {
        "outcome": (["reached"], {}),
        "team": ([firm.north.slug], {}),
        "history": (["opportunity", firm.records["opportunity"]["rep"].pk], {}),
        "week": ([firm.north.slug, WEEK], {}),
        "pooled customer": ([firm.records["customer"][POOL].pk], {}),
        "rep's customer": ([firm.records["customer"]["rep"].pk], {}),
        "field": ([firm.records["customer"]["rep"].pk, "industry"], {}),
        "member": ([firm.people["rep"].pk], {}),  # type: ignore[union-attr]
        "language": ([], {"language": "en"}),
        "theme": ([], {"theme": "dark"}),
        "passkey": ([1], {}),
        "day": (["2026-12-24"], {}),
        "list": ([], {"page": "customers"}),
        "key": (["key"], {}),
        "reset key": (["1", "key"], {}),
    }
    return known.get(page.of, ([], {}))


def _customer_import(firm: Firm) -> CustomerImport:
    """The manager's, checked."""
    manager = firm.people["manager"]
    assert manager is not None
    found = import_upload(content=b"name\nAcme\n", file_name="a.csv", by=manager)
    import_match(found=found, columns=["name"], is_mine=False, by=manager)
    import_work_off(pk=found.pk)
    return found


def _survey(firm: Firm) -> Survey:
    """An open one, to a contact of the rep's customer."""
    contact = Contact.objects.get(name="Contact-rep")
    rep = firm.people["rep"]
    assert rep is not None
    return survey_send(
        customer=contact.customer,
        contact=contact,
        kind=SurveyKind.CSAT,
        is_confirmed=True,
        by=rep,
    )


def _of_an_administrator(kind: str, firm: Firm) -> tuple[list[Any], dict[str, str]]:
    """An invitation, a file of them with a good and a refused row, or a position that nobody has."""
    admin = firm.people["admin"]
    assert admin is not None
    word = get_random_string(8).lower()
    if kind == "position":
        return [Position.objects.create(code=word, names={"en": word}).pk], {}
    if kind == "invitation":
        invitee = Invitee(f"{word}@example.com", word, AccessRole.REP, firm.north)
        return [invitation_create(invitee=invitee, by=admin).pk], {}
    lines = ("email,name,access role,team", f"{word}@example.com,A,rep,North", "x,B,rep,North")
    batch = batch_create(content="\n".join(lines).encode(), file_name="a.csv", by=admin)
    return [batch.pk], {"expected": "1"}


def _of_a_team(kind: str, firm: Firm) -> int | str:
    """The address's argument of something about the rep's team or its lead."""
    today = Organisation.current().today()
    rep, manager, stand_in = (firm.people[who] for who in ("rep", "manager", "other_manager"))
    assert rep is not None
    assert manager is not None
    assert stand_in is not None
    team = make_team(parent=firm.north)
    if kind == "closed team":
        return team_close(team=team, by=None).slug
    if kind == "second membership":
        membership = team_member_add(team=team, member=rep, starts_on=today, ends_on=None, by=None)
        return int(membership.pk)
    StandIn.objects.filter(absent=manager).delete()  # that of the persona before
    starts_on, ends_on = today + timedelta(days=30), today + timedelta(days=40)
    named = stand_in_name(
        absent=manager, stand_in=stand_in, starts_on=starts_on, ends_on=ends_on, by=None
    )
    return int(named.pk)


def _stage_by_hand(firm: Firm) -> int:
    """The rep's customer, whose stage the rep has set."""
    rep = firm.people["rep"]
    assert rep is not None
    customer = firm.records["customer"]["rep"]
    lifecycle_override_set(customer=customer, to=LifecycleStage.DEEPEN, reason="x", by=rep)
    number: int = customer.pk
    return number


def _tier_by_hand(firm: Firm) -> int:
    """The rep's customer, whose tier the director has set."""
    customer, director = firm.records["customer"]["rep"], firm.people["director"]
    assert director is not None
    today = Organisation.current().today()
    tier_override_set(customer=customer, tier=Tier.A, reason="x", ends_on=today, by=director)
    number: int = customer.pk
    return number


def _own_record(kind: str, firm: Firm) -> int:
    """The id of something that is the rep's alone."""
    rep = firm.people["rep"]
    assert rep is not None
    if kind == "token":
        return token_create(name="Token", by=rep)[0].pk
    key = get_random_string(32)
    session = UserSession.objects.create(user=rep, session_key=key, ip="192.0.2.1")
    number: int = session.pk
    return number


def _week() -> Any:
    from apps.metrics.periods import parse_period  # noqa: PLC0415 - of one case only

    return parse_period(WEEK)


@pytest.mark.parametrize("page", OTHERS, ids=named)
def test_a_page_or_action_answers_each_persona(firm: Firm, page: Page) -> None:
    answers = {}
    for persona in page.sees:
        given, posted = arguments(page, firm)
        client, address = firm.client(persona), reverse(page.name, args=given)
        asked = client.post(address, posted) if page.kind == "action" else client.get(address)
        answers[persona] = answer(asked)
        if asked.status_code == 200:
            # Whatever leaves the product as a file is declared as one.
            assert is_file(asked) is (page.channel_word in FILES), persona

    assert answers == page.sees


def is_file(response: HttpResponseBase) -> bool:
    return (
        response.headers.get("Content-Disposition", "").startswith("attachment")
        or response["Content-Type"] == "application/pdf"
    )


def test_a_hidden_choice_reads_like_one_that_never_was(firm: Firm) -> None:
    client = firm.client("rep")
    outsider = firm.people["outsider"]
    assert outsider is not None

    hidden = client.get(reverse("opportunities"), {"owner": outsider.pk})
    absent = client.get(reverse("opportunities"), {"owner": 10**9})

    def words(response: Any) -> str:
        return re.search(r'role="alert">(.*?)</div>', response.content.decode(), re.DOTALL)[1]  # type: ignore[index]

    assert hidden.status_code == absent.status_code == 422
    assert words(hidden) == words(absent)


def test_the_name_of_a_customer_one_may_not_open_is_text(firm: Firm) -> None:
    opportunity = firm.records["opportunity"]["rep"]
    theirs = firm.records["customer"]["outsider"]
    opportunity.customer = theirs
    opportunity.save()
    address = reverse("customer", args=[theirs.pk])

    for page in (reverse("opportunities"), reverse("opportunity", args=[opportunity.pk])):
        as_rep = firm.client("rep").get(page).content.decode()
        as_director = firm.client("director").get(page).content.decode()
        assert theirs.name in as_rep
        assert address not in as_rep
        assert address in as_director


def test_the_analyst_reads_a_contact_without_phone_and_email(firm: Firm) -> None:
    customer = firm.records["customer"]["rep"]
    address = reverse("customer", args=[customer.pk])

    as_analyst = firm.client("analyst").get(address).content.decode()
    as_rep = firm.client("rep").get(address).content.decode()

    for secret in ("+49 30 555003", "contact-rep@example.com"):
        assert secret in as_rep
        assert secret not in as_analyst
    assert as_analyst.count("••••") == 2


def test_who_has_left_sees_nothing(firm: Firm) -> None:
    client, rep = firm.client("rep"), firm.people["rep"]
    assert rep is not None
    rep.is_active = False
    rep.save()

    assert is_sign_in(client.get(reverse("customers")))


def test_figures_of_a_customer_count_only_the_rows_that_the_reader_sees(firm: Firm) -> None:
    pool = firm.records["customer"][POOL]
    for owner in OWNERS:
        for kind in ("opportunity", "order"):
            record = firm.records[kind][owner]
            record.customer = pool
            record.save()

    def shown(persona: str, name: str) -> str:
        html = firm.client(persona).get(reverse(name, args=[pool.pk])).content.decode()
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))

    assert "1 open, 0 won, 0 lost" in shown("rep", "customer_opportunities")
    assert "2 open, 0 won, 0 lost" in shown("manager", "customer_opportunities")
    assert "3 open, 0 won, 0 lost" in shown("director", "customer_opportunities")
    assert "€100 " in shown("rep", "customer_orders").split("Revenue, 12 months")[1]
    assert "€200 " in shown("manager", "customer_orders").split("Revenue, 12 months")[1]


def test_a_stranger_comes_back_to_the_page_after_signing_in(db: None) -> None:
    response = Client().get(reverse("opportunities"), {"state": "open"})

    assert response["Location"] == "/account/login/?next=/opportunities/%3Fstate%3Dopen"
