"""What is declared for ``pip install .``, and the command ``trustai``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import trustai
from trustai import __main__ as command
from trustai.zoo.files import models_dir

ROOT = Path(__file__).resolve().parents[2]


def test_what_an_installation_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    module, _, function = project["project"]["scripts"]["trustai"].partition(":")
    assert module == command.__name__
    assert getattr(command, function) is command.main
    assert project["project"]["dynamic"] == ["dependencies"]
    assert project["tool"]["setuptools"]["dynamic"]["dependencies"] == {
        "file": ["requirements.txt"]
    }
    assert project["project"]["version"] == trustai.__version__

    said: dict[str, Any] = {}
    monkeypatch.setattr("setuptools.setup", lambda **options: said.update(options))
    monkeypatch.chdir(ROOT)
    exec(compile((ROOT / "setup.py").read_text(encoding="utf-8"), "setup.py", "exec"), {})
    of_app = said["package_data"]["trustai._app"]
    listed = {path for pattern in of_app for path in ROOT.glob(pattern)}
    wanted = [ROOT / "app.py", ROOT / ".streamlit/config.toml", *ROOT.glob("pages/*.py")]
    wanted += [path for path in ROOT.glob("models/*/*") if path.is_file()]
    assert len(wanted) > 30
    assert set(wanted) <= listed
    everywhere = said["package_data"][""] + said["package_data"]["trustai"]
    data = [p for p in ROOT.glob("trustai/**/*") if p.is_file() and "__pycache__" not in p.parts]
    for path in data:
        if path.suffix != ".py":
            assert any(path.match(pattern) for pattern in everywhere), path
    for path in ROOT.glob("trustai/**/*.py"):
        assert ".".join(path.relative_to(ROOT).parent.parts) in said["packages"]


def test_the_files_of_the_app_are_found() -> None:
    assert ROOT == trustai.ROOT
    assert (trustai.ROOT / "trustai/py.typed").is_file()


def test_models_are_beside_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRUSTAI_MODELS", raising=False)
    assert models_dir() == trustai.ROOT / "models"


@pytest.mark.parametrize("name", list(command.COMMANDS))
def test_the_command_hands_over(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def imported(module: str) -> SimpleNamespace:
        def main(arguments: list[str]) -> int:
            seen.extend([module, arguments])
            return 3

        return SimpleNamespace(main=main)

    monkeypatch.setattr(command.importlib, "import_module", imported)
    assert command.main([name, "signs-resnet18", "--smoke"]) == 3
    assert seen == [command.COMMANDS[name], ["signs-resnet18", "--smoke"]]


def test_the_command_opens_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(command.os, "chdir", seen.append)
    monkeypatch.setattr(command.os, "execv", lambda _program, line: seen.append(line[1:]))
    command.main(["app", "--server.port", "8502"])
    assert seen == [ROOT, ["-m", "streamlit", "run", "app.py", "--server.port", "8502"]]


def test_a_wrong_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["fly"])
    assert "app" in capsys.readouterr().err
