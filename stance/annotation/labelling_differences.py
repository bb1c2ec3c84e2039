"""What an existing project's labelling configuration has otherwise than ours, in words.

Compared is what the XML says: white space, comments and the order of attributes count for nothing.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field

_SHOWN = 4
_LONG = 60  # characters
# What decides what an annotation can hold and how it is stored; everything else is looks.
_STORED = frozenset(
    {
        "choice",
        "granularity",
        "maxUsages",
        "perRegion",
        "required",
        "toName",
        "valueType",
        "visibleWhen",
        "whenLabelValue",
        "whenTagName",
    }
)
_OBJECT = frozenset({"Text"})


@dataclass(frozen=True)
class Difference:
    """One thing that is otherwise; `field` is the element's name in the configuration.

    `stored` tells what changes what annotations can hold from what only looks otherwise. `lost` are choices of theirs
    that ours lacks, `lacking` those of ours that theirs lacks; a whole element counts with None.
    """

    field: str
    words: str
    stored: bool = True
    lost: tuple[str | None, ...] = ()
    lacking: tuple[str | None, ...] = ()

    def __str__(self) -> str:
        return self.words


@dataclass
class _Element:
    """A named element; `choices` by what is stored: attributes, with the shown path in front."""

    tag: str
    attributes: dict[str, str]
    choices: dict[str, dict[str, str]] = field(default_factory=dict)


def differences(theirs: str, ours: str) -> list[str]:
    """What `theirs` has otherwise than `ours`, a line each; none where the two say the same."""
    return [difference.words for difference in compare(theirs, ours)]


def compare(theirs: str, ours: str) -> list[Difference]:
    """Like `differences`, with what each of them means."""
    try:
        their_root, our_root = ET.fromstring(theirs), ET.fromstring(ours)
    except ET.ParseError as error:
        return [Difference("", f"the configuration is no XML ({error})", lacking=(None,))]
    found, expected = _elements(their_root), _elements(our_root)
    listed = [*_missing(found, expected), *_added(found, expected)]
    for name in expected.keys() & found.keys():
        listed += _compared(name, found[name], expected[name])
    listed.sort(key=lambda difference: [*expected, *found].index(difference.field))
    return [*listed, *_looks(their_root, our_root)]


def _elements(root: ET.Element) -> dict[str, _Element]:
    """Everything that is labelled or labels, by name; relations under a name of their own."""
    found = {}
    for element in root.iter():
        name = element.get("name") or ("relations" if element.tag == "Relations" else None)
        if name is not None and isinstance(element.tag, str):
            attributes = {key: " ".join(value.split()) for key, value in element.attrib.items() if key != "name"}
            found[name] = _Element(element.tag, attributes, dict(_choices(element)))
    return found


def _choices(element: ET.Element, above: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    for choice in element:
        if choice.tag not in ("Choice", "Label", "Relation"):
            continue
        stored = choice.get("alias") or choice.get("value") or ""
        inner = list(_choices(choice, stored))
        if inner:
            yield from inner
        else:
            attributes = {key: value for key, value in choice.attrib.items() if key != "alias"}
            yield stored, {**attributes, **({"under": above} if above else {})}


def _missing(found: dict[str, _Element], expected: dict[str, _Element]) -> Iterator[Difference]:
    for name in expected.keys() - found.keys():
        yield Difference(name, f"{name}: {expected[name].tag} gone", lacking=(None,))


def _added(found: dict[str, _Element], expected: dict[str, _Element]) -> Iterator[Difference]:
    for name in found.keys() - expected.keys():
        # Of no harm to what we store or read, but the annotators' answers to it would go with it.
        yield Difference(name, f"{name}: {found[name].tag} added", stored=False, lost=(None,))


def _compared(name: str, found: _Element, expected: _Element) -> Iterator[Difference]:
    if found.tag != expected.tag:
        words = f"{name}: {found.tag} where {expected.tag} is expected"
        yield Difference(name, words, lost=(None,), lacking=(None,))
        return
    for key in sorted(found.attributes.keys() | expected.attributes.keys()):
        theirs, ours = found.attributes.get(key), expected.attributes.get(key)
        if theirs != ours:
            stored = key in _STORED or (key == "value" and found.tag in _OBJECT)
            yield Difference(name, f"{name}: {key} {_change(theirs, ours)}", stored=stored)
    gone = tuple(choice for choice in expected.choices if choice not in found.choices)
    if gone:
        yield Difference(name, f"{name}: {_listed(gone)} gone", lacking=gone)
    added = tuple(choice for choice in found.choices if choice not in expected.choices)
    if added:
        yield Difference(name, f"{name}: {_listed(added)} added", lost=added)
    yield from _changed_choices(name, found.choices, expected.choices)


def _changed_choices(
    name: str, found: dict[str, dict[str, str]], expected: dict[str, dict[str, str]]
) -> Iterator[Difference]:
    """Choices that both have: what is shown of them, their hotkeys, hints, colours and order."""
    both = [choice for choice in expected if choice in found]
    for key in sorted({key for choice in both for key in (*found[choice], *expected[choice])}):
        changed = {
            choice: (found[choice].get(key), expected[choice].get(key))
            for choice in both
            if found[choice].get(key) != expected[choice].get(key)
        }
        if changed:
            shown = [f"{choice} {_change(*values)}" for choice, values in list(changed.items())[:_SHOWN]]
            more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
            what = {"value": "wording", "under": "heading"}.get(key, key)
            yield Difference(name, f"{name}: {what} of {', '.join(shown)}{more}", stored=False)
    if [choice for choice in found if choice in expected] != both:
        yield Difference(name, f"{name}: choices in another order", stored=False)


def _looks(theirs: ET.Element, ours: ET.Element) -> Iterator[Difference]:
    """What stands around the elements: headers, styles, conditions of views."""
    found, expected = _shown_words(theirs), _shown_words(ours)
    gone = [words for words in expected if words not in found]
    added = [words for words in found if words not in expected]
    if gone or added:
        parts = [f"{len(gone)} gone ({_listed(gone)})"] if gone else []
        parts += [f"{len(added)} added ({_listed(added)})"] if added else []
        yield Difference("", f"headings: {', '.join(parts)}", stored=False)
    if not (gone or added) and _layout(theirs) != _layout(ours):
        yield Difference("", "layout or style: changed", stored=False)


def _shown_words(root: ET.Element) -> list[str]:
    return [element.get("value", "") for element in root.iter() if element.tag in ("Header", "Panel")]


def _layout(element: ET.Element) -> object:
    if not isinstance(element.tag, str) or element.get("name") or element.tag == "Relations":
        return None
    inner = [found for child in element if (found := _layout(child)) is not None]
    return element.tag, sorted(element.attrib.items()), "".join((element.text or "").split()), inner


def _change(theirs: str | None, ours: str | None) -> str:
    if theirs is None or ours is None:
        found = "missing" if theirs is None else repr(_bare(theirs))
        return f"is {found}, expected {'none' if ours is None else repr(_bare(ours))}"
    # Long ones begin alike: show them from where they part.
    apart = next((at for at, (one, other) in enumerate(zip(theirs, ours, strict=False)) if one != other), 0)
    skipped = max(0, apart - _LONG // 3) if max(len(theirs), len(ours)) > _LONG else 0
    dots = "…" if skipped else ""
    return f"is {_bare(dots + theirs[skipped:])!r}, expected {_bare(dots + ours[skipped:])!r}"


def _listed(names: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(_bare(name) for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


def _bare(name: str) -> str:
    return name if len(name) <= _LONG else f"{name[:_LONG]}…"
