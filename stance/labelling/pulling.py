"""A project's snapshot with everything in it, as an export file that is there whole or not at all."""

import hashlib
import json
import os
import re
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from stance.annotation.export import read_export
from stance.annotation.labelling_configuration import Screen, digest
from stance.annotation.problems import Report
from stance.errors import LabelStudioError
from stance.labelling.client import Server
from stance.labelling.keeping import Keeping

# With {} or "usual" alone the server would leave annotations out and their tasks empty.
_ALL_ANNOTATIONS: Any = {"usual": True, "ground_truth": True, "skipped": True}
_IN_FULL: Any = {
    "drafts": {"only_id": False},
    "predictions": {"only_id": False},
    "annotations__completed_by": {"only_id": False},
    "include_annotation_history": False,
}
_POLL = 2.0
_PATIENCE = 1800.0  # seconds that a snapshot may take
ABOUT = ".about.json"
_DATED = re.compile(r"(.+)-(\d{8}T\d{4})(?:-(\d+))?\.json")


@dataclass
class Pulled:
    """An export that was pulled: where it is, what the reader found, what became of the suggestions.

    `new` is False where `path` held the same before. `guidelines` counts tasks by the version they were prepared with.
    """

    path: Path
    digest: str
    new: bool
    report: Report = field(default_factory=Report)
    keeping: Keeping = field(default_factory=Keeping)
    guidelines: Counter[str] = field(default_factory=Counter)
    annotators: set[str] = field(default_factory=set)
    ground_truth: int = 0
    blind: int = 0


