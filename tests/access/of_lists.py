"""Records about lists of customers, made anew for each persona that asks for them."""

from collections.abc import Callable

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.crypto import get_random_string

from apps.bulk.models import BulkKind, BulkRun, BulkState
from apps.customers.models import CustomField, Tag
from apps.members.models import SavedView
from apps.telephony.models import Extension, PhoneCall
from apps.telephony.systems import phone_system_create
from tests.access.conftest import Firm


def _tag(_firm: Firm) -> int:
    return Tag.objects.create(name=get_random_string(8)).pk


def _custom_field(_firm: Firm) -> int:
    word = get_random_string(8, "abcdefgh")
    return CustomField.objects.create(key=word, label=word, kind="text").pk


def _saved_view(firm: Firm) -> int:
    rep = firm.people["rep"]
    assert rep is not None
    return SavedView.objects.create(page="customers", name=get_random_string(8), owner=rep).pk


def _bulk_run(firm: Firm) -> int:
    """The manager's: a file, with a customer that was refused."""
    manager, customer = firm.people["manager"], firm.records["customer"]["rep"]
    assert manager is not None
    made = BulkRun.objects.create(
        kind=BulkKind.EXPORT,
        state=BulkState.DONE,
        by=manager,
        customers=[customer.pk],
        params={"file": "csv"},
        refused=[[customer.pk, "Gone"]],
        done=1,
        file=default_storage.save("bulk/x.csv", ContentFile(b"Customer")),
    )
    return made.pk


def _phone_system(_firm: Firm) -> int:
    return phone_system_create(name=get_random_string(8), by=None)[0].pk


def _extension(firm: Firm) -> int:
    rep = firm.people["rep"]
    assert rep is not None
    made = Extension.objects.create(system_id=_phone_system(firm), number="101", member=rep)
    return int(made.pk)


def _phone_call(firm: Firm) -> int:
    """The rep's, of a number that nobody has."""
    made: PhoneCall = PhoneCall.objects.create(
        system_id=_phone_system(firm), call_id="c1", member=firm.people["rep"], problem="unknown"
    )
    return made.pk


SETTLED: dict[str, Callable[[Firm], int]] = {
    "tag": _tag,
    "custom field": _custom_field,
    "saved view": _saved_view,
    "bulk run": _bulk_run,
    "phone system": _phone_system,
    "extension": _extension,
    "phone call": _phone_call,
}
