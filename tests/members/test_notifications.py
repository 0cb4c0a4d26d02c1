"""Telling members inside the product: words, the bell, reading, and what is no longer seen."""

import ast
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core.models import Organisation
from apps.customers.models import Customer, Note
from apps.members.models import AccessRole, Member, Notification
from apps.members.notification_words import KINDS
from apps.members.notifications import notifications_expire, notify
from tests.factories import make_customer, make_member
from tests.query_counts import queries_of

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def told(member: Member, key: str = "k", **details: Any) -> Notification:
    given = {"kind": "pool.recycled", "reason": "No contact.", **details}
    notify(members=[member], key=key, **given)
    return Notification.objects.get(member=member, key=key)


def passed_kinds() -> set[str]:
    """The texts that services pass as `kind` to `notify`, wherever it is called."""
    found: set[str] = set()
    for path in ROOT.glob("apps/**/*.py"):
        source = path.read_text()
        if "notify(" not in source or path.name == "notifications.py":
            continue
        tree = ast.parse(source)
        texts = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if getattr(call.func, "id", "") != "notify":
                continue
            (kind,) = (one.value for one in call.keywords if one.arg == "kind")
            if isinstance(kind, ast.JoinedStr):
                # Put together: every sentence with its fixed beginning is of it.
                first = kind.values[0]
                start = str(first.value) if isinstance(first, ast.Constant) else "?"
                found |= {one for one in KINDS if one.startswith(start)} or {f"{start}*"}
                continue
            found |= literal_texts(kind) or {one for one in texts if one in KINDS}
    return found


def literal_texts(value: ast.expr) -> set[str]:
    """A text, or both of a choice; of a name nothing is known."""
    if isinstance(value, ast.Constant):
        return {str(value.value)}
    if isinstance(value, ast.IfExp):
        return literal_texts(value.body) | literal_texts(value.orelse)
    return set()


def test_every_kind_that_a_service_uses_has_its_sentence() -> None:
    assert passed_kinds() - set(KINDS) == set()


def test_no_sentence_is_left_of_a_kind_that_nobody_uses() -> None:
    assert set(KINDS) - passed_kinds() == set()


def test_stranger_and_other_members_read_nothing_of_mine() -> None:
    mine = told(make_member())
    other = signed_in(make_member())

    for name in ("notification_open", "notification_read"):
        address = reverse(name, args=[mine.pk])
        ask = other.get if name == "notification_open" else other.post
        assert ask(address).status_code == 404
        assert Client().get(address).status_code in {302, 405}
    mine.refresh_from_db()
    assert mine.read_at is None
    assert "No contact" not in text(other.get(reverse("notifications")))


def test_who_did_it_or_has_left_is_not_told_and_nobody_twice() -> None:
    by, gone, member = make_member(), make_member(), make_member()
    gone.is_active = False
    gone.save()

    first = notify(members=[by, gone, member], kind="pool.recycled", key="x", by=by)
    second = notify(members=[by, gone, member], kind="pool.recycled", key="x", by=by)

    assert (first, second) == (1, 0)
    assert list(Notification.objects.values_list("member", flat=True)) == [member.pk]


def test_bell_counts_what_is_unread_without_a_query_of_its_own() -> None:
    member = make_member()
    client = signed_in(member)
    address = reverse("profile")
    before = len(queries_of(client, address))
    assert "bell-count" not in text(client.get(address))

    for n in range(3):
        told(member, key=f"k{n}")

    assert len(queries_of(client, address)) == before
    page = text(client.get(address))
    assert "Notifications, 3 unread" in page
    assert '<span class="bell-count" aria-hidden="true">3</span>' in page


def test_opening_leads_to_the_record_and_counts_as_read() -> None:
    member = make_member()
    customer = make_customer(owner=member, name="Hart GmbH")
    mine = told(member, record=customer)
    client = signed_in(member)
    assert "<b>Hart GmbH</b> went to the pool" in text(client.get(reverse("notifications")))

    response = client.get(reverse("notification_open", args=[mine.pk]))

    assert response["Location"] == reverse("customer", args=[customer.pk])
    mine.refresh_from_db()
    assert mine.read_at is not None
    assert "bell-count" not in text(client.get(reverse("notifications")))


