"""Answers for load balancers and container engines: is it alive, can it work?

A middleware, and the outermost, because probes call a machine by its address, which no deployment
lists among its host names.
"""

from collections.abc import Callable

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from redis.exceptions import RedisError

UNCACHED = {"Cache-Control": "no-store"}


class HealthMiddleware:
    """Answers /healthz and /readyz; passes everything else on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = {"/healthz": alive, "/readyz": ready}.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return answer()


def alive() -> JsonResponse:
    """200 as long as the process answers; asks neither database nor Redis."""
    return JsonResponse({"status": "ok"}, headers=UNCACHED)


def ready() -> JsonResponse:
    """200 if the site can work, 503 with what can't; says nothing that an outsider may not know."""
    checks = {"database": _database(), "migrations": _migrations(), "redis": _redis()}
    healthy = all(checks.values())
    answers = {name: "ok" if passed else "failed" for name, passed in checks.items()}
    return JsonResponse(
        {"status": "ok" if healthy else "failed", "checks": answers},
        status=200 if healthy else 503,
        headers=UNCACHED,
    )


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _migrations() -> bool:
    """Whether every migration of this version of the code is applied."""
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False


def _redis() -> bool:
    try:
        cache.get("readyz")
    except RedisError:
        return False
    return True
