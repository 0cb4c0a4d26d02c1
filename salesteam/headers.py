"""Headers of every answer for which Django has no setting; the others are in the settings."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Nothing here asks for a device; whoever slips something in shall not either.
CLOSED = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)
PERMISSIONS = ", ".join(
    [
        *(f"{feature}=()" for feature in CLOSED),
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
)
# Pages show people's data: neither a proxy nor the browser's disk keeps them, so that nobody reads
# them with the back button after the sign-out. Static files say otherwise themselves.
UNKEPT = "private, no-store"


class HeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", UNKEPT)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response
