"""Uploaded files. Only names the library makes are answered.

Pictures are served here where no nginx does it (deploy/nginx/site.conf); documents always, for what
a download is called and whether an old address still leads somewhere stands in their row.
"""

import re
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from parkcms.library.models import Document

_PICTURE = re.compile(r"pictures/[0-9a-f]{2}/[0-9a-f]{30}-[a-z]+\.(jpg|webp|png|avif)", re.ASCII)
_DOCUMENT = re.compile(r"documents/([0-9a-f]{2})/([0-9a-f]{30})\.(pdf|docx|xlsx)", re.ASCII)
_OFFICE = "application/vnd.openxmlformats-officedocument."
_TYPES = {
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "png": "image/png",
    "avif": "image/avif",
    "pdf": "application/pdf",
    "docx": f"{_OFFICE}wordprocessingml.document",
    "xlsx": f"{_OFFICE}spreadsheetml.sheet",
}


@require_safe
def upload(request: HttpRequest, name: str) -> HttpResponse:
    """A picture's encoded form, or a document."""
    if found := _DOCUMENT.fullmatch(name):
        return _document(name, found[1] + found[2])
    found = _PICTURE.fullmatch(name)
    path = Path(settings.MEDIA_ROOT) / name
    if not found or not path.is_file():
        raise Http404("no such picture")
    response = FileResponse(path.open("rb"), content_type=_TYPES[found[1]])
    # Its name is made from its content.
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _document(name: str, start: str) -> HttpResponse:
    """The document whose file begins its fingerprint so, by its title. One query."""
    document = Document.objects.at(start)
    if document is None:
        raise Http404("no such document")
    if document.path != name:  # replaced since, or asked for by another ending
        response = HttpResponseRedirect(document.url)
        response["Cache-Control"] = "public, max-age=300"
        return response
    path = Path(settings.MEDIA_ROOT) / name
    if not path.is_file():
        raise Http404("the document's file is not here")
    response = FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=document.download_name,
        content_type=_TYPES[document.kind],
    )
    # Not for ever: the title may change.
    response["Cache-Control"] = "public, max-age=3600"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
