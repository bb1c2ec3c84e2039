"""Small stand-ins that need no download: an encoder that trains in seconds, and a data set it can learn."""

import json
import random
import shutil
from collections.abc import Iterable
from pathlib import Path

from stance.annotation.records import Annotation, Document, Mention, Statement
from stance.annotation.registry import Target, TargetRegistry
from stance.annotation.writer import write_export

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
SIDES = {"favor": "تؤيد بقاء", "against": "ترفض بقاء", "ambivalent": "تدرس أمر"}
ACTORS = {"gov": "الحكومة", "party": "الحزب", "army": "الجيش", "tribe": "العشيرة", "union": "النقابة"}
FILLER = ("في", "اليوم", "الأول", "من", "الأسبوع", "بعد", "اجتماع", "طويل", "حضره", "عدد", "قرب", "السوق", "القديم")
TARGETS = TargetRegistry(
    (Target("t1", {"ar": "وجود القوات"}, {"favor": {"ar": "يريد البقاء"}, "against": {"ar": "يريد الخروج"}}),)
)


def tiny_encoder(folder: Path, texts: Iterable[str], *, layers: int = 2) -> Path:
    """A transformers folder with random weights: hidden size 32, a word-level tokenizer made from `texts`."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers.models.bert.modeling_bert import BertConfig, BertModel

    words = sorted({word for text in texts for word, _ in pre_tokenizers.Whitespace().pre_tokenize_str(text)})
    vocabulary = {word: number for number, word in enumerate([*SPECIAL, *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=512,
        pad_token_id=1,
    )
    folder.mkdir(parents=True, exist_ok=True)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def documents(count: int = 24, seed: int = 0) -> list[Document]:
    """Articles of four sentences in which two actors show a stance and one shows none; the words tell which."""
    chance = random.Random(seed)
    return [_document(number, chance) for number in range(count)]


def _document(number: int, chance: random.Random) -> Document:
    chosen = chance.sample(sorted(ACTORS), 3)
    text, mentions, statements = "", [], []
    for place, actor in enumerate([*chosen, None]):
        stance = chance.choice(sorted(SIDES)) if place < 2 else None
        filler = " ".join(chance.sample(FILLER, 9)) + f" رقم{number}"
        named = f"{ACTORS[actor]} " if actor else ""
        said = f"{SIDES[stance]} القوات " if stance else ""
        start = len(text)
        text += f"{named}{said}{filler}.\n"
        if actor:
            mentions.append(Mention(f"m{place}", start, start + len(ACTORS[actor]), actor))
        if actor and stance:
            end = start + len(named) + len(said) - 1
            statements.append(Statement(f"s{place}", start, end, actor, stance, mention=f"m{place}"))
    annotation = Annotation(f"a{number}", "one", tuple(mentions), tuple(statements))
    return Document(
        document_id=f"d{number}",
        task_id=str(number),
        text=text,
        annotations=(annotation,),
        target="t1",
        language="ar",
        published=f"2033-01-{number % 28 + 1:02d}",
        source=f"outlet-{number % 4}",
        page=f"d{number}",
    )


def write_registries(folder: Path) -> tuple[Path, Path]:
    """The doubles' actors.yaml and targets.yaml (JSON is YAML)."""
    actors = {"actors": [{"id": name, "kind": "party", "name": {"ar": word}} for name, word in ACTORS.items()]}
    targets = {
        "targets": [{"id": target.id, "wording": target.wording, "poles": target.poles} for target in TARGETS.targets]
    }
    paths = folder / "actors.yaml", folder / "targets.yaml"
    for path, content in zip(paths, (actors, targets), strict=True):
        path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return paths


def data_overrides(folder: Path, count: int = 24) -> list[str]:
    """What puts `count` invented articles, written to `folder`, in place of the project's own in `stance train`."""
    actors, targets = write_registries(folder)
    write_export(folder / "export.json", documents(count))
    return [
        f"data.export={folder / 'export.json'}",
        f"data.actors={actors}",
        f"target.registry={targets}",
        "data.label_set=stance",
    ]


def encoder_overrides(folder: Path, count: int = 24) -> list[str]:
    """What puts a tiny encoder, written to `folder`, in place of the bundled one: it knows those articles' words."""
    texts = [document.text for document in documents(count)] + [TARGETS.describe("t1", "ar")]
    encoder = [
        f"encoder.name={tiny_encoder(folder / 'encoder', texts)}",
        "encoder.layers=null",
        "encoder.frozen_layers=1",
    ]
    return [*encoder, "data.max_tokens=96"]


def as_another_process_finds_it(cache: Path) -> Path:
    """A copy of a cache folder, of which this process has nothing in memory yet."""
    return Path(shutil.copytree(cache, cache.with_name(f"{cache.name}-copied")))
