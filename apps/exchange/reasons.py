"""Why a row is rejected: codes that are stored, and the sentences that people read."""

from django.utils.translation import gettext_lazy as _

REASONS = {
    "fields": _("number of fields differs from the header: %(detail)s"),
    "missing": _("is missing"),
    "too_long": _("longer than %(detail)s characters"),
    "not_a_date": _("not a date (expected like %(detail)s)"),
    "not_an_amount": _("not an amount with at most two decimals"),
    "not_a_number": _("not a whole number"),
    "not_an_email": _("not an email address"),
    "negative": _("less than zero"),
    "too_large": _("too large"),
    "unknown_stage": _("unknown stage; the map knows: %(detail)s"),
    "duplicate": _("stands in line %(detail)s already"),
    "two_offices": _("this manager's team belongs to office %(detail)s already"),
    "email_taken": _("somebody else has this email"),
    "unknown_member": _("unknown member: neither in the team file nor imported before"),
    "unknown_product": _("unknown product: neither in the product file nor known by this name"),
    "unknown_customer": _("unknown customer: neither in the customer file nor imported before"),
    "own_parent": _("can't be its own parent"),
    "no_team": _("the member belongs to no team on %(detail)s"),
    "closed_without_entry": _("is missing although the opportunity is closed"),
    "closed_without_date": _("is missing although the opportunity is closed"),
    "open_but_closed": _("a closing date although the opportunity is open"),
    "closed_before_entry": _("before the date of entry %(detail)s"),
    "won_without_value": _("is missing although the opportunity is won"),
    "number_taken": _("an order of another opportunity has this number"),
    "history_entry": _("contradicts the recorded history: %(detail)s"),
    "history_closed": _("contradicts the recorded history: closed on %(detail)s"),
    "history_value": _("contradicts the recorded history: won with %(detail)s"),
    "history_member": _("contradicts the recorded history: credited to %(detail)s"),
}


def sentence(code: str, detail: str | None) -> str:
    """The reason in the reader's language; an unknown code is shown as it is."""
    text = REASONS.get(code)
    return str(text) % {"detail": detail or ""} if text is not None else code


NOTES = {
    "currency_set": _("The organisation's currency is %(file)s from now on."),
    "currency_differs": _(
        "Amounts are %(file)s in the files and count as %(organisation)s, the currency of the "
        "organisation: nothing was converted."
    ),
}


def note_text(note: dict[str, str]) -> str:
    """What an import points out, in the reader's language."""
    return str(NOTES[note["code"]]) % note
