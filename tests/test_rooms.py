"""The house stands: arrows between rooms go down only, modules are named for their subject, and no
file or function has outgrown its reader. docs/rooms.md is the map this test holds the code to."""

import ast
import re
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

GROUND = {
    "people", "ledger", "language", "library", "publication", "proofreading", "outbox", "visitors",
    "addresses",
}  # fmt: skip
# What a room of the ground may use of the ground.
FOUNDATION = {"language", "people", "ledger"}
ROOF = "roof"
MAY_USE = {
    **{room: FOUNDATION - {room} for room in GROUND},
    "parks": GROUND,
    "articles": {"parks", *GROUND},
    "leads": {"parks", *GROUND},
    ROOF: {"parks", "articles", "leads", *GROUND},
}
# The app label of each room's models and migrations.
LABELS = {**{room: room for room in MAY_USE if room != ROOF}, "parkcms": ROOF}
PACKAGES = ("parkcms", "parks", "articles", "leads")

BAGS = {"utils", "util", "helpers", "common", "core", "services", "misc", "base"}
# Django looks a database backend up under this name.
NAMED_BY_OTHERS = {"parkcms/postgres/base.py"}
MAX_FILE, MAX_FUNCTION = 500, 60

_MODEL = re.compile(r"(?P<label>[a-z_]+)\.(?P<name>[A-Z]\w*|[a-z_]+)")
_DOTTED = re.compile(rf"(?:{'|'.join(PACKAGES)})(?:\.\w+)+")


# --- reading ----------------------------------------------------------------------------------


def sources(root, *folders):
    for folder in folders:
        yield from sorted((root / folder).rglob("*.py"))


def room_of(module):
    """The room a dotted module stands in; None for a module that is not ours."""
    first, _, rest = module.partition(".")
    if first not in PACKAGES:
        return None
    if first != "parkcms":
        return first
    second = rest.partition(".")[0]
    return second if second in GROUND else ROOF


def module_of(path, root):
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def arrows(root):
    """(file, line, room from, room to, what it says) of every reference into another room."""
    for path in sources(root, *PACKAGES):
        module = module_of(path, root)
        here = room_of(module)
        tree = ast.parse(path.read_text("utf-8"), str(path))
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        is_migration = "migrations" in path.parts
        for line, said, there in references(tree, package, is_migration, root):
            if there not in (None, here):
                yield str(path.relative_to(root)), line, here, there, said


def references(tree, package, is_migration, root):
    """(line, text, room) of imports, model names, migration dependencies and module names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, room_of(alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = resolved(node, package)
            for alias in node.names:
                # "from parkcms import ledger" is about ledger, not about the roof.
                yield node.lineno, f"{base}.{alias.name}", room_of(f"{base}.{alias.name}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from named(node, is_migration, root)
        elif isinstance(node, ast.Tuple) and is_migration:
            yield from depended_on(node)
        elif isinstance(node, ast.Call) and called(node) == "get_model" and len(node.args) == 2:
            label = getattr(node.args[0], "value", None)
            yield node.lineno, f"get_model {label}", LABELS.get(label)


def resolved(node, package):
    if not node.level:
        return node.module or ""
    above = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def named(node, is_migration, root):
    text = node.value
    model = _MODEL.fullmatch(text)
    if model and model["label"] in LABELS and (model["name"][0].isupper() or is_migration):
        yield node.lineno, text, LABELS[model["label"]]
    elif _DOTTED.fullmatch(text) and names_a_module(text, root):
        yield node.lineno, text, room_of(text)


def names_a_module(text, root):
    """Whether the text, or what stands before its last dot, is one of our modules."""
    parts = text.split(".")
    for end in (len(parts), len(parts) - 1):
        path = root.joinpath(*parts[:end])
        if end > 1 and (path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()):
            return True
    return False


def depended_on(node):
    """("articles", "0001_articles") among a migration's dependencies."""
    values = [getattr(item, "value", None) for item in node.elts]
    if len(values) == 2 and all(isinstance(value, str) for value in values):
        label, name = values
        if label in LABELS and re.match(r"\d{4}_|__first__|__latest__", name):
            yield node.lineno, f"{label}.{name}", LABELS[label]


def called(node):
    function = node.func
    return getattr(function, "attr", getattr(function, "id", ""))


