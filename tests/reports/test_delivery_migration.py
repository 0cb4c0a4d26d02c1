"""Deliveries that were made before there was an outbox keep their state, and back again."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.core.models import MailState, OutgoingMail
from apps.members.models import AccessRole
from apps.reports.models import Delivery
from apps.reports.services import editions_to_prepare
from tests.factories import make_member, make_team
from tests.reports.weeks import make_delivery, make_edition

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE, AFTER = ("reports", "0002_delivery_claims"), ("reports", "0005_delivery_without_state")


def migrate(target: tuple[str, str]) -> None:
    MigrationExecutor(connection).migrate([target])


@pytest.fixture
def _forward_again() -> Iterator[None]:
    yield
    migrate(AFTER)


@pytest.mark.usefixtures("_forward_again")
def test_states_move_into_the_outbox_and_back() -> None:
    lead = make_member(AccessRole.MANAGER)
    edition = make_edition(make_team(lead=lead))
    made = {
        state: make_delivery(make_member(AccessRole.DIRECTOR), edition, state=state, tries=3)
        for state in MailState
    }
    ids = {
        one.state: one.mail.message_id
        for one in Delivery.objects.select_related("mail")
        if one.mail is not None
    }

    migrate(BEFORE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, state, message_id, tries FROM reports_delivery ORDER BY id")
        old = cursor.fetchall()
    assert old == [(made[s].pk, s.value, ids[s.value], 3) for s in MailState]
    assert not OutgoingMail.objects.exists()

    migrate(AFTER)

    now = {row.pk: row for row in Delivery.objects.select_related("mail")}
    states = {state: now[made[state].pk].state for state in MailState}
    assert states == {
        # Surely not sent: the worker writes and sends it.
        MailState.WAITING: "preparing",
        # Cut off by the upgrade.
        MailState.SENDING: MailState.UNCONFIRMED,
        MailState.SENT: MailState.SENT,
        MailState.FAILED: MailState.FAILED,
        MailState.UNCONFIRMED: MailState.UNCONFIRMED,
    }
    assert editions_to_prepare() == [edition.pk]
    sent = now[made[MailState.SENT].pk].mail
    assert sent is not None
    assert (sent.message_id, sent.tries) == (ids["sent"], 3)
    assert (sent.to, sent.attachment) == (made[MailState.SENT].member.email, edition.pdf.name)
    assert now[made[MailState.FAILED].pk].may_send_again
