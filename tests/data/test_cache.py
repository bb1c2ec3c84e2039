import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from stance.data.cache import Cache, current, kept, key_of, remembered, sharing, sources
from stance.data.cache_files import Arrays
from stance.errors import ConfigurationError

PLENTY = 1 << 30
DTYPES = st.sampled_from(["float64", "float32", "int64", "int32", "int16", "uint8", "bool"])
ARRAYS = DTYPES.flatmap(lambda dtype: arrays_of.arrays(dtype, arrays_of.array_shapes(min_dims=0, min_side=0)))


def numbers(count: int = 4, start: int = 0) -> Callable[[], Arrays]:
    return lambda: {"numbers": np.arange(start, start + count, dtype=np.int64)}


def never() -> Arrays:
    raise AssertionError("computed though it was there")


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.safetensors"))


def python(code: str, *arguments: object) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_nothing_is_kept_outside_sharing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path))
    calls: list[int] = []
    for _ in range(2):
        kept("kind", [1], lambda: calls.append(1) or numbers()())
        remembered("kind", [1], lambda: calls.append(1))
    assert (len(calls), list(tmp_path.iterdir()), current()) == (4, [], None)


def test_sharing_keeps_in_the_cache_folder_and_ends_with_its_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path))
    with sharing():
        first = kept("kind", ["a", 1, [2.5, None]], numbers())
        assert kept("kind", ["a", 1, [2.5, None]], never) is first
        other = kept("kind", ["a", 1, [2.5, 0]], numbers(start=9))
        assert kept("another", ["a", 1, [2.5, None]], numbers(start=3))["numbers"][0] == 3
    assert current() is None
    assert other["numbers"].tolist() == [9, 10, 11, 12]
    assert {path.relative_to(tmp_path).parts[:2] for path in files(tmp_path)} == {
        ("derived", "kind"),
        ("derived", "another"),
    }


