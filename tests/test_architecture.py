"""The shape of the code, read off its syntax trees: which way imports point, and what stays where."""

import ast
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from stance.commands.composition import compose_train
from stance.commands.sweep_plan import plan_sweep

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "stance").rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in FILES]
FLOW = ("text", "annotation", "data", "evaluation", "models", "tracking", "labelling", "commands")
GROUND = {"errors": set(), "labels": {"errors"}, "settings": {"errors", "labels"}}
"""Modules that all may import, and what they themselves may import of the package."""

EXPERIMENTS = sorted((ROOT / "conf" / "experiment").rglob("*.yaml"))
OPTIONS = sorted(
    path
    for folder in sorted((ROOT / "conf").iterdir())
    if folder.is_dir() and folder.name not in ("experiment", "hydra")
    for path in folder.rglob("*.yaml")
)
REQUIRED = {
    "data=export": ["data.export=export.json"],
    "encoder=hub": ["encoder.name=some/encoder"],
    "sources=export": ["sources.export.data.export=export.json"],
}
"""Values that an option leaves to its user."""


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imported(path: Path) -> Iterator[str]:
    """Full names of all that `path` imports, inside functions and type checks too."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (above, node.module) if part)
            yield from (f"{module}.{alias.name}" for alias in node.names)


def layer(path: Path) -> str:
    parts = path.relative_to(ROOT / "stance").with_suffix("").parts
    return parts[0]


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_is_code_to_read() -> None:
    assert len(FILES) > 30
    assert {layer(path) for path in FILES} <= {*FLOW, *GROUND, "__init__", "__main__"}


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_imports_point_one_way(path: Path) -> None:
    here = layer(path)
    # What is called from outside may import all; `load_model` does so when it is called.
    if here in ("__main__", "__init__"):
        return
    allowed = GROUND[here] if here in GROUND else {*GROUND, *FLOW[: FLOW.index(here) + 1]}
    met = {name.split(".")[1] for name in imported(path) if name.startswith("stance.")}
    assert met <= allowed, f"{path.relative_to(ROOT)} imports {sorted(met - allowed)}"


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_only_settings_and_commands_know_the_configuration_library(path: Path) -> None:
    if layer(path) in ("settings", "commands"):
        return
    with path.open("rb") as lines:
        names = {token.string for token in tokenize.tokenize(lines.readline) if token.type == tokenize.NAME}
    assert not names & {"DictConfig", "ListConfig", "OmegaConf", "omegaconf", "hydra"}


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_only_commands_print(path: Path) -> None:
    if layer(path) in ("__main__", "commands"):
        return
    assert [name for name, _ in calls(path) if name in ("print", "sys.stdout.write", "sys.stderr.write")] == []


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_nothing_reads_files_that_can_run_code(path: Path) -> None:
    refused = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
    assert not {name.split(".")[0] for name in imported(path)} & refused
    for name, call in calls(path):
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        if name == "torch.load" or name.endswith(".load_from_checkpoint"):
            assert given.get("weights_only") == "True", f"line {call.lineno}: {name}"
        if name in ("np.load", "numpy.load"):
            assert given.get("allow_pickle", "False") == "False", f"line {call.lineno}: {name}"
        assert name not in ("yaml.load", "yaml.unsafe_load", "eval", "exec"), f"line {call.lineno}: {name}"


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_files_stay_short_and_say_what_they_hold(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300
    assert path.name not in ("utils.py", "util.py", "helpers.py", "common.py", "misc.py")


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_library_raises_instead_of_asserting(path: Path) -> None:
    assert [node.lineno for node in ast.walk(tree(path)) if isinstance(node, ast.Assert)] == []


def test_every_module_can_be_imported() -> None:
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in FILES]
    script = f"import importlib\nfor name in {modules}:\n    importlib.import_module(name)\nprint('all')"
    assert run(script).splitlines()[-1] == "all"


def test_command_line_starts_without_the_heavy_libraries() -> None:
    heavy = ["torch", "mlflow", "pandas", "sklearn", "hydra", "pytorch_lightning", "transformers"]
    assert run(f"import stance.__main__, sys\nprint([name for name in {heavy} if name in sys.modules])") == "[]\n"
    assert run("import stance, sys\nprint([name for name in sys.modules if name.startswith('stance.')])") == "[]\n"
    looking = "import stance.commands.looking, sys"
    assert run(f"{looking}\nprint([name for name in {heavy} if name in sys.modules])") == "[]\n", (
        "pages are read at once"
    )


def test_there_are_experiments_and_options() -> None:
    assert EXPERIMENTS
    assert {path.parent.name for path in OPTIONS} >= {"data", "split", "target", "model", "encoder", "trainer", "debug"}


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
def test_every_experiment_composes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    name = path.relative_to(ROOT / "conf" / "experiment").with_suffix("").as_posix()
    if name.startswith("sweep/"):
        assert plan_sweep([f"experiment={name}"]).wanted > 1
        return
    composed = compose_train([f"experiment={name}"])
    assert composed.resolved != composed.defaults


@pytest.mark.parametrize("path", OPTIONS, ids=lambda path: f"{path.parent.name}={path.stem}")
def test_every_group_option_composes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    group, _, name = path.relative_to(ROOT / "conf").with_suffix("").as_posix().partition("/")
    option = f"{group}={name}"
    composed = compose_train([option, *REQUIRED.get(option, [])])
    stated = yaml.safe_load(path.read_text("utf-8"))
    stated.pop("defaults", None)
    # How a training is swept is no part of what it computes, and so not of the resolved configuration.
    resolved = {**composed.resolved, "sweep": asdict(composed.settings.sweep)}
    whole = resolved if group == "debug" else resolved[group]
    assert holds(whole, stated)
    if group == "model":
        assert composed.model.name == name


def holds(whole: dict, part: dict) -> bool:
    """Whether `whole` has the values of `part`, those aside that a user or the environment gives."""
    return all(
        holds(whole[key], value)
        if isinstance(value, dict)
        else whole[key] == value or str(value) == "???" or str(value).startswith("${")
        for key, value in part.items()
    )


def test_experiments_say_how_they_are_run() -> None:
    for path in EXPERIMENTS:
        name = path.relative_to(ROOT / "conf" / "experiment").with_suffix("").as_posix()
        options = "-m " if name.startswith("sweep/") else ""
        assert f"stance train {options}experiment={name}" in path.read_text("utf-8"), path
