"""What a member is told: the page, the menu under the bell, and marking as read."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from apps.core.paging import BadCursor, Order, keyset_page
from apps.members.models import Notification
from apps.members.notification_reading import news_lines
from apps.members.notifications import notifications_read
from apps.members.querysets import is_acted_for

ORDER = [Order("at", descending=True)]
IN_MENU = 8


@require_safe
@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    """Newest first; with “?unread=1” only those that are unread."""
    rows = Notification.objects.visible_to(request.user).select_related("by")
    only_unread = bool(request.GET.get("unread"))
    if only_unread:
        rows = rows.filter(read_at__isnull=True)
    try:
        page = keyset_page(rows, order=ORDER, cursor=request.GET.get("page"))
    except BadCursor as error:
        raise Http404 from error
    content = {
        "page": page,
        "lines": news_lines(page.rows, request.user),
        "only_unread": only_unread,
    }
    return render(request, "members/notifications.html", content)


@require_safe
@login_required
def notifications_menu(request: HttpRequest) -> HttpResponse:
    """Part of every page: the newest, under the bell."""
    rows = Notification.objects.visible_to(request.user).select_related("by")
    lines = news_lines(rows.order_by("-at", "-pk")[:IN_MENU], request.user)
    return render(request, "members/notifications_menu.html", {"lines": lines})


@require_GET
@login_required
def notification_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Leads to what it is about, and counts as read; where that is not seen, to the page."""
    rows = Notification.objects.visible_to(request.user)
    found = get_object_or_404(rows.select_related("by"), pk=pk)
    if not is_acted_for(request.user):
        notifications_read(rows=rows.filter(pk=pk))
    (line,) = news_lines([found], request.user)
    return redirect(line.address or "notifications")


@require_POST
@login_required
def notification_read(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Notification.objects.editable_by(request.user)
    get_object_or_404(rows, pk=pk)
    notifications_read(rows=rows.filter(pk=pk))
    return redirect("notifications")


@require_POST
@login_required
def notifications_read_all(request: HttpRequest) -> HttpResponse:
    notifications_read(rows=Notification.objects.editable_by(request.user))
    messages.success(request, _("Everything is marked as read."))
    return redirect("notifications")
