import subprocess
from pathlib import Path

import pytest

from stance.tracking import code_version as versions
from stance.tracking.masking import is_secret, mask_text
from stance.tracking.names import differing, flatten


def test_only_what_differs_from_the_defaults():
    defaults = {"seed": 0, "model": {"lr": 0.1, "sizes": [1, 2], "old": 1}, "flag": True, "hub": {"token": None}}
    resolved = {"seed": 0, "model": {"lr": 0.2, "sizes": [1, 3], "name": "ش"}, "flag": 1, "hub": {"token": "abc"}}
    assert differing(resolved, defaults) == {
        "model.lr": "0.2",
        "model.sizes": "[1, 3]",
        "model.name": "ش",
        "flag": "1",
        "hub.token": "***",
    }
    assert differing(defaults, defaults) == {}


def test_leaves_by_path():
    assert flatten({"a": {"b": {"c": 1}}, "d": {}, "p": Path("x/y")}) == {"a.b.c": 1, "d": {}, "p": "x/y"}


@pytest.mark.parametrize("key", ["token", "hub.token", "api_key", "apiKey", "HF_TOKEN", "password", "client-secret"])
def test_keys_of_secrets(key):
    assert is_secret(key)


@pytest.mark.parametrize("key", ["tokenizer", "max_tokens", "trainer.token_budget", "monkey", "keyboard", "model.name"])
def test_keys_of_no_secrets(key):
    assert not is_secret(key)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("at https://a:b@host/x", "at https://***@host/x"),
        ("GET /?api_key=abc&n=1", "GET /?api_key=***&n=1"),
        ("Authorization: Bearer abc.def end", "Authorization: Bearer *** end"),
        ('{"password": "abc"}', '{"password": "***"}'),
    ],
)
def test_messages_lose_their_secrets(text, masked):
    assert mask_text(text) == masked


@pytest.fixture
def package(tmp_path, monkeypatch):
    (tmp_path / "inner").mkdir()
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "inner" / "a.py").write_text("a = 1\n")
    monkeypatch.setattr(versions, "PACKAGE", tmp_path)
    return tmp_path


def test_the_code_version_follows_names_and_contents(package):
    def version():
        return versions.code_version.__wrapped__()

    first = version()
    assert len(first) == 12
    (package / "notes.txt").write_text("not code")
    assert version() == first
    (package / "inner" / "a.py").write_text("a = 2\n")
    second = version()
    (package / "inner" / "a.py").rename(package / "inner" / "b.py")
    assert len({first, second, version()}) == 3


@pytest.mark.usefixtures("package")
def test_no_commit_where_git_does_not_hold_the_package():
    assert versions.git_commit.__wrapped__() == (None, False)


def test_the_commit_and_whether_it_is_dirty(package):
    def git(*arguments):
        who = ("-c", "user.name=a", "-c", "user.email=a@b")
        return subprocess.run(["git", *who, *arguments], cwd=package, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    git("add", "__init__.py")
    git("commit", "-qm", "first")
    commit = git("rev-parse", "HEAD").strip()
    assert versions.git_commit.__wrapped__() == (commit, True)
    git("add", ".")
    git("commit", "-qm", "second")
    commit = git("rev-parse", "HEAD").strip()
    assert versions.git_commit.__wrapped__() == (commit, False)
