"""`stance label init`: a project on a Label Studio server, from label set, registries and guidelines."""

import shlex
from dataclasses import dataclass

from stance.annotation.labelling_configuration import Screen, guideline_version
from stance.annotation.labelling_differences import compare
from stance.annotation.registry import read_actors, read_targets
from stance.commands.writing import write_text
from stance.errors import ConfigurationError
from stance.labels import AUTHOR, MAIN, label_set

ANY = "any"
TITLE = "Actor stance"


@dataclass(frozen=True)
class Sources:
    """What a screen is made from: files, or the words that stand for none.

    `actors` is a registry, `any` where names are typed, `author` where each whole text gets its author's stance.
    `targets` is a registry, or `any` where only the task's own target counts.
    """

    actors: str = "labels/actors.yaml"
    targets: str = "labels/targets.yaml"
    label_set: str = "stance"

    def screen(self) -> Screen:
        """The screen made from them; raises a StanceError for files that cannot be read, or make none."""
        classes = label_set(self.label_set)
        screen = Screen(
            classes,
            None if self.actors in (ANY, AUTHOR) else read_actors(self.actors),
            None if self.targets == ANY else read_targets(self.targets),
            # The guidelines are the main label set's.
            guideline_version() if classes == MAIN else "none",
            whole_texts=self.actors == AUTHOR,
        )
        _check_poles(screen, self.targets)
        return screen

    def flags(self) -> str:
        """The flags that name these sources, where they are not the default."""
        given = [(name, getattr(self, name)) for name in ("actors", "targets", "label_set")]
        default = Sources()
        return "".join(
            f" --{name.replace('_', '-')} {shlex.quote(value)}"
            for name, value in given
            if value != getattr(default, name)
        )


def initialise(url: str | None, title: str, sources: Sources, *, update: bool) -> int:
    """Make the project `title`, or compare the one there is; return 1 where it differs and was left so."""
    from stance.labelling.client import connect
    from stance.labelling.project import create_project, update_project

    screen = sources.screen()
    server = connect(url)
    found = server.titled(title)
    if not found:
        project = create_project(server, title, screen)
        print(f"Made project {project.id} {title!r}, guidelines {screen.guidelines}: {server.address(project.id)}")
        _say_next(project.id, sources)
        return 0
    # With several of this title, the title is refused.
    project = server.project(found[0].id if len(found) == 1 else title)
    print(f"Project {project.id} {title!r} is there: {server.address(project.id)}")
    if update:
        changed = update_project(server, project, screen)
    else:
        changed = [difference.words for difference in compare(project.label_config, screen.configuration())]
    print("\n".join(f"  {line}" for line in changed) or "  its configuration is ours")
    if changed and not update:
        print(f"Bring it to ours: stance label init --title {shlex.quote(title)}{sources.flags()} --update")
        return 1
    if changed:
        print("Brought to ours.")
    _say_next(project.id, sources)
    return 0


def write_configuration(sources: Sources, out: str | None) -> None:
    """Write the configuration to a file, or to standard output, for somebody who sets up a project by hand."""
    configuration = sources.screen().configuration()
    if out is None:
        print(configuration, end="")
        return
    write_text(out, configuration)
    print(f"Wrote {out}. Paste it in Label Studio under Settings → Labeling Interface → Code.")


def _say_next(project: int, sources: Sources) -> None:
    print(f"Next: stance label push PAGES --project {project}{sources.flags()}")


def _check_poles(screen: Screen, targets: str) -> None:
    """A target of another label set would explain other stances than can be chosen."""
    if screen.targets is not None and not screen.offered:
        world = screen.actors.world if screen.actors is not None else None
        raise ConfigurationError(
            f"Expected targets of the actors' world ({world or 'the real one'}) in {targets}, found none."
        )
    for target in screen.offered:
        strange = [side for side in target.poles if side not in screen.label_set.classes]
        if strange:
            raise ConfigurationError(
                f"Expected targets whose poles are stances of the label set {screen.label_set.id!r}, found "
                f"{', '.join(strange)} of {target.id} in {targets}. Name both: --label-set ID --targets FILE."
            )