def wrong_arrows(root):
    return [
        f"{file}:{line}: {here} → {there}: {said}"
        for file, line, here, there, said in arrows(root)
        if there not in MAY_USE[here]
    ]


def leanings(root):
    """Each room with the rooms it uses."""
    graph = defaultdict(set)
    for _file, _line, here, there, _said in arrows(root):
        graph[here].add(there)
    return graph


def tracked(root, *suffixes):
    """Files of ours: not generated, not fetched, not a migration."""
    left_out = {".venv", ".git", "var", "migrations", "__pycache__", "node_modules"}
    for path in sorted(root.rglob("*")):
        inner = path.relative_to(root).parts
        if path.suffix in suffixes and not left_out & set(inner) and path.is_file():
            yield path


def long_functions(root):
    for path in tracked(root, ".py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = node.end_lineno - node.lineno + 1
                if length > MAX_FUNCTION:
                    yield f"{path.relative_to(root)}:{node.lineno}: {node.name}, {length} lines"


def long_files(root):
    for path in tracked(root, ".py", ".css", ".js", ".html"):
        length = len(path.read_text("utf-8").splitlines())
        if length > MAX_FILE:
            yield f"{path.relative_to(root)}: {length} lines"


def bags(root):
    for path in tracked(root, ".py"):
        inner = path.relative_to(root)
        if str(inner) not in NAMED_BY_OTHERS and BAGS & {*inner.parts[:-1], path.stem}:
            yield str(inner)


def tricks(root):
    """Classes made, changed or borrowed behind the reader's back."""
    for path in sources(root, *PACKAGES):
        if "migrations" in path.parts:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        imported = imported_names(tree)
        for node in ast.walk(tree):
            if said := trick(node, imported):
                yield f"{path.relative_to(root)}:{node.lineno}: {said}"


def imported_names(tree):
    return {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def trick(node, imported):
    if isinstance(node, ast.ClassDef) and any(k.arg == "metaclass" for k in node.keywords):
        return "a metaclass"
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in {"exec", "eval", "globals", "__import__"} or (
            name == "type" and len(node.args) == 3
        ):
            return f"{name}()"
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Attribute) and (
                target.attr == "__class__"
                or (isinstance(target.value, ast.Name) and target.value.id in imported)
            ):
                return f"sets {ast.unparse(target)}"
    return ""


# --- the house --------------------------------------------------------------------------------


def test_every_arrow_goes_down():
    assert wrong_arrows(ROOT) == []


def test_no_two_rooms_lean_on_each_other():
    graph = leanings(ROOT)
    assert len(list(TopologicalSorter(graph).static_order())) > 6
    # The roof stands on all storeys: were the reading blind, it would see no arrow at all.
    assert {"parks", "articles", "people", "ledger"} <= graph[ROOF]


def test_every_module_is_named_for_its_subject():
    assert list(bags(ROOT)) == []


def test_no_file_is_over_five_hundred_lines():
    assert list(long_files(ROOT)) == []


def test_no_function_is_over_sixty_lines():
    assert list(long_functions(ROOT)) == []


def test_no_class_is_changed_behind_the_readers_back():
    assert list(tricks(ROOT)) == []


# --- that the test can see --------------------------------------------------------------------


@pytest.fixture
def house(tmp_path):
    """A house with every room and nothing in it."""
    for room in ("parks", "articles", "leads", "parkcms", *(f"parkcms/{r}" for r in GROUND)):
        (tmp_path / room / "migrations").mkdir(parents=True)
        (tmp_path / room / "__init__.py").write_text("")
        (tmp_path / room / "models.py").write_text("")
    (tmp_path / "parkcms/urls.py").write_text("")
    return tmp_path


def plant(house, file, text):
    path = house / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


WRONG = {
    "up": ("parks/views.py", "from articles.models import Article"),
    "up, the whole module": ("parks/views.py", "import articles.models"),
    "up, within a function": ("parks/views.py", "def f():\n    from articles import lists"),
    "up, only for types": ("parks/x.py", "if TYPE_CHECKING:\n    from articles import lists"),
    "sideways": ("articles/views.py", "from leads import models"),
    "sideways, back": ("leads/views.py", "from articles.models import Article"),
    "from the ground": ("parkcms/library/models.py", "from parks.models import Park"),
    "between rooms of the ground": ("parkcms/people/models.py", "from parkcms.library import x"),
    "between them, relative": ("parkcms/people/models.py", "from ..library import models"),
    "between them, by its parent": ("parkcms/ledger/models.py", "from parkcms import library"),
    "to the roof": ("parks/views.py", "from parkcms.urls import pages"),
    "to the roof, relative": ("parkcms/library/admin.py", "from ..urls import pages"),
    "to the roof itself": ("articles/views.py", "import parkcms"),
    "to the settings": ("parks/apps.py", "from parkcms import settings"),
    "in a template tag": ("parks/templatetags/spaces.py", "from articles import lists"),
    "by a model's name": ("parks/models.py", 'ForeignKey("articles.Article")'),
    "by a roof model's name": ("articles/models.py", 'ForeignKey("parkcms.SiteProfile")'),
    "by a module's name": ("parks/x.py", 'import_string("articles.models.Article")'),
    "by get_model": ("parks/x.py", 'apps.get_model("articles", "Article")'),
    "by a migration": (
        "parks/migrations/0002_x.py",
        'class M:\n    dependencies = [("articles", "0001_articles")]',
    ),
    "by a migration's field": ("parks/migrations/0002_x.py", 'FK(to="articles.article")'),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_arrow_is_found(house, kind):
    file, text = WRONG[kind]
    plant(house, file, text)
    (found,) = wrong_arrows(house)
    assert found.startswith(f"{file}:")


RIGHT = {
    "down": ("articles/views.py", "from parks.models import Park"),
    "down, two storeys": ("leads/views.py", "from parkcms.language import phones"),
    "from the roof": ("parkcms/urls.py", "import articles.models\nfrom leads import models"),
    "from the roof, a folder": ("parkcms/demo/load.py", "from articles.models import Article"),
    "within a room": ("articles/views.py", "from .models import Article\nfrom . import models"),
    "to the foundation": ("parkcms/publication/models.py", "from parkcms.ledger import models"),
    "to Django's settings": ("parks/views.py", "from django.conf import settings"),
    "a permission's name": ("parks/views.py", 'user.has_perm("parks.change_park")'),
    "a file's name": ("parks/views.py", 'render("articles.html", "parks/list.html")'),
    "an address's name": ("parks/views.py", 'reverse("articles:list")'),
    "by a migration": (
        "articles/migrations/0001_x.py",
        'class M:\n    dependencies = [("parks", "0001_parks")]\nFK(to="parks.park")',
    ),
}


@pytest.mark.parametrize("kind", RIGHT)
def test_a_right_arrow_is_let_be(house, kind):
    plant(house, *RIGHT[kind])
    assert wrong_arrows(house) == []


def test_two_rooms_that_lean_on_each_other_are_found(house):
    plant(house, "parkcms/people/x.py", "from parkcms.ledger import models")
    assert leanings(house) == {"people": {"ledger"}}
    plant(house, "parkcms/ledger/x.py", "from parkcms.people import models")
    assert wrong_arrows(house) == []  # each may, but not both
    with pytest.raises(CycleError):
        list(TopologicalSorter(leanings(house)).static_order())


def test_a_bag_a_long_file_a_long_function_and_a_trick_are_found(house):
    plant(house, "parks/utils.py", "")
    plant(house, "parks/helpers/areas.py", "")
    plant(house, "parkcms/postgres/base.py", "")
    plant(house, "static/css/long.css", "a\n" * 501)
    plant(house, "static/css/short.css", "a\n" * 500)
    plant(house, "parks/long.py", "def f():\n" + "    a = 1\n" * 60)
    plant(house, "parks/short.py", "def f():\n" + "    a = 1\n" * 59)
    plant(house, "parks/migrations/0009_x.py", "def f():\n" + "    a = 1\n" * 600)
    plant(house, "parks/tricky.py", "from x import Park\nPark.save = 1\nT = type('A', (), {})\n")
    assert list(bags(house)) == ["parks/helpers/areas.py", "parks/utils.py"]
    assert list(long_files(house)) == ["static/css/long.css: 501 lines"]
    assert list(long_functions(house)) == ["parks/long.py:1: f, 61 lines"]
    assert list(tricks(house)) == [
        "parks/tricky.py:2: sets Park.save",
        "parks/tricky.py:3: type()",
    ]