def test_record_that_is_no_longer_seen_has_neither_name_nor_link() -> None:
    member = make_member()
    customer = make_customer(owner=member, name="Hart GmbH")
    mine = told(member, record=customer)
    Customer.objects.filter(pk=customer.pk).update(owner=make_member())
    client = signed_in(member)

    page = text(client.get(reverse("notifications")))

    assert "Hart GmbH" not in page
    assert "Something that you can&#x27;t see any more went to the pool. No contact." in page
    assert reverse("notification_open", args=[mine.pk]) + '"' not in page
    response = client.get(reverse("notification_open", args=[mine.pk]))
    assert response["Location"] == reverse("notifications")


def test_mention_names_the_customer_only_while_it_is_seen() -> None:
    author, member = make_member(name="Ada Berg"), make_member(AccessRole.DIRECTOR)
    customer = make_customer(owner=author, name="Hart GmbH")
    note = Note.objects.create(customer=customer, author=author, text="@you")
    notify(
        members=[member], kind="note.mention", key="n", record=note, by=author, customer=customer
    )
    client = signed_in(member)

    before = text(client.get(reverse("notifications")))
    Customer.objects.filter(pk=customer.pk).update(deleted_at=timezone.now())
    after = text(client.get(reverse("notifications")))

    assert "<b>Ada Berg</b> mentioned you in a note on <b>Hart GmbH</b>" in before
    assert "Hart GmbH" not in after


def test_words_of_details_are_text() -> None:
    member = make_member()
    told(member, reason="<script>alert(1)</script>")

    page = signed_in(member).get(reverse("notifications")).content.decode()

    assert "<script>alert" not in page


def test_one_and_all_are_marked_as_read() -> None:
    member = make_member()
    first, _second, other = told(member, "a"), told(member, "b"), told(make_member(), "c")
    client = signed_in(member)

    client.post(reverse("notification_read", args=[first.pk]))
    unread = text(client.get(reverse("notifications") + "?unread=1"))
    assert unread.count('class="is-unread"') == 1
    client.post(reverse("notifications_read"))

    assert not Notification.objects.filter(member=member, read_at=None).exists()
    other.refresh_from_db()
    assert other.read_at is None


def test_pages_are_complete_and_cost_the_same_for_many() -> None:
    member = make_member()
    customer = make_customer(owner=member)
    client = signed_in(member)
    for n in range(2):
        told(member, key=f"k{n}", record=customer)
    few = len(queries_of(client, reverse("notifications")))
    for n in range(2, 30):
        told(member, key=f"k{n}", record=make_customer(owner=member))

    many = queries_of(client, reverse("notifications"))
    first = text(client.get(reverse("notifications")))
    following = re.search(r'href="(\?page=[^"]+)"', first)
    assert following is not None
    second = text(client.get(reverse("notifications") + following[1].replace("&amp;", "&")))

    assert len(many) == few
    assert first.count('class="is-unread"') + second.count('class="is-unread"') == 30


def test_menu_shows_the_newest() -> None:
    member = make_member()
    for n in range(10):
        told(member, key=f"k{n}", reason=f"Reason {n}.")

    menu = text(signed_in(member).get(reverse("notifications_menu")))

    assert menu.count('class="is-unread"') == 8
    assert "Reason 9." in menu
    assert "Reason 1." not in menu
    assert "<html" not in menu


def test_what_was_read_is_deleted_after_ninety_days_and_the_unread_stays() -> None:
    member = make_member()
    today = Organisation.current().today()
    old, recent, unread = told(member, "a"), told(member, "b"), told(member, "c")
    for row, days in ((old, 92), (recent, 89)):
        row.read_at = timezone.now() - timedelta(days=days)
        row.save()
    Notification.objects.filter(pk=unread.pk).update(at=timezone.now() - timedelta(days=400))

    assert notifications_expire(as_of=today) == 1

    left = set(Notification.objects.values_list("pk", flat=True))
    assert left == {recent.pk, unread.pk}
