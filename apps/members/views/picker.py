"""Suggestions of a member picker."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.members.choosing import ALSO, CHOSEN_FOR, people_found, people_to_choose

LONGEST = 100


@require_safe
@login_required
def member_choices(request: HttpRequest) -> HttpResponse:
    """People whose name contains, or whose address begins with, the text of the field that asks."""
    chosen_for, field = request.GET.get("for", ""), request.GET.get("field", "member")
    if chosen_for not in CHOSEN_FOR:
        raise Http404
    text = request.GET.get(f"{field}_q", "").strip()[:LONGEST]
    people, more = people_found(people_to_choose(request.user, chosen_for), text)
    asked = request.GET.get("also", "").split(",")
    besides = [(key, word) for key, word in ALSO.items() if key in asked and _begins(word, text)]
    content = {"people": people, "more": more, "field": field, "besides": besides}
    return render(request, "members/picker_choices.html", content)


def _begins(word: object, text: str) -> bool:
    return str(word).casefold().startswith(text.casefold())
