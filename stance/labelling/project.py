"""A project on a Label Studio server: made from a screen, compared with it, brought to it where nothing is lost."""

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from stance.annotation.labelling_configuration import Screen, digest
from stance.annotation.labelling_differences import Difference, compare
from stance.errors import LabelStudioError
from stance.labelling.client import Server
from stance.labelling.instructions import instructions
from stance.labels import MAIN

READERS = 2
"""How many people a text is meant for, so that they can be compared; Label Studio offers it until so many are done."""

_MARKER = re.compile(r"\[stance: guidelines (\S+), label set (\S+), configuration ([0-9a-f]{12})\]")
_ABOUT = "Each actor's stance on foreign troop presence, set up by `stance label init`. Keep this line:"
_SHORTEST_TITLE, _LONGEST_TITLE = 3, 50


@dataclass(frozen=True)
class Marker:
    """What a project's description says of how it was made; `configuration` is the digest of its configuration."""

    guidelines: str
    label_set: str
    configuration: str

    def __str__(self) -> str:
        return f"[stance: guidelines {self.guidelines}, label set {self.label_set}, configuration {self.configuration}]"

    @classmethod
    def of(cls, screen: Screen) -> "Marker":
        """The marker of a project that shows `screen`."""
        return cls(screen.guidelines, screen.label_set.id, digest(screen.configuration()))

    @classmethod
    def read(cls, description: str | None) -> "Marker | None":
        """The marker in a project's description; None where somebody took it out, or it is no project of ours."""
        found = _MARKER.search(description or "")
        return cls(*found.groups()) if found else None


def create_project(server: Server, title: str, screen: Screen) -> Any:
    """Make a project that shows `screen`, and return it; raises LabelStudioError for a title that cannot be."""
    if not _SHORTEST_TITLE <= len(title) <= _LONGEST_TITLE:
        raise LabelStudioError(
            f"Expected a title of {_SHORTEST_TITLE} to {_LONGEST_TITLE} characters, found {len(title)}: {title!r}."
        )
    return server.call_once(
        f"make the project {title!r}",
        server.sdk.projects.create,
        title=title,
        description=f"{_ABOUT}\n{Marker.of(screen)}",
        label_config=screen.configuration(),
        maximum_annotations=READERS,
        **_instructed(screen),
        # A text without any actor or stance is an answer too.
        enable_empty_annotation=True,
        show_skip_button=True,
    )


def check_project(server: Server, project: Any, ours: str, *, pulling: bool = False) -> list[str]:
    """What `project` shows otherwise than `ours`, a line each, where that is no obstacle.

    Raises LabelStudioError where it is: to sending (`pulling` False) anything that changes what an annotation can hold,
    to pulling only a project that has no text to label or no stance, since the reader reports whatever else is odd.
    """
    found = compare(project.label_config, ours)
    if pulling:
        hindering = [one for one in found if one.field in ("text", "stance", "") and None in one.lacking]
    else:
        hindering = [one for one in found if one.stored]
    if hindering:
        raise LabelStudioError(_refusal(server, project, ours, hindering))
    return [one.words for one in found]


def update_project(server: Server, project: Any, screen: Screen) -> list[str]:
    """Bring the configuration of `project` to `screen`, and return what changed, a line each.

    Raises LabelStudioError, and changes nothing, where annotations or drafts hold an answer that could no longer be
    given.
    """
    ours = screen.configuration()
    found = compare(project.label_config, ours)
    losing = {one.field: one.lost for one in found if one.lost}
    if losing:
        used = _used(server, project, losing)
        if used:
            listed = ", ".join(f"{name} ({count} times)" for name, count in used.most_common())
            raise LabelStudioError(
                f"Expected that project {project.id} {project.title!r} can be brought to our configuration without "
                f"loss, found what annotations hold and ours lacks: {listed}. Nothing was changed. Put it into the "
                "registry, or take it out of those annotations, or make a new project under another title."
            )
    if found or Marker.read(project.description) != Marker.of(screen):
        server.call(
            f"update project {project.id}",
            server.sdk.projects.update,
            project.id,
            label_config=ours,
            description=_described(project.description, Marker.of(screen)),
            **_instructed(screen),
        )
    return [one.words for one in found]


def _instructed(screen: Screen) -> dict[str, Any]:
    """The guidelines as the project's instructions; they are the main label set's."""
    if screen.label_set != MAIN:
        return {}
    return {"expert_instruction": instructions(), "show_instruction": True}


def _refusal(server: Server, project: Any, ours: str, hindering: list[Difference]) -> str:
    marker = Marker.read(project.description)
    listed = "; ".join(one.words for one in hindering)
    if marker is None:
        why = "it was not made by `stance label init`, or its description was changed"
    elif marker.configuration == digest(ours):
        why = "it was changed on the server"
    else:
        why = f"it was made from other registries or guidelines ({marker.guidelines}, label set {marker.label_set})"
    update = f"stance label init --title {shlex.quote(project.title)} --update"
    return (
        f"Expected project {project.id} {project.title!r} at {server.url} to be set up as ours, found that {why}: "
        f"{listed}. Name the files that it was made with, or bring it to ours: {update}"
    )


def _described(description: str | None, marker: Marker) -> str:
    """The description with `marker` in the place of another, or at its end."""
    if Marker.read(description):
        return _MARKER.sub(str(marker), description or "", count=1)
    return f"{description}\n{_ABOUT}\n{marker}" if description else f"{_ABOUT}\n{marker}"


def _used(server: Server, project: Any, losing: dict[str, tuple[str | None, ...]]) -> Counter[str]:
    """How often annotations and drafts hold each of the answers `losing`: by field, None for any answer to it."""
    tasks: Iterable[Any] = server.call(
        f"read the annotations of project {project.id}",
        lambda: list(server.sdk.tasks.list(project=project.id, fields="all")),
    )
    used: Counter[str] = Counter()
    for task in tasks:
        for entry in [*(task.annotations or ()), *(task.drafts or ())]:
            for field, answer in _answers(entry):
                lost = losing.get(field, ())
                if answer in lost:
                    used[f"{field} {answer}"] += 1
                elif None in lost:
                    used[field] += 1
    return used


def _answers(entry: Any) -> Iterator[tuple[str, str]]:
    """Field and answer of every result item of an annotation or a draft, however the server lists them."""
    result = entry.get("result") if isinstance(entry, dict) else getattr(entry, "result", None)
    for item in result or ():
        if item.get("type") == "relation":
            yield from (("relations", label) for label in item.get("labels") or [""])
            continue
        value = item.get("value") or {}
        given = value.get(item.get("type")) or value.get("text") or [""]
        for answer in given if isinstance(given, list) else [given]:
            yield str(item.get("from_name")), str(answer[-1] if isinstance(answer, list) and answer else answer)
