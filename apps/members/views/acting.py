"""Beginning and ending to look at the product as somebody else."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.members.acting import services
from apps.members.models import Member


@require_POST
@login_required
def acting_start(request: HttpRequest, pk: int) -> HttpResponse:
    """For administrators alone: the others don't know that there is such a thing."""
    by = request.user
    if not isinstance(by, Member) or not by.role.administers:
        raise Http404
    target = get_object_or_404(Member.objects.record_visible_to(by), pk=pk)
    begun = services.acting_start(target=target, by=by)
    request.session[services.KEY] = begun.as_json()
    return redirect("home")


@require_POST
@login_required
def acting_stop(request: HttpRequest) -> HttpResponse:
    """Back to the page of the person looked at, as oneself."""
    ending = services.Acting.of(request.session)
    if ending is None:
        return redirect("home")
    del request.session[services.KEY]
    services.acting_stop(acting=ending, why="stop")
    messages.success(request, _("You are looking at the product as yourself again."))
    return redirect("member", ending.member)
