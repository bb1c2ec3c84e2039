"""What a sweep searches, read from overrides in Hydra's grammar, and back to the overrides of one trial."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override, Quote, QuotedString
from hydra.errors import HydraException

from stance.errors import ConfigurationError
from stance.evaluation.trials import Value
from stance.tracking.study import Axis, Choices, Interval

EXAMPLE = "stance train -m model=tfidf_logreg model.C=0.1,1,10 seed=0,1"


@dataclass(frozen=True)
class Space:
    """The swept keys with what they may become, and how Hydra's grammar writes each choice."""

    axes: dict[str, Axis]
    texts: dict[str, tuple[str, ...]]

    def overrides(self, params: Mapping[str, Value]) -> list[str]:
        """The overrides that give a trial `params`, one value per axis."""
        return [f"{key}={self._text(key, value)}" for key, value in params.items()]

    def first(self) -> list[str]:
        """The overrides of some point of the space: first choices, lower ends."""
        axes = self.axes.items()
        return self.overrides({key: axis.values[0] if isinstance(axis, Choices) else axis.low for key, axis in axes})

    def ends(self, key: str) -> list[str]:
        """Each choice of an axis as an override, or the two ends of an interval."""
        axis = self.axes[key]
        if isinstance(axis, Choices):
            return [f"{key}={text}" for text in self.texts[key]]
        return [f"{key}={self._text(key, value)}" for value in (axis.low, axis.high)]

    def _text(self, key: str, value: Value) -> str:
        axis = self.axes[key]
        if isinstance(axis, Choices):
            return self.texts[key][axis.values.index(value)]
        return f"{value:.0f}" if axis.whole and isinstance(value, int | float) else repr(value)


def split_line(overrides: Sequence[str]) -> tuple[list[str], list[str]]:
    """The overrides that give one value, and those that give several to sweep; raises ConfigurationError."""
    parsed = _parse(overrides)
    swept = [override for override in parsed if override.is_sweep_override()]
    hydra = next((override for override in swept if override.is_hydra_override()), None)
    if hydra is not None:
        raise ConfigurationError(f"Expected one value for Hydra's own settings, found several in {hydra.input_line}.")
    return [str(one.input_line) for one in parsed if one not in swept], [str(one.input_line) for one in swept]


def read_space(params: Mapping[str, str], fixed: Iterable[str], swept: Sequence[str]) -> Space:
    """The space of the configured `params` and the `swept` overrides, which go first, as do `fixed` ones."""
    given = {override.get_key_element() for override in _parse([*fixed, *swept])}
    configured = [f"{key}={values}" for key, values in params.items() if key not in given]
    axes: dict[str, Axis] = {}
    texts: dict[str, tuple[str, ...]] = {}
    problems = []
    for override in _parse([*configured, *swept]):
        try:
            axes[override.get_key_element()], texts[override.get_key_element()] = _axis(override)
        except ConfigurationError as problem:
            problems.append(str(problem))
    if problems:
        raise ConfigurationError("\n".join(problems))
    if not axes:
        raise ConfigurationError(f"Expected something to sweep, found none. For example: {EXAMPLE}")
    return Space(axes, texts)


def shown_axis(key: str, axis: Axis, texts: Sequence[str]) -> str:
    """An axis on one line, as the command line would take it."""
    if isinstance(axis, Choices):
        return f"{key}={','.join(texts)}"
    tags = ",".join([*(["int"] if axis.whole else []), *(["log"] if axis.log else [])])
    interval = f"interval({axis.low:g},{axis.high:g})"
    return f"{key}=tag({tags},{interval})" if tags else f"{key}={interval}"


def _parse(overrides: Sequence[str]) -> list[Override]:
    try:
        return OverridesParser.create().parse_overrides(list(overrides))
    except HydraException as error:
        lines = [line.strip() for line in str(error).splitlines()[:2]]
        raise ConfigurationError(f"{'; '.join(lines).rstrip('.')}.") from None


def _axis(override: Override) -> tuple[Axis, tuple[str, ...]]:
    key, value = override.get_key_element(), override.value()
    if isinstance(value, IntervalSweep):
        return _interval(override, value), ()
    if not override.is_discrete_sweep():
        raise ConfigurationError(f"Expected several values for {key}, found {override.input_line}.")
    try:
        elements = zip(override.sweep_iterator(), override.sweep_string_iterator(), strict=True)
        texts = tuple(dict.fromkeys(_quoted(element, text) for element, text in elements))
    except HydraException as error:
        raise ConfigurationError(f"Expected values that can be listed, found {override.input_line}: {error}.") from None
    if not texts:
        raise ConfigurationError(f"Expected several values for {key}, found none in {override.input_line}.")
    return Choices(tuple(_value(text) for text in texts)), texts


def _quoted(element: object, text: str) -> str:
    """`text` where it reads back as `element`; in functions Hydra drops the quotes that a text needs."""
    if not isinstance(element, str):
        return text
    try:
        same = _value(text) == element
    except HydraException:
        same = False
    return text if same else QuotedString(element, Quote.single).with_quotes()


def _interval(override: Override, found: IntervalSweep) -> Interval:
    low, high = (float(end) for end in (found.start, found.end) if end is not None)
    tags = set(found.tags)
    whole = "int" in tags
    if tags - {"int", "log"}:
        raise ConfigurationError(f"Expected the tags int or log, found {override.input_line}.")
    if not low < high or ("log" in tags and low <= 0) or (whole and (low % 1 or high % 1)):
        raise ConfigurationError(
            f"Expected an interval from less to more{', above 0 for log' if 'log' in tags else ''}"
            f"{', in whole numbers for int' if whole else ''}, found {override.input_line}."
        )
    return Interval(low, high, log="log" in tags, whole=whole)


def _value(text: str) -> Value:
    """The value that an override text stands for; lists and dictionaries stay the texts that they are."""
    value = OverridesParser.create().parse_override(f"key={text}").value()
    return value if value is None or isinstance(value, bool | int | float | str) else text
