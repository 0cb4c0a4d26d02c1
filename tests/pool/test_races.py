"""Claims at the same moment."""

from collections import Counter
from functools import partial

import pytest

from apps.core.models import Organisation
from apps.customers.models import Customer, CustomerOwnerChange, HoldingLimits
from apps.pool.models import PoolSettings
from apps.pool.services import customer_claim
from tests.factories import make_customer, make_member, make_team
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


def ready() -> None:
    Organisation.current()
    HoldingLimits.current()
    PoolSettings.current()


def test_of_a_hundred_claims_of_one_customer_one_wins_and_the_others_hear_who_has_it() -> None:
    ready()
    team = make_team()
    members = [make_member(team=team) for _ in range(100)]
    customer = make_customer()

    answers = together([partial(customer_claim, customer=customer, by=one) for one in members])

    change = CustomerOwnerChange.objects.get()
    assert Counter(answers) == {"": 1, f"{change.to_owner} has it now.": 99}
    customer.refresh_from_db()
    assert customer.owner == change.to_owner
    assert members[answers.index("")] == change.to_owner


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"claims_a_day": 7}, "Mei Lin has claimed 7 of 7 customers today: 0 more are possible."),
        ({"held_prospects": 7}, "Mei Lin holds 7 of 7 prospects: 0 more are possible."),
    ],
)
def test_claims_of_one_member_at_once_never_exceed_the_limits(
    limit: dict[str, int], words: str
) -> None:
    ready()
    HoldingLimits.objects.update(**limit)
    mei = make_member(team=make_team(), name="Mei Lin")
    pooled = [make_customer() for _ in range(30)]

    answers = together([partial(customer_claim, customer=one, by=mei) for one in pooled])

    assert Counter(answers) == {"": 7, words: 23}
    assert Customer.objects.filter(owner=mei).count() == 7
