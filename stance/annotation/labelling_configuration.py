"""The labelling configuration of a Label Studio project, made from label set, registries and guidelines.

Layout and words stand in labels/labelling_template.xml, which says what is filled in; its head tells how the screen
behaves in a browser. What is offered here is what the reader takes: see `stance.annotation.gathering`.
"""

import copy
import hashlib
import re
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from stance.annotation.registry import Actor, ActorRegistry, Target, TargetRegistry
from stance.errors import ConfigurationError, DataError
from stance.labels import MAIN, LabelSet

LABELS = Path(__file__).parents[2] / "labels"
TEMPLATE = LABELS / "labelling_template.xml"
GUIDELINES = LABELS / "guidelines.md"

_VERSION = re.compile(r"\*\*الإصدار (\S+) · Version (\S+)\*\*")
# What the template leaves over, of the keys that Label Studio gives no meaning of its own while a text is labelled.
_SPAN_KEYS = "345wertasdfg"
_TEXT_KEYS = "123456789"
_SEPARATOR = " · "
_WORD = re.compile(r"\{\w+\}")
# Of XML 1.0, which Label Studio reads; registries may hold any character.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Screen:
    """What an annotator can choose. `actors` None: their names are typed; `targets` None: only the task's own.

    `whole_texts` asks for one stance of each text's author, with no spans. `guidelines` is their version.
    """

    label_set: LabelSet
    actors: ActorRegistry | None
    targets: TargetRegistry | None
    guidelines: str
    whole_texts: bool = False

    @property
    def language(self) -> str:
        """The language of what is labelled: Arabic, unless the targets are worded in others only."""
        worded = [target.wording for target in self.offered]
        if not worded or any("ar" in wording for wording in worded):
            return "ar"
        return next(iter(worded[0]))

    @property
    def offered(self) -> tuple[Target, ...]:
        """The targets of the actors' world; all of them where the actors have no list."""
        if self.targets is None:
            return ()
        if self.actors is None:
            return self.targets.targets
        return tuple(target for target in self.targets.targets if target.world == self.actors.world)

    def configuration(self) -> str:
        """The XML for Label Studio; raises ConfigurationError for a set or registry that the screen cannot show."""
        root = _template()
        _keep(root, self._features())
        _write_words(root, {"{version}": self.guidelines})
        stances = _named(root, "stance")
        stances[:] = _stance_choices(self, stances)
        shown = {choice.attrib["alias"]: choice.attrib["value"].partition(_SEPARATOR)[0] for choice in stances}
        _repeat(root, [_words_of(target, self.language, shown) for target in self.offered])
        if not self.whole_texts:
            if self.actors is not None:
                _fill_actors(_named(root, "actor"), self.actors, self.language)
            if self.offered:
                _named(root, "target").extend(_target_choice(target, self.language) for target in self.offered)
        ET.indent(root)
        about = f"Made by `stance label init`: label set {self.label_set.id}, guidelines {self.guidelines}"
        return f"<!-- {about} -->\n{ET.tostring(root, encoding='unicode')}\n"

    def _features(self) -> set[str]:
        return {
            self.label_set.id,
            "texts" if self.whole_texts else "spans",
            "unlisted" if self.actors is None else "listed",
            *(["targets"] if self.offered else []),
            *(["ltr"] if self.language not in ("ar", "fa", "he", "ur") else []),
        }


def guideline_version(path: str | Path = GUIDELINES) -> str:
    """The version that the guidelines give of themselves; raises DataError where they give none, or two."""
    try:
        found = _VERSION.search(Path(path).read_text("utf-8"))
    except OSError as error:
        raise DataError(f"{path}: expected the annotation guidelines, found none ({error.strerror}).") from None
    if found is None or found[1] != found[2]:
        said = "none" if found is None else f"{found[1]} and {found[2]}"
        raise DataError(f"{path}: expected one version in the line **الإصدار N · Version N**, found {said}. Mend it.")
    return found[1]


def digest(configuration: str) -> str:
    """A short hash of what a configuration says, whatever its white space, its comments and order of attributes."""
    return hashlib.sha256(repr(_canonical(ET.fromstring(configuration))).encode()).hexdigest()[:12]


def actor_path(actor: Actor) -> list[str]:
    """An actor as Label Studio's taxonomy stores it; a prediction that gives less is not shown."""
    return [actor.kind.value, actor.id]


def _canonical(element: ET.Element) -> tuple[object, ...]:
    said = " ".join((element.text or "").split())
    inner = tuple(_canonical(child) for child in element if isinstance(child.tag, str))
    return element.tag, tuple(sorted(element.attrib.items())), said, inner


def _template() -> ET.Element:
    try:
        return ET.parse(TEMPLATE).getroot()
    except (OSError, ET.ParseError) as error:
        raise ConfigurationError(
            f"{TEMPLATE}: expected the labelling configuration's template, found {error}."
        ) from None


