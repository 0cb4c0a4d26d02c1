"""What is in the database: sample, real records, and who of the sample can sign in."""

from dataclasses import dataclass

from apps.customers.models import Customer
from apps.funnel.models import Opportunity
from apps.members.models import Member, Team
from apps.orders.models import Order
from apps.products.models import ProductLine
from apps.sample.people import DOMAIN

KINDS = (Member, Team, ProductLine, Customer, Opportunity, Order)
# One for each access role, then the Chinese-speaking ones.
ADDRESSES = ("admin", "director", "manager", "rep", "hr", "analyst", "manager.zh", "rep.hant")


@dataclass(frozen=True)
class SignIn:
    role: str
    name: str
    email: str
    language: str


def has_sample() -> bool:
    return any(kind._default_manager.filter(is_sample=True).exists() for kind in KINDS)


def has_real_records() -> bool:
    """Whether anybody but the sample firm works here."""
    return any(kind._default_manager.filter(is_sample=False).exists() for kind in KINDS)


def sign_ins() -> list[SignIn]:
    """The sample members to try the product as, one per access role first."""
    emails = [f"{address}@{DOMAIN}" for address in ADDRESSES]
    found = {
        m.email: m for m in Member.objects.filter(is_sample=True, is_active=True, email__in=emails)
    }
    return [
        SignIn(member.access_role, member.name, member.email, member.language)
        for email in emails
        if (member := found.get(email))
    ]
