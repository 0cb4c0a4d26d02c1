"""What each kind of notification says: one sentence a kind.

`%(by)s` is who did it, `%(record)s` what it is about; the others are the details that the service
passed to `notify`. A test reads the services' source for kinds without a sentence.
"""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

KINDS: "dict[str, _StrPromise]" = {
    "note.mention": _("%(by)s mentioned you in a note on %(customer)s"),
    "survey.low_csat": _("%(record)s is dissatisfied: %(score)s of 5"),
    "survey.low_nps": _("%(record)s would not recommend us: %(score)s of 10"),
    "followup.received": _("%(by)s gave you a next step with %(record)s, due %(due_on)s"),
    "task.received": _("%(by)s gave you a task, due %(due_on)s"),
    "customers.received": _("%(by)s gave you customers: %(count)s. %(reason)s"),
    "customers.lost": _("%(by)s took customers from you: %(count)s. %(reason)s"),
    "opportunities.lost": _(
        "%(by)s took customers out of the pool, and %(count)s open opportunities of yours with them"
    ),
    "customers.merged": _("%(by)s merged a customer of yours into %(record)s"),
    "pool.ends": _("%(record)s goes to the pool after %(ends_on)s if nothing happens"),
    "pool.ends_many": _(
        "%(count)s of your customers go to the pool after %(ends_on)s if nothing happens"
    ),
    "bulk.done": _("Your change of many customers is done: %(count)s changed, %(refused)s refused"),
    "bulk.failed": _("Your change of many customers broke off after %(count)s changed"),
    "pool.recycled": _("%(record)s went to the pool. %(reason)s"),
    "pool.recycled_many": _("%(count)s of your customers went to the pool last night"),
}