def pull(
    server: Server,
    project: Any,
    out: Path,
    *,
    screen: Screen,
    progress: Callable[[int], None] = lambda done: None,
) -> Pulled:
    """Bring a snapshot of `project` to `out`, and what it holds beside it (`about_path`); raises LabelStudioError.

    Where the newest earlier pull of the project beside `out` (or `out` itself) holds the same, that one stays and is
    what is returned. `progress` is told how many bytes have come.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.", suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        checksum = _fetch(server, project.id, part, progress)
        same = next((path for path in earlier(out) if _digest(path) == checksum), None)
        if same is None:
            os.chmod(part, 0o644)  # a temporary file is its owner's alone
            os.replace(part, out)
        pulled = _read(Pulled(same or out, checksum, same is None), screen)
    finally:
        part.unlink(missing_ok=True)
    _write_about(server, project, pulled)
    return pulled


def default_path(project: Any, now: time.struct_time, folder: Path = Path("exports")) -> Path:
    """Where a pull lies by default: exports/PROJECT-YYYYMMDDTHHMM.json, in the time of UTC."""
    name = re.sub(r"[^\w.]+", "-", str(project.title)).strip("-.") or f"project-{project.id}"
    return folder / f"{name}-{time.strftime('%Y%m%dT%H%M', now)}.json"


def about_path(path: Path) -> Path:
    """The file beside an export that says what it is."""
    return path.with_name(path.name.removesuffix(".json") + ABOUT)


def earlier(out: Path) -> list[Path]:
    """What may hold the same as a pull to `out`: itself, and the newest of the pulls dated as it is."""
    found = [out] if out.exists() else []
    own = _DATED.fullmatch(out.name)
    if own:
        dated = [
            (match, path) for path in out.parent.iterdir() if (match := _DATED.fullmatch(path.name)) and path != out
        ]
        others = [(match[2], int(match[3] or 1), path) for match, path in dated if match[1] == own[1]]
        found += [path for *_, path in sorted(others)[-1:]]
    return found


def _fetch(server: Server, project: int, part: Path, progress: Callable[[int], None]) -> str:
    """Write a new snapshot to `part`; returns its digest."""
    exports = server.sdk.projects.exports
    snapshot = _snapshot(server, project)
    try:
        return server.call("send its snapshot", _download, exports, project, snapshot, part, progress)
    finally:
        # The file would stay on the server for ever; that it does is no reason to lose what came, nor to wait.
        with suppress(LabelStudioError):
            replace(server, pauses=()).call("delete its snapshot", exports.delete, project, int(snapshot.id))


def _download(exports: Any, project: int, snapshot: Any, part: Path, progress: Callable[[int], None]) -> str:
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    with part.open("wb") as file:
        for chunk in exports.download(
            project, snapshot.id, export_type="JSON", request_options={"chunk_size": 1 << 20}
        ):
            file.write(chunk)
            sha256.update(chunk)
            md5.update(chunk)
            size += len(chunk)
            progress(size)
    if md5.hexdigest() != snapshot.md5:
        # The server does not say how long its answer is, so that half of one looks whole to HTTP.
        raise httpx.RemoteProtocolError(f"after {size:,} bytes of a snapshot")
    return sha256.hexdigest()


def _snapshot(server: Server, project: int) -> Any:
    """A snapshot that is complete. One whose request broke off is known by its title, and waited for."""
    exports = server.sdk.projects.exports
    title = f"stance pull {uuid.uuid4().hex[:12]}"
    number = None
    try:
        made: Any = server.call_once(
            "make a snapshot",
            exports.create,
            project,
            title=title,
            annotation_filter_options=_ALL_ANNOTATIONS,
            serialization_options=_IN_FULL,
        )
        number = int(made.id)
    except LabelStudioError as error:
        if not error.reached or error.status not in (None, 502, 503, 504):
            raise
        broken = error
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if number is None:
            listed: Any = server.call("list its snapshots", exports.list, project)
            number = next((int(one.id) for one in listed if one.title == title), None)
            if number is None:
                raise broken
        snapshot: Any = server.call("show its snapshot", exports.get, project, number)
        if snapshot.status == "completed":
            return snapshot
        if snapshot.status == "failed":
            raise LabelStudioError(f"Expected {server.url} to make a snapshot, found that it failed. Its log says why.")
        time.sleep(_POLL)
    raise LabelStudioError(
        f"Expected {server.url} to make a snapshot within {_PATIENCE / 60:.0f} minutes, found none. Pull again."
    )


def _read(pulled: Pulled, screen: Screen) -> Pulled:
    documents = read_export(
        pulled.path,
        label_set=screen.label_set,
        actors=None if screen.actors is None else screen.actors.ids(),
        targets=None if screen.targets is None else screen.targets.ids(),
        report=pulled.report,
    )
    for document in documents:
        pulled.keeping.add(document)
        pulled.guidelines[document.guidelines or "none"] += 1
        pulled.annotators |= {annotation.annotator for annotation in document.completed}
        pulled.ground_truth += sum(annotation.ground_truth for annotation in document.completed)
        pulled.blind += bool(document.blind)
    return pulled


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_about(server: Server, project: Any, pulled: Pulled) -> None:
    path, report = about_path(pulled.path), pulled.report
    if not pulled.new and path.exists():
        return
    about = {
        "export": pulled.path.name,
        "sha256": pulled.digest,
        "bytes": pulled.path.stat().st_size,
        "pulled": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "server": {"url": server.url, "version": _version(server)},
        "project": {"id": project.id, "title": project.title},
        "configuration": digest(project.label_config),
        "guidelines": dict(sorted(pulled.guidelines.items())),
        "counts": {
            "tasks": report.tasks,
            "documents": report.documents,
            "blind": pulled.blind,
            "annotations": report.annotations,
            "ground_truth": pulled.ground_truth,
            "cancelled": report.cancelled,
            "drafts": report.drafts,
            "predictions": report.predictions,
            "mentions": report.mentions,
            "statements": report.statements,
            "annotators": len(pulled.annotators),
        },
        "problems": {kind.value: count for kind, count in report.counts.most_common()},
        "suggestions": {
            "compared": pulled.keeping.annotations,
            "not_compared": pulled.keeping.others,
            "fields": {name: dict(counts) for name, counts in pulled.keeping.fields.items()},
        },
    }
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(about, ensure_ascii=False, indent=2) + "\n", "utf-8")
    os.replace(part, path)


def _version(server: Server) -> str:
    told = server.call("say its version", server.sdk.versions.get)
    return str(getattr(told, "release", None) or "unknown")
