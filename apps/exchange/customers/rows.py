"""A row of the file as the customer that it would make, or every reason against it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Model
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.customers.custom_fields.values import fields_in_use, read_value
from apps.customers.models import Contact, Customer, CustomField
from apps.customers.normalising import email_key, name_keys, phone_key, region_key
from apps.customers.tagging.services import tag_names
from apps.exchange.customers.columns import CUSTOM, NOTE, OWNER, TAGS
from apps.members.models import Member
from apps.members.roles import Reach, RecordKind

TEXTS = ("name", "region", "industry", "source", "website", "needs", "preferences")
LARGEST_NUMBER = 2_147_483_647
FIRST_YEAR, LAST_YEAR = 1000, 2200
LARGEST_AMOUNT = Decimal("9999999999999999.99")
LONGEST_NOTE = 10_000


def _longest(model: type[Model], name: str) -> int | None:
    return getattr(model._meta.get_field(name), "max_length", None)


LONGEST = {name: _longest(Customer, name) for name in TEXTS} | {
    f"contact_{name}": _longest(Contact, name) for name in ("name", "job_title", "phone", "email")
}


@dataclass
class Draft:
    """What a row says. With `reasons` it makes nothing."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)
    contact: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    note: str = ""
    owner: Member | None = None
    reasons: list[str] = field(default_factory=list)
    # Keys by which it is looked for: (kind, value).
    keys: list[tuple[str, str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    region: str = ""

    @property
    def name(self) -> str:
        return str(self.values.get("name", ""))


class RowReader:
    """Reads rows by the columns chosen; looks members and custom fields up once for the file."""

    def __init__(
        self, header: Sequence[str], columns: Sequence[str], *, by: Member, is_mine: bool
    ) -> None:
        self.header, self.columns = header, columns
        self.default = by if is_mine else None
        self.fields = {f"{CUSTOM}{one.key}": one for one in fields_in_use()}
        self.country = Organisation.current().country
        self.owners = _owners(by)

    def read(self, line: int, cells: Sequence[str]) -> Draft:
        told = self._told(cells)
        draft = Draft(line)
        for name in TEXTS:
            self._take(draft, name, told, lambda text: text)
        self._take(draft, "employees", told, _whole)
        self._take(draft, "annual_revenue", told, _amount)
        self._take(draft, "founded_year", told, _year)
        self._contact(draft, told)
        self._custom(draft, told)
        self._others(draft, told)
        draft.values.setdefault("name", draft.contact.get("name", ""))
        if not draft.values["name"]:
            draft.reasons.append(_("There is no name."))
        self._key(draft)
        return draft

    def _told(self, cells: Sequence[str]) -> dict[str, str]:
        """Target → text; several columns of one target become lines, of a note with headings."""
        told: dict[str, str] = {}
        for head, target, cell in zip(self.header, self.columns, cells, strict=True):
            if not target or not cell:
                continue
            text = f"{head}: {cell}" if target == NOTE else cell
            told[target] = f"{told[target]}\n{text}" if target in told else text
        return told

    def _take(
        self, draft: Draft, name: str, told: Mapping[str, str], parse: Callable[[str], Any]
    ) -> None:
        text = told.get(name)
        if text is None:
            return
        longest = LONGEST.get(name)
        if longest is not None and len(text) > longest:
            self._refuse(draft, name, _("longer than %(most)s characters") % {"most": longest})
            return
        try:
            draft.values[name] = parse(text)
        except ValueError as error:
            self._refuse(draft, name, str(error))

    def _refuse(self, draft: Draft, target: str, problem: str) -> None:
        at = self.columns.index(target) if target in self.columns else -1
        head = self.header[at] if at >= 0 else target
        draft.reasons.append(f"{head}: {problem}")

    def _contact(self, draft: Draft, told: Mapping[str, str]) -> None:
        first, last = told.get("contact_first", ""), told.get("contact_last", "")
        name = told.get("contact_name") or _whole_name(first, last)
        phones = [told[one] for one in ("contact_phone", "contact_mobile") if one in told]
        emails = [told[one] for one in ("contact_email", "contact_email_2") if one in told]
        phones, emails = list(dict.fromkeys(phones)), list(dict.fromkeys(emails))
        title = told.get("contact_job_title", "")
        for email in emails:
            try:
                validate_email(email)
            except ValidationError:
                self._refuse(
                    draft,
                    "contact_email",
                    _("“%(text)s” is no email address") % {"text": email[:80]},
                )
        sizes = (("name", name), ("job_title", title), *(("phone", one) for one in phones))
        for part, text in sizes:
            longest = LONGEST[f"contact_{part}"] or 0
            if len(text) > longest:
                self._refuse(
                    draft,
                    f"contact_{part}",
                    _("longer than %(most)s characters") % {"most": longest},
                )
        if name or phones or emails:
            draft.contact = {
                "name": name or (emails or phones or [""])[0],
                "job_title": title,
                "phone": phones[0] if phones else "",
                "email": emails[0] if emails else "",
                "other_phones": phones[1:],
                "other_emails": emails[1:],
            }

    def _custom(self, draft: Draft, told: Mapping[str, str]) -> None:
        for name, one in self.fields.items():
            value = self._custom_value(draft, name, one, told.get(name, ""))
            if value is not None:
                draft.custom[one.key] = value
            elif one.is_required and name not in told:
                draft.reasons.append(_("%(field)s must be filled in.") % {"field": one.label})

    def _custom_value(self, draft: Draft, name: str, one: CustomField, text: str) -> Any:  # noqa: ANN401
        try:
            return read_value(one, text)
        except ValidationError as error:
            self._refuse(draft, name, " ".join(error.messages))
            return None

    def _others(self, draft: Draft, told: Mapping[str, str]) -> None:
        draft.note = told.get(NOTE, "")[:LONGEST_NOTE]
        try:
            draft.tags = tag_names(told.get(TAGS, "").replace(";", ","))
        except DomainError as refusal:
            self._refuse(draft, TAGS, str(refusal.message))
        draft.owner = self.default
        if OWNER in told:
            draft.owner = self.owners.get(told[OWNER].casefold())
            if draft.owner is None:
                words = _("nobody called “%(name)s” to whom you may give customers")
                self._refuse(draft, OWNER, words % {"name": told[OWNER][:80]})

    def _key(self, draft: Draft) -> None:
        contact = draft.contact
        for email in (contact.get("email", ""), *contact.get("other_emails", ())):
            if key := email_key(email):
                draft.keys.append(("email", key))
        for phone in (contact.get("phone", ""), *contact.get("other_phones", ())):
            key = phone_key(phone, country=self.country)
            if key.startswith("+"):
                draft.keys.append(("phone", key))
        draft.names = name_keys(draft.name)
        draft.region = region_key(str(draft.values.get("region", "")))


def _owners(by: Member) -> dict[str, Member]:
    """Who may be given customers here, by email and by name; a name that two have says nothing."""
    people = Member.objects.visible_to(by).filter(is_active=True).order_by("pk")
    found: dict[str, Member | None] = {}
    for one in people:
        if one.role.writes(RecordKind.SALES) is Reach.NONE:
            continue
        name = one.name.casefold()
        found[name] = None if name in found else one
        found[one.email.casefold()] = one
    return {key: one for key, one in found.items() if one is not None}


def _whole_name(first: str, last: str) -> str:
    """Chinese names begin with the family's, without a blank."""
    if re.search(r"[\u3400-\u9fff]", first + last):
        return last + first
    return f"{first} {last}".strip()


def _whole(text: str) -> int:
    plain = re.sub(r"[\s,.'’\u00a0\u202f]", "", text)
    if not plain.isdigit() or int(plain) > LARGEST_NUMBER:
        raise ValueError(_("“%(text)s” is no whole number") % {"text": text[:40]})
    return int(plain)


def _year(text: str) -> int:
    found = re.match(r"\d{4}(?!\d)", text)
    if not found or not FIRST_YEAR <= int(found[0]) <= LAST_YEAR:
        raise ValueError(_("“%(text)s” is no year") % {"text": text[:40]})
    return int(found[0])


def _amount(text: str) -> Decimal:
    """An amount with a point or a comma: the last mark with one or two digits after it is decimal."""
    plain = re.sub(r"[\s\u00a0\u202f'’]|^[^\d-]+|[^\d]+$", "", text)
    cents = re.fullmatch(r"(-?[\d.,]*\d)[.,](\d{1,2})", plain)
    whole, decimals = (cents[1], cents[2]) if cents else (plain, "0")
    try:
        amount = Decimal(f"{re.sub(r'[.,]', '', whole)}.{decimals}")
    except InvalidOperation:
        amount = Decimal(-1)
    if not 0 <= amount <= LARGEST_AMOUNT:
        raise ValueError(_("“%(text)s” is no amount") % {"text": text[:40]})
    return amount
