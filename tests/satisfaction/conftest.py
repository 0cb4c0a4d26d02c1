"""A rep with a customer and somebody to ask there."""

import pytest

from apps.customers.models import Contact, Customer
from apps.members.models import AccessRole, Member
from apps.satisfaction.models import Survey, SurveyKind
from apps.satisfaction.services import survey_send
from tests.factories import make_customer, make_member, make_team


@pytest.fixture
def lead() -> Member:
    return make_member(AccessRole.MANAGER, name="Katrin Albrecht")


@pytest.fixture
def rep(lead: Member) -> Member:
    return make_member(team=make_team(lead=lead, name="East"), name="Moritz Haas")


@pytest.fixture
def customer(rep: Member) -> Customer:
    return make_customer(owner=rep, name="Acme Logistik")


@pytest.fixture
def contact(customer: Customer) -> Contact:
    return Contact.objects.create(customer=customer, name="Eva Lang", email="eva@acme.example")


@pytest.fixture
def survey(customer: Customer, contact: Contact, rep: Member) -> Survey:
    return survey_send(customer=customer, contact=contact, kind=SurveyKind.CSAT, by=rep)
