import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from stance.commands.space import EXAMPLE, read_space, shown_axis, split_line
from stance.errors import ConfigurationError
from stance.tracking.study import Choices, Interval


def space(*line, **params):
    return read_space(params, *split_line(line))


def refused(*line, **params):
    with pytest.raises(ConfigurationError) as caught:
        space(*line, **params)
    return str(caught.value)


def test_a_line_is_parted_into_what_is_fixed_and_what_is_swept():
    fixed, swept = split_line(["model=majority", "seed=0,1", "hydra/launcher=joblib", "a=interval(0,1)", "b=[1,2]"])
    assert fixed == ["model=majority", "hydra/launcher=joblib", "b=[1,2]"]
    assert swept == ["seed=0,1", "a=interval(0,1)"]


@pytest.mark.parametrize(
    ("override", "axis"),
    [
        ("a=0.1,1,10", Choices((0.1, 1, 10))),
        ("a=choice(max,mean)", Choices(("max", "mean"))),
        ("a=true,false", Choices((True, False))),
        ("a=null,1", Choices((None, 1))),
        ("a=range(0,3)", Choices((0, 1, 2))),
        ("a=range(0,1,0.5)", Choices((0.0, 0.5))),
        ("a=1,1,2", Choices((1, 2))),
        ("a=[1,2],[3]", Choices(("[1,2]", "[3]"))),
        ("a='x y','z'", Choices(("x y", "z"))),
        ("a=interval(0.01,100)", Interval(0.01, 100)),
        ("a=tag(log,interval(0.01,100))", Interval(0.01, 100, log=True)),
        ("a=tag(int,log,interval(1,64))", Interval(1, 64, log=True, whole=True)),
    ],
)
def test_axes_are_read_in_hydras_grammar(override, axis):
    found = space(override).axes["a"]
    assert found == axis
    if isinstance(axis, Choices):
        assert [type(value) for value in found.values] == [type(value) for value in axis.values]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("a='b, c',other", "b, c"),
        ("a=choice('b, c',other)", "b, c"),
        ('a=choice("it\'s",other)', "it's"),
        ("a=choice('true','1')", "true"),
        ("a='1',2", "1"),
        ("a='=1+1',other", "=1+1"),
        ("a=null,other", None),
        ("a=1e-05,1", 1e-5),
        ("a=true,false", True),
    ],
)
def test_what_a_trial_is_given_reads_back_as_the_choice(line, value):
    found = space(line)
    assert found.axes["a"].values[0] == value
    (override,) = found.overrides({"a": value})
    parsed = OverridesParser.create().parse_override(override).value()
    assert (parsed, type(parsed)) == (value, type(value))


def test_numbers_of_an_interval_are_written_whole_and_exactly():
    found = space("a=interval(0,1)", "b=tag(int,interval(1,9))")
    assert found.overrides({"a": 0.1 + 0.2, "b": 7}) == ["a=0.30000000000000004", "b=7"]
    assert found.first() == ["a=0.0", "b=1"]
    assert found.ends("b") == ["b=1", "b=9"]


def test_the_line_goes_before_the_configured_parameters():
    configured = {"seed": "0,1", "C": "0.1,1", "balanced": "true,false"}
    found = space("C=5,6", "seed=3", **configured)
    assert found.axes == {"balanced": Choices((True, False)), "C": Choices((5, 6))}


def test_an_axis_is_shown_as_the_line_would_take_it():
    for override in ("a=0.1,1", "a=max,mean", "a=tag(int,log,interval(1,64))", "a=interval(0.01,100)"):
        found = space(override)
        assert shown_axis("a", found.axes["a"], found.texts["a"]) == override


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("a=interval(3,1)", "Expected an interval from less to more, found a=interval(3,1)."),
        (
            "a=tag(log,interval(0,1))",
            "Expected an interval from less to more, above 0 for log, found a=tag(log,interval(0,1)).",
        ),
        (
            "a=tag(int,interval(0.5,3))",
            "Expected an interval from less to more, in whole numbers for int, found a=tag(int,interval(0.5,3)).",
        ),
        ("a=tag(cubic,interval(0,1))", "Expected the tags int or log, found a=tag(cubic,interval(0,1))."),
        ("a=range(3,0)", "Expected several values for a, found none in a=range(3,0)."),
        ("hydra/launcher=joblib,ray", "Expected one value for Hydra's own settings, found several in "
                                      "hydra/launcher=joblib,ray."),
        ("seed=1", f"Expected something to sweep, found none. For example: {EXAMPLE}"),
    ],
)  # fmt: skip
def test_axes_that_cannot_be_searched_are_refused(override, message):
    assert refused(override) == message


def test_all_that_is_wrong_is_said_at_once():
    assert refused("a=interval(3,1)", "b=range(3,0)", c="3").splitlines() == [
        "Expected several values for c, found c=3.",
        "Expected an interval from less to more, found a=interval(3,1).",
        "Expected several values for b, found none in b=range(3,0).",
    ]


def test_what_is_no_override_is_refused_on_one_line():
    assert len(refused("a=[1,2").splitlines()) == 1
