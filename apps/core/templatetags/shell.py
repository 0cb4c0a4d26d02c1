"""Tags of the page frame."""

import re
from decimal import Decimal

from django import forms, template
from django.forms import BoundField
from django.template.base import VariableDoesNotExist
from django.template.context import Context
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.safestring import SafeString, mark_safe

from apps.core.formats import Number

register = template.Library()


@register.simple_tag(takes_context=True)
def again(context: Context, name: str) -> SafeString:
    """The text of a block a second time, so that a page says its title once.

    Raises VariableDoesNotExist for a block that the page and its parents don't have.
    """
    blocks = context.render_context.get(BLOCK_CONTEXT_KEY)
    block = blocks.get_block(name) if blocks else None
    if block is None:
        raise VariableDoesNotExist("no block named %s", (name,))
    # Rendered by the engine, hence escaped already.
    text: str = block.render(context).strip()
    return mark_safe(text)


@register.filter
def direction(value: Number | None) -> str:
    """Which way a difference points: up, down, flat, or none where there is no basis."""
    if value is None:
        return "none"
    if value > 0:
        return "up"
    return "down" if value < 0 else "flat"


@register.filter
def tone(way: str, good: str = "up") -> str:
    """Class of a delta; `good` says which direction is the welcome one (up, down, neither)."""
    if way not in {"up", "down"} or good not in {"up", "down"}:
        return "flat"
    return "up" if way == good else "down"


@register.filter
def magnitude(value: Decimal | float | None) -> Decimal | float | None:
    return -value if value is not None and value < 0 else value


TABLE_ROLES = (
    (re.compile(r"<(thead|tbody|tfoot)(?=[\s>])(?![^>]*\brole=)"), r'<\1 role="rowgroup"'),
    (re.compile(r"<tr(?=[\s>])(?![^>]*\brole=)"), '<tr role="row"'),
    (re.compile(r"<td(?=[\s>])(?![^>]*\brole=)"), '<td role="cell"'),
    (re.compile(r'<th(?=[^>]*\bscope="row")(?![^>]*\brole=)'), '<th role="rowheader"'),
    (re.compile(r"<th(?=[\s>])(?![^>]*\brole=)"), '<th role="columnheader"'),
)


@register.filter
def table_roles(markup: str) -> SafeString:
    """Says what rows and cells are: browsers forget it where CSS stacks a table on a phone."""
    for pattern, replacement in TABLE_ROLES:
        markup = pattern.sub(replacement, markup)
    # The markup is a component's slot, rendered and escaped by the template engine already.
    return mark_safe(markup)


@register.filter
def is_tick(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.simple_tag
def widget(field: BoundField, *, bare: bool | str = False, plain: bool | str = False) -> SafeString:
    """A form field's control with the kit's class; Django adds the ids of help and errors.

    `plain` leaves out a placeholder that only repeats the label, `bare` the help text as well.
    """
    control = field.field.widget
    if isinstance(control, forms.CheckboxInput):
        style = "form-check-input"
    elif isinstance(control, forms.Select):
        style = "form-select"
    else:
        style = "form-control"
    given = control.attrs.get("class", "")
    invalid = "is-invalid" if field.errors else ""
    attrs: dict[str, str | bool] = {"class": " ".join(filter(None, (given, style, invalid)))}
    if bare or plain:
        attrs["placeholder"] = False
    if bare:
        field.help_text = ""
    return field.as_widget(attrs=attrs)