def _keep(parent: ET.Element, features: set[str]) -> None:
    """Remove every element that is only for what `features` does not hold."""
    for child in list(parent):
        if set(child.attrib.pop("only", "").split()) <= features:
            _keep(child, features)
        else:
            parent.remove(child)


def _repeat(parent: ET.Element, each: list[dict[str, str]]) -> None:
    """Put copies of an element that stands for every target in its place, each with the words of one."""
    for place, child in reversed(list(enumerate(parent))):
        if child.attrib.pop("each", None) is None:
            _repeat(child, each)
            continue
        parent.remove(child)
        for words in reversed(each):
            filled = copy.deepcopy(child)
            _write_words(filled, words)
            parent.insert(place, filled)


def _words_of(target: Target, language: str, stances: dict[str, str]) -> dict[str, str]:
    """What the legend says of a target; `stances` are the classes as they are shown."""
    poles = [f"{stances.get(side, side)}: {_in_language(texts, language)}" for side, texts in target.poles.items()]
    wording = _in_language(target.wording, language)
    return {"{wording}": _said(wording), "{id}": target.id, "{poles}": _said(_SEPARATOR.join(poles))}


def _named(root: ET.Element, name: str) -> ET.Element:
    found = [element for element in root.iter() if element.get("name") == name]
    if len(found) != 1:
        raise ConfigurationError(f"{TEMPLATE}: expected one element named {name!r}, found {len(found)}.")
    return found[0]


def _stance_choices(screen: Screen, worded: ET.Element) -> list[ET.Element]:
    """The classes that can be chosen, in the set's order; hints of the template speak of the main set only."""
    words = {choice.attrib["alias"]: choice.attrib for choice in worded}
    names = screen.label_set.classes if screen.whole_texts else screen.label_set.sides
    keys = _TEXT_KEYS if screen.whole_texts else _SPAN_KEYS
    if len(names) > len(keys):
        raise ConfigurationError(f"Expected at most {len(keys)} stances to choose from, found {len(names)}.")
    choices = []
    for name, key in zip(names, keys, strict=False):
        shown = dict(words.get(name, {"value": _said(name), "alias": name}))
        if screen.label_set != MAIN:
            shown.pop("hint", None)
        choices.append(ET.Element("Choice", {**shown, "hotkey": key}))
    return choices


def _fill_actors(control: ET.Element, actors: ActorRegistry, language: str) -> None:
    headings = {heading.attrib["alias"]: heading for heading in control}
    for actor in actors.actors:
        if actor.kind.value not in headings:
            raise ConfigurationError(
                f"{TEMPLATE}: expected a heading for actors of kind {actor.kind.value}, found none."
            )
        headings[actor.kind.value].append(ET.Element("Choice", {"value": _shown(actor, language), "alias": actor.id}))
    for heading in list(control):
        if len(heading):
            _tell_apart(heading)
        else:
            control.remove(heading)


def _shown(actor: Actor, language: str) -> str:
    """An actor's name and behind it all that an annotator may search it by, each once."""
    first = _in_language(actor.name, language)
    others = [*actor.short, *actor.if_acting, *actor.names, *actor.name.values()]
    kept = [first]
    # The longest first: who types a shorter name finds it in the longer.
    for name in sorted(dict.fromkeys(others), key=len, reverse=True):
        if not any(name in longer for longer in kept):
            kept.append(name)
    return _said(_SEPARATOR.join([first, *(name for name in dict.fromkeys(others) if name in kept[1:])]))


def _tell_apart(heading: ET.Element) -> None:
    """Label Studio drops a choice that looks like a sibling: add the id where two do."""
    seen = Counter(choice.attrib["value"] for choice in heading)
    for choice in heading:
        if seen[choice.attrib["value"]] > 1:
            choice.attrib["value"] += f"{_SEPARATOR}{choice.attrib['alias']}"


def _target_choice(target: Target, language: str) -> ET.Element:
    first = _in_language(target.wording, language)
    others = [text for text in target.wording.values() if text != first]
    hint = {"hint": _said(_SEPARATOR.join(others))} if others else {}
    return ET.Element("Choice", {"value": _said(first), "alias": target.id, **hint})


def _in_language(texts: dict[str, str], language: str) -> str:
    return texts.get(language) or texts.get("en") or next(iter(texts.values()))


def _said(text: str) -> str:
    """`text` as Label Studio shows it: without what XML cannot hold, and with no $ taken for a field of the task."""
    return _NOT_XML.sub("\ufffd", text).replace("$", "$\u2060")


def _write_words(element: ET.Element, words: dict[str, str]) -> None:
    """Put `words` in place of their names in all attributes."""
    for part in element.iter():
        for name, value in part.attrib.items():
            part.attrib[name] = _WORD.sub(lambda found: words.get(found[0], found[0]), value)
