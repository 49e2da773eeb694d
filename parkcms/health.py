"""Two questions a supervisor asks: does the process live, and is the site ready to be read."""

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .models import SiteProfile

_migrated = False


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """200 while the process answers; asks no database."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when migrated and, where the site has demo content, that is loaded; else 503 and why."""
    try:
        why = _why_not()
    except Error:
        why = "database away"
    return JsonResponse({"ready": not why, "why": why}, status=503 if why else 200)


def _why_not() -> str:
    global _migrated  # migrations only ever get done, and asking costs some 20 ms
    if not _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "not migrated"
        _migrated = True
    profile = SiteProfile.objects.filter(pk=1).first()
    if profile is None:
        return "not migrated"
    if settings.PROFILE == "local" and profile.demo_loaded_at is None:
        return "demo not loaded"
    return ""
