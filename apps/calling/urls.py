"""Pages of calling."""

from django.urls import URLPattern, path

from apps.calling.views import calls, do_not_call, settings

urlpatterns: list[URLPattern] = [
    path("customers/<int:pk>/call/", calls.customer_call, name="customer_call"),
    path(
        "customers/contacts/<int:pk>/do-not-call/",
        do_not_call.contact_do_not_call,
        name="contact_do_not_call",
    ),
    path("settings/calls/", settings.call_settings, name="call_settings"),
]
