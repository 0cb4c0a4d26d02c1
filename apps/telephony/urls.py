"""Where phone systems send their events, the inbox of calls, and the settings."""

from django.urls import URLPattern, path

from apps.telephony.views import hook, inbox, settings

urlpatterns: list[URLPattern] = [
    path("hooks/calls/", hook.call_hook, name="call_hook"),
    path("calls/", inbox.calls_inbox, name="calls_inbox"),
    path("calls/<int:pk>/assign/", inbox.call_assign, name="call_assign"),
    path("calls/<int:pk>/dismiss/", inbox.call_dismiss, name="call_dismiss"),
    path("settings/phones/", settings.phone_systems, name="phone_systems"),
    path("settings/phones/<int:pk>/", settings.phone_system, name="phone_system"),
    path("settings/phones/<int:pk>/switch/", settings.phone_system_switch,
         name="phone_system_switch"),
    path("settings/phones/<int:pk>/rotate/", settings.phone_system_rotate,
         name="phone_system_rotate"),
    path("settings/phones/extensions/<int:pk>/remove/", settings.phone_extension_remove,
         name="phone_extension_remove"),
]  # fmt: skip
