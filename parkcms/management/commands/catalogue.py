"""Collects the strings readers see and compiles their English: no gettext tools needed."""

from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation.template import templatize

CATALOGUE = settings.BASE_DIR / "locale" / "en" / "LC_MESSAGES" / "django.po"
ROOMS = ("articles", "leads", "parkcms", "parks", "templates")
KEYWORDS = {
    "lazy": None,  # gettext_lazy in a module whose _ is gettext
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "_": None,
}


class Command(BaseCommand):
    help = "更新英文词条（locale/en），并编译；--check 只检查有没有遗漏。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="只检查，不写文件")

    def handle(self, *args: Any, **options: Any) -> None:
        catalogue = updated()
        missing = [m for m in catalogue if m.id and (not m.string or "" in forms(m) or m.fuzzy)]
        stale = catalogue.obsolete
        if options["check"]:
            if missing or stale or compiled(catalogue) != _read_compiled():
                names = [str(m.id) for m in [*missing, *stale.values()]]
                raise CommandError(f"英文词条不全或没有编译：{names[:10]}")
            return
        from babel.messages.pofile import write_po

        catalogue.obsolete.clear()
        with CATALOGUE.open("wb") as file:
            write_po(
                file, catalogue, width=100, omit_header=False, sort_output=True, no_location=True
            )
        CATALOGUE.with_suffix(".mo").write_bytes(compiled(catalogue))
        self.stdout.write(f"{len(catalogue)} 条，未译 {len(missing)} 条")
        for message in missing:
            self.stdout.write(f"  {message.id}")


def forms(message: Any) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def updated() -> Any:
    """The catalogue on disk brought up to the source: new strings in, gone ones obsolete."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po

    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="en")
    catalogue.project, catalogue.version = "parkcms", "1"
    catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = "parkcms"
    template = Catalog(locale="en", charset="utf-8")
    for text, context, comments in _strings():
        template.add(text, context=context, auto_comments=comments)
    catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
    return catalogue


def compiled(catalogue: Any) -> bytes:
    from babel.messages.mofile import write_mo

    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def _read_compiled() -> bytes:
    path = CATALOGUE.with_suffix(".mo")
    return path.read_bytes() if path.exists() else b""


def _strings() -> Any:
    """(text or (singular, plural), context, comments) of every marked string of ours."""
    from babel.messages.extract import extract

    for path in _sources():
        source = path.read_text("utf-8")
        if path.suffix in {".html", ".txt", ".xml"}:
            source = templatize(source)
        found = extract("python", BytesIO(source.encode()), keywords=KEYWORDS)
        for _line, text, comments, context in found:
            yield text, context, comments


def _sources() -> list[Path]:
    """Every file that may hold strings for readers; the desk speaks Chinese only."""
    return [
        path
        for room in ROOMS
        for path in sorted((settings.BASE_DIR / room).rglob("*"))
        if path.suffix in {".py", ".html"} and not {"admin", "migrations"} & set(path.parts)
    ]
