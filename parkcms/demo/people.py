"""The demo people: one for each role, with random passwords kept in the data folder."""

import os
import secrets
from pathlib import Path

from django.contrib.auth.models import Group

from parkcms.people.models import User
from parkcms.roles import AGENT, AUTHOR, EDITOR, LEAD_AGENT, OWNER, PARK_MANAGER

# user name, what readers and colleagues see, role
CAST = (
    ("author", "示例作者", AUTHOR),
    ("editor", "示例编辑", EDITOR),
    ("manager", "示例园区经理", PARK_MANAGER),
    ("agent", "示例招商专员", AGENT),
    ("lead", "示例招商主管", LEAD_AGENT),
    ("owner", "示例站长", OWNER),
)


def make(password_file: Path) -> list[str]:
    """Make who is missing; their passwords go to ``password_file`` (mode 0600), a line for each.

    A line of theirs that is there already is of a loading that never came to its end, and goes.
    """
    missing = [row for row in CAST if not User.objects.filter(username=row[0]).exists()]
    if not missing:
        return []
    made = {row[0]: _line(*row) for row in missing}
    kept = password_file.read_text("utf-8").splitlines() if password_file.exists() else []
    lines = [line for line in kept if line.split("\t")[1:2] not in ([name] for name in made)]
    _write(password_file, [*lines, *made.values()])
    return [f"演示人员 {name}（{role.name}）" for name, _display, role in missing]


def _write(path: Path, lines: list[str]) -> None:
    """At once or not at all, and never readable by others in between."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    new.replace(path)


def _line(username: str, display_name: str, role: object) -> str:
    password = secrets.token_urlsafe(12)
    user = User.objects.create_user(
        username, password=password, display_name=display_name, is_staff=True, is_demo=True
    )
    user.groups.add(Group.objects.get(name=role.name))
    return f"{role.name}\t{username}\t{password}"


def manager() -> User | None:
    return User.objects.filter(username="manager", is_demo=True).first()


def editor() -> User | None:
    return User.objects.filter(username="editor", is_demo=True).first()
