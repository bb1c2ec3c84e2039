"""`stance predict --actors-only` and `stance label actors`, as a user runs them."""

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from stance.__main__ import main
from stance.models.tagger import ActorTagger, TaggerPlan
from stance.settings import DataSettings, EncoderSettings, TaggerSettings, TrainerSettings
from tests.doubles import documents, tiny_encoder

REGISTRY = "labels/corpus/actors.yaml"
PAGE = """حكومة خلدونيا تطلب موعدا لخروج القوات
12 أيار 2031
قالت حكومة خلدونيا إنها تطلب من فالوريا موعدا مكتوبا لخروج قواتها، وإنها لن توقع قبله شيئا.
اقرأ أيضا: خبر لا صلة له بهذا
ورد الجنرال هوغو ستال بأن بعثة العزم باقية ما بقي الاتفاق، وقال ستال إن الموعد شأن الحكومات.
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.txt"
    path.write_text(PAGE.replace("\n", "\r\n"), "utf-8", newline="")
    return path


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_page_gives_its_articles_with_actors_right_to_the_character(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "--actors-only", "--json", "--actors", REGISTRY, str(page)]) == 0
    (article,) = lines(capsys)
    given = page.read_bytes().decode("utf-8")
    assert (article["title"], article["published"]) == ("حكومة خلدونيا تطلب موعدا لخروج القوات", "2031-05-12")
    assert "اقرأ أيضا" not in article["text"]
    assert {entry["actor"] for entry in article["actors"]} >= {"khaldunia.government", "valoria.mission_command"}
    for mention in article["mentions"]:
        start, end = mention["in_page"]
        assert given[start:end] == mention["text"] == article["text"][mention["start"] : mention["end"]]
        assert mention["why"]


def test_what_is_shown_holds_names_and_reasons(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--actors-only", "--actors", REGISTRY, str(page)]) == 0
    shown = capsys.readouterr().out
    assert "2031-05-12" in shown
    assert "khaldunia.government" in shown
    assert "full name" in shown


def test_standard_input_is_a_page_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(PAGE.encode())))
    assert main(["predict", "--actors-only", "--json", "--actors", REGISTRY, "-"]) == 0
    assert len(lines(capsys)) == 1


def test_what_is_no_page_is_said_and_the_rest_done(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = page.with_name("broken.txt")
    broken.write_bytes(b"\x00\x01\x02" * 100)
    assert main(["predict", "--actors-only", "--json", "--actors", REGISTRY, str(broken), str(page)]) == 1
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 1
    assert printed.err.startswith("stance: passed over: ")
    assert str(broken) in printed.err


def test_a_day_that_is_none_is_refused(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["predict", "--actors-only", "--seen", "yesterday", str(page)])
    assert "expected a day such as 2031-05-02, found 'yesterday'" in capsys.readouterr().err


def test_names_in_no_registry_are_offered_for_it(
    tmp_path: Path, page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = documents(8)
    encoder = tiny_encoder(tmp_path / "encoder", [one.text for one in shown])
    plan = TaggerPlan(
        TaggerSettings(dropout=0.0),
        EncoderSettings(name=str(encoder), frozen_layers=1),
        DataSettings(max_tokens=96),
        TrainerSettings(max_epochs=25, token_budget=256, learning_rate=5e-3, progress=False, patience=25),
    )
    tagger = ActorTagger(plan)
    tagger.fit(shown, shown)
    tagger.save(tmp_path / "tagger")
    # Articles of another world: none of its names is in the registry.
    page.write_text(shown[0].text, "utf-8")
    out = tmp_path / "new.yaml"
    asked = ["label", "actors", str(page), "--tagger", str(tmp_path / "tagger"), "--actors", REGISTRY]
    assert main([*asked, "--out", str(out)]) == 0
    offered = yaml.safe_load(out.read_text("utf-8"))["actors"]
    known = {shown[0].text[m.start : m.end] for m in shown[0].completed[0].mentions}
    assert {entry["name"]["ar"] for entry in offered} & known
    assert f"{len(offered)} names that the registry does not hold." in capsys.readouterr().out
    assert main([*asked, "--out", str(out)]) == 2
    assert "expected a new file for the names found" in capsys.readouterr().err