@given(arrays=st.dictionaries(st.text(min_size=1).filter(lambda name: name != "__metadata__"), ARRAYS, max_size=3))
def test_another_process_reads_the_same_bits(arrays: dict[str, np.ndarray], tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("cache")
    made = Cache(folder, PLENTY).arrays("kind", "ab", lambda: arrays)
    read = Cache(folder, PLENTY).arrays("kind", "ab", never)
    for name, array in arrays.items():
        for found in (made[name], read[name]):
            assert (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_arrays_that_do_not_lie_in_order_are_kept_as_they_read(tmp_path: Path) -> None:
    table = np.arange(6, dtype=np.int16).reshape(2, 3)
    made = {"turned": table.T, "reversed": table[:, ::-1], "fortran": np.asfortranarray(table)}
    Cache(tmp_path, PLENTY).arrays("kind", "ab", lambda: made)
    read = Cache(tmp_path, PLENTY).arrays("kind", "ab", never)
    assert {name: array.tolist() for name, array in read.items()} == {
        "turned": [[0, 3], [1, 4], [2, 5]],
        "reversed": [[2, 1, 0], [5, 4, 3]],
        "fortran": [[0, 1, 2], [3, 4, 5]],
    }


@pytest.mark.parametrize("warm", [False, True])
def test_what_is_shared_cannot_be_changed(tmp_path: Path, warm: bool) -> None:
    own = np.zeros(3)
    found = Cache(tmp_path, PLENTY).arrays("kind", "ab", lambda: {"own": own})
    if warm:
        found = Cache(tmp_path, PLENTY).arrays("kind", "ab", never)
    with pytest.raises(ValueError, match="read-only"):
        found["own"][0] = 1
    own[0] = 1  # whoever made it may go on


@given(cut=st.integers(0, 2_000), flip=st.integers(0, 2_000), truncated=st.booleans())
def test_a_broken_entry_is_said_deleted_and_made_again(cut: int, flip: int, truncated: bool, tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("cache")
    Cache(folder, PLENTY).arrays("kind", "ab", numbers(50))
    (path,) = files(folder)
    whole = path.read_bytes()
    cut, flip = cut % len(whole), flip % len(whole)
    damaged = whole[:cut] if truncated else whole[:flip] + bytes([whole[flip] ^ 1]) + whole[flip + 1 :]
    path.write_bytes(damaged)
    found = Cache(folder, PLENTY).arrays("kind", "ab", numbers(50))
    assert found["numbers"].tolist() == list(range(50))
    assert path.read_bytes() == whole


def test_a_broken_entry_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Cache(tmp_path, PLENTY).arrays("kind", "ab", numbers())
    (path,) = files(tmp_path)
    path.write_bytes(b"")
    Cache(tmp_path, PLENTY).arrays("kind", "ab", numbers())
    assert [record.getMessage() for record in caplog.records] == [f"{path} is broken; it is deleted and made again."]


def test_an_error_while_computing_is_the_callers_and_leaves_nothing(tmp_path: Path) -> None:
    cache = Cache(tmp_path, PLENTY)
    for _ in range(2):  # the second would wait for a lock that was left
        with pytest.raises(AssertionError, match="computed though"):
            cache.arrays("kind", "ab", never)
    assert files(tmp_path) == []
    assert cache.arrays("kind", "ab", numbers())["numbers"][0] == 0


COUNTING = """
import sys, time, json
from pathlib import Path
import numpy as np
from stance.data.cache import kept, sharing
folder, log, start = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
def compute(name):
    with log.open("a") as file:
        file.write(f"{name}\\n")
    time.sleep(0.2)
    return {"value": np.full(3, name, dtype=np.int64)}
with sharing(folder):
    time.sleep(max(0, start - time.time()))
    print(json.dumps([kept("kind", [n], lambda: compute(n))["value"].tolist() for n in range(3)]))
"""


def test_processes_that_ask_at_once_compute_once_and_all_get_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    racing = [python(COUNTING, tmp_path / "cache", log, time.time() + 3) for _ in range(3)]
    answers = [process.communicate() for process in racing]
    assert [json.loads(out) for out, _ in answers] == [[[0] * 3, [1] * 3, [2] * 3]] * 3, answers
    assert sorted(log.read_text().split()) == ["0", "1", "2"]


WRITING = """
import sys
from pathlib import Path
import numpy as np
from stance.data.cache import Cache
cache, number = Cache(Path(sys.argv[1]), 1 << 40, memory=0), 0
while True:
    cache.arrays("kind", f"{number % 256:02x}{number}", lambda: {"value": np.full(300_000, number)})
    number += 1
    if number == 3:
        print("going", flush=True)
"""


def test_a_process_killed_while_it_writes_leaves_whole_entries_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(3)
    for round_ in range(4):
        process = python(WRITING, tmp_path / str(round_))
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for path in files(tmp_path / str(round_)):
            number = int(path.stem[2:])
            found = Cache(tmp_path / str(round_), PLENTY).arrays("kind", path.stem, never)
            assert set(found["value"]) == {number}
        # The lock went with the process.
        Cache(tmp_path / str(round_), PLENTY).arrays("kind", "00new", numbers())
    assert len(files(tmp_path)) >= 4 * (3 + 1)
    assert caplog.records == []


def test_what_a_killed_process_left_is_removed_a_day_later(tmp_path: Path) -> None:
    (tmp_path / "kind").mkdir()
    old, fresh = tmp_path / "kind" / ".old.part", tmp_path / "kind" / ".fresh.part"
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 100_000,) * 2)
    Cache(tmp_path, PLENTY).arrays("kind", "ab", numbers())
    assert (old.exists(), fresh.exists()) == (False, True)


def test_a_folder_that_cannot_be_written_is_said_once_and_work_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    taken = tmp_path / "file"
    taken.write_text("in the way")
    cache = Cache(taken, PLENTY)
    assert [cache.arrays("kind", f"k{n}", numbers(start=n))["numbers"][0] for n in range(3)] == [0, 1, 2]
    (record,) = caplog.records
    assert record.getMessage().startswith(f"Nothing more is kept in {taken}, work goes on without: ")


FULL = """
import resource, sys
from pathlib import Path
import numpy as np
from stance.data.cache import Cache
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
cache = Cache(Path(sys.argv[1]), 1 << 30)
for count in (100, 5_000, 100, 5_000):
    assert len(cache.arrays("kind", f"{count}", lambda: {"value": np.zeros(count)}, in_memory=False)["value"]) == count
"""


def test_a_disk_that_fills_up_stops_nothing_and_keeps_no_half_file(tmp_path: Path) -> None:
    """A write that fails half-way, as on a full disk: here at 10,000 bytes."""
    process = python(FULL, tmp_path)
    _, said = process.communicate()
    assert process.returncode == 0, said
    assert said.count("Nothing more is kept in") == 1
    assert "File too large" in said
    assert [path.stem for path in files(tmp_path)] == ["100"]
    assert list(tmp_path.rglob("*.part")) == []


def test_a_folder_that_others_filled_can_be_read_though_not_written(tmp_path: Path) -> None:
    Cache(tmp_path, PLENTY).arrays("kind", "ab", numbers())
    cache = Cache(tmp_path, PLENTY)
    (tmp_path / "other").write_text("in the way of this kind's folder")
    cache.arrays("other", "cd", numbers())
    assert cache.arrays("kind", "ab", never)["numbers"].tolist() == [0, 1, 2, 3]


def test_the_least_recently_used_make_room(tmp_path: Path) -> None:
    one = numbers(100)
    Cache(tmp_path, PLENTY).arrays("kind", "size", one)
    size = files(tmp_path)[0].stat().st_size
    files(tmp_path)[0].unlink()
    limit = 5 * size + size // 2
    for age, name in enumerate(["a", "b", "c", "d", "e"]):
        Cache(tmp_path, limit).arrays("kind", name, one)
        os.utime(tmp_path / "kind" / name / f"{name}.safetensors", (1_000 + age,) * 2)
    Cache(tmp_path, limit).arrays("kind", "a", never)  # used again: now b is the oldest
    Cache(tmp_path, limit).arrays("kind", "f", one)
    assert {path.stem for path in files(tmp_path)} == {"a", "c", "d", "e", "f"}


@given(sizes=st.lists(st.integers(1, 400), min_size=1, max_size=30), limit=st.integers(1_000, 8_000))
def test_the_limit_is_kept_whatever_is_written(sizes: list[int], limit: int, tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("cache")
    cache = Cache(folder, limit)
    for number, size in enumerate(sizes):
        assert len(cache.arrays("kind", f"{number:02}", numbers(size))["numbers"]) == size
        assert sum(path.stat().st_size for path in files(folder)) <= limit


def test_memory_is_bounded_too(tmp_path: Path) -> None:
    calls = []
    cache = Cache(tmp_path, 0, memory=3 * 80)

    def ask(name: str) -> None:
        cache.arrays("kind", name, lambda: calls.append(name) or numbers(10)())

    for name in "abcacd":  # three fit; then b is the least recently used
        ask(name)
    for name in "acdb":
        ask(name)
    assert calls == ["a", "b", "c", "d", "b"]
    assert list(tmp_path.iterdir()) == []


def test_objects_are_remembered_by_the_process_as_many_as_asked(tmp_path: Path) -> None:
    made = []

    def ask(number: int) -> object:
        return remembered("kind", [number], lambda: made.append(number) or object(), most=2)

    with sharing(tmp_path):
        assert ask(1) is ask(1)
        for number in (2, 1, 3, 1, 2):
            ask(number)
    with sharing(tmp_path):
        ask(1)
    assert made == [1, 2, 3, 2]


@pytest.mark.parametrize("given_", ["much", "-1", "nan", "inf"])
def test_a_size_that_is_none_is_refused(given_: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANCE_CACHE_GB", given_)
    with pytest.raises(ConfigurationError) as caught, sharing(tmp_path):
        pass
    assert str(caught.value) == (
        f"Expected STANCE_CACHE_GB to be gigabytes, 0 for no files at all, found {given_!r}. "
        "Without it the limit is 10."
    )


def test_a_size_of_0_keeps_in_memory_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANCE_CACHE_GB", "0")
    with sharing(tmp_path):
        assert kept("kind", [1], numbers()) is kept("kind", [1], never)
    assert list(tmp_path.iterdir()) == []


def test_code_is_known_by_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "invented_one.py").write_text("A = 1\n")
    (tmp_path / "invented_two.py").write_text("B = 2\n")
    # By the definition: the names with the bytes of the files.
    assert sources("invented_one", "invented_two") == key_of(
        [["invented_one", b"A = 1\n"], ["invented_two", b"B = 2\n"]]
    )
    with pytest.raises(ValueError, match=r"^Expected a module with a source file, found 'invented_none'\.$"):
        sources("invented_none")
