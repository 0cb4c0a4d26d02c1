"""What each action of the audit trail is called: one sentence an action.

In a sentence stand, all optional:

- `%(by)s` who did it, `%(record)s` what the record was called then,
- `%(count)s` the number of rows of a bulk operation,
- `%(owner)s` what the field `owner` was changed to, `%(owner_before)s` what it was before,
- `%(reason)s` the detail `reason`.

A name that the reader may not see, and a value that is missing, become a neutral word. Every action
that a service passes to `audit_record` stands here: a test reads the services' source for that.
"""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# What details hold that services pass as codes.
CODES: "dict[str, dict[str, _StrPromise]]" = {
    "factor": {
        "totp": _("authenticator app"),
        "webauthn": _("passkey"),
        "recovery_codes": _("recovery codes"),
    },
}
# Names of changed values that are no fields of the record's model.
FIELDS: "dict[str, _StrPromise]" = {
    "owner": _("owner"),
    "assignee": _("assignee"),
    "lead": _("lead"),
    "successor": _("successor"),
    "manager": _("manager"),
}

ACTIONS: "dict[str, _StrPromise]" = {
    # Members and teams
    "member.create": _("%(by)s added %(record)s as a member"),
    "member.update": _("%(by)s changed the record of %(record)s"),
    "member.reactivate": _("%(by)s let %(record)s in again"),
    "position.start": _("%(by)s gave %(member)s the position %(position)s"),
    "position.end": _("%(by)s ended the position of %(record)s on %(ends_on)s"),
    "invitation.create": _("%(by)s invited %(record)s"),
    "invitation.create_many": _("%(by)s invited %(count)s people from a file"),
    "invitation.renew": _("%(by)s sent %(record)s a new invitation"),
    "invitation.revoke": _("%(by)s took the invitation of %(record)s back"),
    "invitation.accept": _("%(by)s accepted the invitation"),
    "team.create": _("%(by)s formed the team %(record)s"),
    "team.change": _("%(by)s changed the team %(record)s"),
    "team.lead": _("%(by)s named %(lead)s the lead of %(record)s"),
    "team.move": _("%(by)s moved the team %(record)s below %(parent)s"),
    "team.move_top": _("%(by)s moved the team %(record)s to the top of the tree"),
    "team.close": _("%(by)s closed the team %(record)s"),
    "team.reopen": _("%(by)s opened the team %(record)s again"),
    "team.stage": _("%(by)s set the stage of %(record)s: %(stage_reason)s"),
    "team.stage_clear": _("%(by)s let the age of %(record)s say its stage again"),
    "membership.add": _("%(by)s let %(member)s belong to the team %(team)s too"),
    "membership.withdraw": _("%(by)s took back the membership %(record)s before it began"),
    "standin.name": _("%(by)s named %(stand_in)s to stand in for %(absent)s"),
    "standin.cancel": _("%(by)s cancelled the stand-in %(record)s"),
    "membership.end": _("%(by)s ended the membership %(record)s on %(ends_on)s"),
    "membership.start": _("%(by)s put %(member)s into the team %(team)s"),
    # Looking at the product as somebody else
    "acting.start": _("%(by)s began to look at the product as %(record)s"),
    "acting.stop": _("%(by)s stopped looking at the product as %(record)s after %(minutes)s min"),
    "acting.view": _("%(by)s, looking as %(record)s, opened %(path)s"),
    "member.move": _("%(by)s moved %(record)s to another team"),
    "member.move_cancel": _("%(by)s took the planned move of %(record)s back"),
    "member.leave": _("%(by)s let %(record)s go and handed over what they held"),
    "member.leave_plan": _("%(by)s planned that %(record)s leaves"),
    "member.leave_cancel": _("%(by)s took back that %(record)s leaves"),
    "membership.correct": _("%(by)s corrected the team of %(record)s"),
    # Sign-in, written by apps.members.signing_in.security_log
    "member.password_change": _("%(by)s changed their password"),
    "member.password_reset": _("%(by)s set a new password by a mailed link"),
    "member.two_step_add": _("%(by)s added a second step of signing in: %(factor)s"),
    "member.two_step_remove": _("%(by)s removed a second step of signing in: %(factor)s"),
    "member.recovery_codes": _("%(by)s made new recovery codes"),
    "member.email_change": _("%(by)s changed their email address"),
    "member.profile": _("%(by)s changed their profile"),
    "member.session_end": _("%(by)s signed out one of their sessions"),
    "member.two_step_reset": _("%(by)s took the second step of signing in off %(record)s"),
    "token.create": _("%(by)s made the API token %(record)s"),
    "token.revoke": _("%(by)s revoked the API token %(record)s"),
    "member.sso_connect": _("%(by)s connected a single sign-on account"),
    "member.sso_disconnect": _("%(by)s disconnected a single sign-on account"),
    # The firm
    "organisation.set_up": _("%(by)s set up %(record)s"),
    "organisation.update": _("%(by)s changed the settings of %(record)s"),
    "calendarday.add": _("%(by)s put %(record)s into the calendar"),
    "calendarday.remove": _("%(by)s took %(record)s out of the calendar"),
    "position.create": _("%(by)s made the position %(record)s"),
    "position.update": _("%(by)s changed the position %(record)s"),
    "position.delete": _("%(by)s deleted the position %(record)s"),
    "audit.expire": _("Audit entries older than %(months)s months were deleted: %(entries)s"),
    "sample.create": _("The sample firm was added"),
    "sample.remove": _("The sample firm was removed"),
    # Selling
    "opportunity.create": _("%(by)s opened the opportunity %(record)s"),
    "opportunity.move": _("%(by)s moved %(record)s from %(level_before)s to %(level)s"),
    "opportunity.close": _("%(by)s closed %(record)s: %(state)s"),
    # What is done with customers
    "activity.log": _("%(by)s wrote down a contact: %(record)s"),
    "activity.correct": _("%(by)s corrected a contact: %(record)s"),
    "activity.delete": _("%(by)s deleted a contact: %(record)s"),
    "activity.complete": _("%(by)s completed a contact by what the phone system says: %(record)s"),
    "phonecall.assign": _("%(by)s said that a call was one with %(customer)s"),
    "phonecall.dismiss": _("%(by)s dismissed a call: %(reason)s"),
    "outcomerule.change": _("%(by)s changed what an outcome proposes: %(record)s"),
    "callrules.update": _("%(by)s changed the rules of calling"),
    "contact.do_not_call": _("%(by)s marked %(record)s as not to be called"),
    "contact.may_call": _("%(by)s allowed calls to %(record)s again"),
    "followup.plan": _("%(by)s planned a next step"),
    "followup.finish": _("%(by)s took a planned next step"),
    "followup.drop": _("%(by)s dropped a planned next step"),
    "followup.snooze": _("%(by)s put a planned next step off"),
    "followup.reassign": _("%(by)s gave a planned next step to %(owner)s"),
    "followup.edit": _("%(by)s changed a planned next step"),
    "followup.unplan": _("%(by)s took back the next step that followed another"),
    "task.add": _("%(by)s added a task for %(assignee)s"),
    "task.change": _("%(by)s changed a task"),
    "task.reassign": _("%(by)s gave a task to %(assignee)s"),
    "task.finish": _("%(by)s finished a task"),
    "task.reopen": _("%(by)s opened a task again"),
    "task.drop": _("%(by)s dropped a task"),
    "task.follow": _("Open tasks went over to others: %(count)s"),
    "followup.follow": _("Planned next steps went along with their customers: %(count)s"),
    "note.create": _("%(by)s wrote a note"),
    "note.edit": _("%(by)s edited a note"),
    "note.delete": _("%(by)s deleted a note"),
    "customerfile.create": _("%(by)s filed a document"),
    "customerfile.delete": _("%(by)s deleted a filed document"),
    # Screening
    "customer.screen": _("%(by)s screened %(record)s: %(total)s of %(highest)s"),
    "screeningrule.update": _("%(by)s changed the minimum of the screening"),
    "screeningdimension.create": _("%(by)s added the screening dimension %(record)s"),
    "screeningdimension.update": _("%(by)s changed the screening dimension %(record)s"),
    "screeningdimension.move": _("%(by)s changed the order of the screening dimensions"),
    # Customers, their contacts and special dates
    "customer.create": _("%(by)s made the customer %(record)s"),
    "customer.change": _("%(by)s changed %(record)s"),
    "customer.delete": _("%(by)s deleted the customer %(record)s: %(reason)s"),
    "customer.restore": _("%(by)s brought the customer %(record)s back"),
    "customer.purge": _("Customers deleted long ago that nothing refers to were erased: %(count)s"),
    "customer.merge": _("%(by)s merged customers into %(record)s: %(count)s"),
    "customer.unmerge": _("%(by)s undid a merge of %(record)s; customers parted: %(count)s"),
    "duplicate.dismiss": _("%(by)s decided that %(record)s and %(duplicate)s are not the same"),
    "duplicate.reopen": _("%(by)s took back that %(record)s and %(duplicate)s are not the same"),
    "contact.create": _("%(by)s added a contact"),
    "contact.change": _("%(by)s changed a contact"),
    "contact.delete": _("%(by)s deleted a contact"),
    "contact.restore": _("%(by)s brought a contact back"),
    "contact.purge": _("Contacts deleted long ago were erased: %(count)s"),
    "specialdate.create": _("%(by)s noted a special date: %(kind)s"),
    "specialdate.delete": _("%(by)s deleted a special date: %(kind_before)s"),
    # Surveys
    "survey.send": _("%(by)s asked a contact of %(customer)s for an opinion"),
    "survey.revoke": _("%(by)s took a survey back"),
    "survey.answer": _("A survey was answered: %(score)s"),
    # Service policy and stages of customers
    "servicepolicy.update": _("%(by)s changed the service policy of tier %(record)s"),
    "servicehours.update": _("%(by)s changed the business hours"),
    "lifecycleoverride.set": _("%(by)s set the stage of %(customer)s by hand: %(reason)s"),
    "lifecycleoverride.cancel": _("%(by)s took the stage of %(customer_before)s set by hand back"),
    # Lists taken away as files
    "export.surveys": _("%(by)s exported answers to surveys: %(count)s"),
    "export.parked": _("%(by)s exported parked customers: %(count)s"),
    "customer.tag": _("%(by)s put tags on %(record)s"),
    "customer.tag_many": _("%(by)s put tags on customers: %(count)s"),
    "customer.untag": _("%(by)s took tags off %(record)s"),
    "customer.untag_many": _("%(by)s took tags off customers: %(count)s"),
    "tag.rename": _("%(by)s renamed the tag %(record)s"),
    "tag.merge": _("%(by)s merged the tag %(record)s into another; customers: %(count)s"),
    "tag.delete": _("%(by)s deleted the tag %(record)s; customers: %(count)s"),
    "customfield.create": _("%(by)s added the field %(record)s to customers"),
    "customfield.change": _("%(by)s changed the field %(record)s of customers"),
    "customfield.delete": _("%(by)s deleted the unused field %(record)s of customers"),
    "savedview.create": _("%(by)s saved the view %(record)s"),
    "savedview.change": _("%(by)s changed the saved view %(record)s"),
    "savedview.delete": _("%(by)s deleted the saved view %(record)s"),
    "bulkrun.start": _("%(by)s started a change of many customers: %(count)s"),
    "bulkrun.stop": _("%(by)s stopped a change of many customers after %(count)s"),
    "export.customers": _("%(by)s exported customers: %(count)s"),
    "export.breaches": _("%(by)s exported breaches of the service policy: %(count)s"),
    "export.at_risk": _("%(by)s exported customers at risk: %(count)s"),
    "export.opportunities": _("%(by)s exported opportunities: %(count)s"),
    "export.activities": _("%(by)s exported activities: %(count)s"),
    "export.orders": _("%(by)s exported orders: %(count)s"),
    "export.pool_dry_run": _(
        "%(by)s exported what changed rules of the pool would release: %(count)s"
    ),
    "export.people": _("%(by)s exported the people list: %(count)s"),
    "opportunity.assign": _("%(by)s handed opportunities on"),
    "customer.tier_override": _("%(by)s set the tier of %(record)s by hand until %(until)s"),
    "customer.tier_override_cancel": _("%(by)s ended the tier set by hand at %(record)s"),
    "tierrule.update": _("%(by)s changed the rule of the tiers"),
    "customer.assign": _("%(by)s gave customers another owner"),
    "order.create": _("%(by)s recorded the order %(record)s"),
    "person.export": _("%(by)s handed out the personal data of a person"),
    "person.erase": _("%(by)s erased the personal data of a person: %(reason)s"),
    # What runs in the background
    "edition.send": _("%(by)s had the weekly report of %(record)s for %(week)s sent"),
    "delivery.send_again": _("%(by)s had a weekly report mailed again"),
    "customerimport.upload": _("%(by)s uploaded %(record)s to import customers: %(count)s rows"),
    "customer.import": _("%(by)s imported customers: %(count)s"),
    "import.customers": _("%(by)s imported customers from %(record)s: %(count)s"),
    "import.pipeline": _("%(by)s imported %(record)s"),
    "nightrun.begin": _("%(by)s started the overnight run %(record)s"),
    "phonesystem.create": _("%(by)s connected the phone system %(record)s"),
    "phonesystem.update": _("%(by)s changed whether events of %(record)s are taken"),
    "phonesystem.rotate": _("%(by)s made a new secret for the phone system %(record)s"),
    "phonesystem.extension_add": _("%(by)s gave an extension of %(record)s to %(member)s"),
    "phonesystem.extension_remove": _(
        "%(by)s took an extension of %(record)s off %(member_before)s"
    ),
    "poolsettings.update": _("%(by)s changed the rules of the pool"),
    "poolrule.update": _("%(by)s changed the clocks of the pool for a tier"),
    "holdinglimits.update": _("%(by)s changed the limits of holding customers"),
    # Sealed records, see apps.core.sealed
    "sealed.read": _("%(by)s opened %(record)s"),
}
