"""The rooms of the house: who may import whom, and how large a file, function or folder may be."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from trustai.ui.kit.site import HOME, PAGES

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("trustai/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "app.py"])

# Arrows run one way. A room may import itself, the rooms named here, and nothing else of the house.
BASE = {"types", "registry", "seeds"}
CORE = {"explain", "attacks", "ood", "captions", "represent", "fairness", "live", "backdoor"}
BELOW_CORE = BASE | {"metrics", "data", "zoo"}
ROOMS: dict[str, set[str]] = {
    "__init__": set(),
    "__main__": {"data", "train"},
    "types": set(),
    "registry": set(),
    "seeds": set(),
    "metrics": BASE,
    "data": BASE,
    "zoo": BASE | {"data", "metrics"},  # a leaderboard says how sure its figures are
    "attacks": BELOW_CORE,
    "explain": BELOW_CORE,
    "ood": BELOW_CORE,
    "fairness": BELOW_CORE,
    # A network is given a backdoor while a person waits, or was before.
    "live": BELOW_CORE | {"attacks"},
    "backdoor": BELOW_CORE | {"attacks", "live", "represent"},
    # Features are attacked, and so is a caption, which is explained as well.
    "represent": BELOW_CORE | {"attacks"},
    "captions": BELOW_CORE | {"attacks", "explain"},
    # Languages of the captions that are drawn.
    "plots": {"types", "metrics", "data"},
    "train": BELOW_CORE | CORE,
    "ui": BELOW_CORE | CORE | {"plots"},
    "pages": {"ui"},
    "app": {"ui"},
}
PAGES_APP = {"pages", "app"}
STREAMLIT = {"ui", *PAGES_APP}
PICKLES = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "shelve"}
LINES, FUNCTION_LINES, MODULES = 300, 40, 12

# What is still larger than it may be. A name that no longer is must go from here.
NOT_YET: set[str] = set()


def name_of(path: Path) -> str:
    """``trustai.zoo`` for ``trustai/zoo/__init__.py``."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES_BY_NAME = {name_of(path): path for path in FILES}


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def imported(path: Path) -> frozenset[str]:
    """Every module that a file imports anywhere: in functions and for type hints, too."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: imports are absolute"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in MODULES_BY_NAME else str(node.module))
    return frozenset(found)


def room_of(module: str) -> str:
    parts = module.split(".")
    if parts[0] != "trustai":
        return parts[0]
    return parts[1] if len(parts) > 1 else "__init__"


def house_modules(path: Path) -> set[str]:
    return {m for m in imported(path) if m.split(".")[0] in {"trustai", "pages", "app"}}


def test_every_module_is_looked_at() -> None:
    assert len(FILES) > 200
    assert {room_of(name) for name in MODULES_BY_NAME} <= ROOMS.keys(), "a new room has its arrows"


def test_arrows_run_one_way() -> None:
    wrong = {
        f"{name} -> {other}"
        for name, path in MODULES_BY_NAME.items()
        for other in house_modules(path)
        if room_of(other) not in ROOMS[room_of(name)] | {room_of(name), "__init__"}
    }
    assert wrong == set()


def test_foreign_libraries_stay_in_their_rooms() -> None:
    allowed = {"streamlit": STREAMLIT, "plotly": {"plots", "ui"}, "torch": ROOMS.keys() - PAGES_APP}
    for name, path in MODULES_BY_NAME.items():
        top = {m.split(".")[0] for m in imported(path)}
        assert not PICKLES & top, f"nothing is unpickled, anywhere: {name}"
        for library in allowed.keys() & top:
            assert room_of(name) in allowed[library], f"{name} imports {library}"


def test_a_topic_imports_only_kit_components_and_the_core() -> None:
    topics = {info.topic for info in PAGES} - {HOME}
    for path in FILES:
        parts = name_of(path).split(".")
        if parts[:2] != ["trustai", "ui"] or len(parts) < 3:
            continue
        rooms = {m.split(".")[2] for m in imported(path) if m.startswith("trustai.ui.")}
        allowed = {"kit", "components", parts[2]}
        assert rooms <= allowed, f"{path} reaches into another topic"
        if parts[2] in {"kit", "components"}:
            assert not rooms & topics, f"{path} knows a topic"


def test_no_circle_of_imports() -> None:
    assert sum(map(len, arrows().values())) > 500
    assert [c for c in circles(arrows()) if not set(c) <= NOT_YET] == []


def arrows() -> dict[str, list[str]]:
    """The modules that each module imports."""
    return {n: sorted(imported(p) & MODULES_BY_NAME.keys()) for n, p in MODULES_BY_NAME.items()}


def circles(graph: dict[str, list[str]]) -> list[list[str]]:
    """Sets of modules each of which reaches all others (Tarjan's components larger than one)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in graph[name]:
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            at = stack.index(name)
            component, stack[at:] = stack[at:], []
            if len(component) > 1:
                found.append(sorted(component))

    for name in graph:
        if name not in index:
            visit(name)
    return found


def test_a_circle_is_found() -> None:
    graph = {"a": ["b"], "b": ["c"], "c": ["a", "d"], "d": [], "e": ["f"], "f": ["e", "a"]}
    assert circles(graph) == [["a", "b", "c"], ["e", "f"]]
    assert circles(graph | {"c": ["d"], "f": []}) == []


def too_large() -> Iterator[str]:
    """Names of files and functions that are longer than they may be."""
    for name, path in MODULES_BY_NAME.items():
        if len(path.read_text(encoding="utf-8").splitlines()) > LINES:
            yield name
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                if (node.end_lineno or first) - first + 1 > FUNCTION_LINES:
                    yield f"{name}:{node.name}"


def test_files_and_functions_stay_small() -> None:
    found = set(too_large())
    circular = {name for circle in circles(arrows()) for name in circle}
    assert found - NOT_YET == set(), "longer than they may be"
    assert NOT_YET - found - circular == set(), "mended by now: take them off the list"


def test_folders_stay_small() -> None:
    folders = {path.parent for path in FILES}
    for folder in folders:
        modules = [p for p in folder.glob("*.py") if p.name != "__init__.py"]
        if folder.name == "methods":
            assert not [p for p in folder.iterdir() if p.is_dir() and p.name != "__pycache__"]
        else:
            assert len(modules) <= MODULES, folder


def test_the_first_line_says_what_the_module_holds() -> None:
    for name, path in MODULES_BY_NAME.items():
        assert path.read_text(encoding="utf-8").startswith(('"""', 'r"""')), name
        assert len((ast.get_docstring(tree_of(path)) or "").split("\n")[0]) > 10, name


def test_only_one_module_knows_how_models_are_stored() -> None:
    found = {
        name
        for name, path in MODULES_BY_NAME.items()
        for file in ("weights.safetensors", "card.json")
        if f'"{file}"' in path.read_text(encoding="utf-8")
    }
    assert found == {"trustai.zoo.files"}


def test_a_page_is_its_file_its_package_and_its_entry() -> None:
    topics = [info.topic for info in PAGES]
    assert sorted(topics) == sorted(p.relative_to(ROOT / "pages").as_posix()[:-3] for p in
                                    (ROOT / "pages").rglob("*.py"))  # fmt: skip
    for info in PAGES:
        page = tree_of(ROOT / info.file)
        named = {n.value for n in ast.walk(page) if isinstance(n, ast.Constant)}
        views = {v for v in named if isinstance(v, str) and v.startswith("trustai.ui.")}
        assert views
        assert views <= {m for m in MODULES_BY_NAME if m.startswith(f"trustai.ui.{info.topic}.")}
    packages = {p.parent.name for p in ROOT.glob("trustai/ui/*/__init__.py")}
    assert packages == {*topics, "kit", "components"}


def test_nothing_is_called_utils() -> None:
    assert not [n for n in MODULES_BY_NAME if n.split(".")[-1] in {"utils", "util", "helpers"}]


def test_no_two_files_of_tests_have_the_same_name() -> None:
    """Two of the same name cannot be collected in one run."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert {name for name in names if names.count(name) > 1} == set()
