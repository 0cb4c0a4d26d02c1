from datetime import date

from allauth.mfa.base import views as second_step_asked
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.webauthn import views as passkeys
from django.urls import path, register_converter

from apps.members.signing_in.signed_in import own_account, refused
from apps.members.views import (
    acting,
    audit,
    invitation_files,
    invitations,
    notifications,
    people,
    picker,
    positions,
    profile,
    saved_views,
    second_step,
    security,
    settings,
    single_sign_on,
    stand_ins,
    team,
    teams,
    tokens,
)


class DayConverter:
    """A day as an ISO date."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        return str(value)


register_converter(DayConverter, "day")

urlpatterns = [
    path("audit/", audit.audit_log, name="audit_log"),
    path("audit/<int:pk>/", audit.audit_entry, name="audit_entry"),
    path("history/<slug:kind>/<int:pk>/", audit.record_history, name="record_history"),
    path("people/", people.people, name="people"),
    path("people/export/", people.people_export, name="people_export"),
    path("people/<int:pk>/", people.member, name="member"),
    path("people/<int:pk>/edit/", people.member_edit, name="member_edit"),
    path("people/<int:pk>/let-in/", people.member_reactivate_page, name="member_reactivate"),
    path("people/invitations/", invitations.invitations, name="invitations"),
    path("people/invitations/new/", invitations.invitation_new, name="invitation_new"),
    path(
        "people/invitations/<int:pk>/again/",
        invitations.invitation_renew_action,
        name="invitation_renew",
    ),
    path(
        "people/invitations/<int:pk>/take-back/",
        invitations.invitation_revoke_action,
        name="invitation_revoke",
    ),
    path("people/invitations/file/", invitation_files.invitation_file, name="invitation_file"),
    path(
        "people/invitations/template.csv",
        invitation_files.invitation_template,
        name="invitation_template",
    ),
    path(
        "people/invitations/file/<int:pk>/",
        invitation_files.invitation_batch,
        name="invitation_batch",
    ),
    path(
        "people/invitations/file/<int:pk>/confirm/",
        invitation_files.invitation_batch_confirm,
        name="invitation_batch_confirm",
    ),
    path(
        "people/invitations/file/<int:pk>/refused.csv",
        invitation_files.invitation_batch_refused,
        name="invitation_batch_refused",
    ),
    path("invitation/<str:token>/", invitations.invitation_accept_page, name="invitation_accept"),
    path("set-up/", settings.set_up, name="set_up"),
    path("settings/", settings.organisation_settings, name="organisation_settings"),
    path("settings/calendar/", settings.organisation_calendar, name="organisation_calendar"),
    path("settings/calendar/preview/", settings.calendar_preview, name="calendar_preview"),
    path(
        "settings/calendar/<day:day>/remove/",
        settings.calendar_day_remove,
        name="calendar_day_remove",
    ),
    path("settings/positions/", positions.positions, name="positions"),
    path("settings/positions/new/", positions.position_new, name="position_new"),
    path("settings/positions/<int:pk>/", positions.position, name="position"),
    path(
        "settings/positions/<int:pk>/delete/",
        positions.position_delete_action,
        name="position_delete",
    ),
    path("account/single-sign-on/", single_sign_on.single_sign_on, name="single_sign_on"),
    path(
        "account/single-sign-on/back/",
        single_sign_on.single_sign_on_back,
        name="single_sign_on_back",
    ),
    path("account/profile/", profile.profile, name="profile"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/menu/", notifications.notifications_menu, name="notifications_menu"),
    path("notifications/read/", notifications.notifications_read_all, name="notifications_read"),
    path("notifications/<int:pk>/", notifications.notification_open, name="notification_open"),
    path("notifications/<int:pk>/read/", notifications.notification_read, name="notification_read"),
    path("account/security/", security.security, name="security"),
    path("account/security/two-step/", security.two_step_set_up, name="two_step_set_up"),
    path("account/sessions/<int:pk>/end/", security.one_session_end, name="session_end"),
    path("account/sessions/end/", security.sessions_end_others, name="sessions_end_others"),
    path("account/tokens/", tokens.api_tokens, name="api_tokens"),
    path("account/tokens/<int:pk>/revoke/", tokens.api_token_revoke, name="api_token_revoke"),
    path(
        "people/<int:pk>/two-step/reset/",
        security.member_two_step_reset,
        name="two_step_reset",
    ),
    # Of django-allauth only what these pages lead to.
    path(
        "account/2fa/authenticate/",
        refused(second_step_asked.authenticate),
        name="mfa_authenticate",
    ),
    path(
        "account/2fa/reauthenticate/",
        own_account(second_step_asked.reauthenticate),
        name="mfa_reauthenticate",
    ),
    path(
        "account/2fa/app/",
        own_account(second_step.ActivateApp.as_view()),
        name="mfa_activate_totp",
    ),
    path(
        "account/2fa/app/remove/",
        own_account(second_step.DeactivateApp.as_view()),
        name="mfa_deactivate_totp",
    ),
    path(
        "account/2fa/recovery-codes/",
        own_account(recovery_codes.view_recovery_codes),
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/2fa/recovery-codes/new/",
        own_account(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "account/2fa/passkeys/add/",
        own_account(second_step.AddPasskey.as_view()),
        name="mfa_add_webauthn",
    ),
    path(
        "account/2fa/passkeys/<int:pk>/",
        own_account(second_step.RenamePasskey.as_view()),
        name="mfa_edit_webauthn",
    ),
    path(
        "account/2fa/passkeys/<int:pk>/remove/",
        own_account(second_step.RemovePasskey.as_view()),
        name="mfa_remove_webauthn",
    ),
    path(
        "account/2fa/passkeys/reauthenticate/",
        own_account(passkeys.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path("account/2fa/passkeys/login/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("views/new/", saved_views.saved_view_new, name="saved_view_new"),
    path("views/columns/", saved_views.list_columns, name="list_columns"),
    path("views/first/", saved_views.saved_view_default, name="saved_view_default"),
    path("views/<int:pk>/", saved_views.saved_view, name="saved_view"),
    path("views/<int:pk>/update/", saved_views.saved_view_update, name="saved_view_update"),
    path("views/<int:pk>/delete/", saved_views.saved_view_delete, name="saved_view_delete"),
    path("people/choices/", picker.member_choices, name="member_choices"),
    path("people/<int:pk>/look/", acting.acting_start, name="acting_start"),
    path("looking/stop/", acting.acting_stop, name="acting_stop"),
    path("teams/", teams.teams, name="teams"),
    path("teams/new/", teams.team_new, name="team_new"),
    path("teams/memberships/<int:pk>/end/", team.membership_end, name="membership_end"),
    path("teams/<slug:slug>/", team.team, name="team"),
    path("teams/<slug:slug>/edit/", teams.team_edit, name="team_edit"),
    path("teams/<slug:slug>/move/", teams.team_move, name="team_move"),
    path("teams/<slug:slug>/close/", teams.team_close, name="team_close"),
    path("teams/<slug:slug>/reopen/", teams.team_reopen, name="team_reopen"),
    path("teams/<slug:slug>/stage/", teams.team_stage, name="team_stage"),
    path("teams/<slug:slug>/members/add/", team.team_member_add, name="team_member_add"),
    path("people/<int:pk>/stand-ins/", stand_ins.member_stand_ins, name="member_stand_ins"),
    path("stand-ins/<int:pk>/cancel/", stand_ins.stand_in_cancel, name="stand_in_cancel"),
]
