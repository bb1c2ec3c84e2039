"""Schemas of every configuration group. A key that is not here fails when the configuration is composed."""

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING


@dataclass
class DataSettings:
    """What to learn from. `export` is a Label Studio JSON export, `label_set` one of stance.labels.LABEL_SETS.

    `actors` names the registry that mentions are checked against (None: any actor id is taken). A window holds
    `max_tokens` tokens, some two sentences of news beside what stands in front, and shares `overlap` sentences with
    the one before: in longer ones the encoder's states tell single sentences apart less well. Of a text, `nearest`
    windows are read, those nearest to the target's wording (None: all). `strict` refuses an export with any problem.
    """

    export: str = MISSING
    label_set: str = "stance"
    actors: str | None = None
    max_tokens: int = 128
    overlap: int = 1
    nearest: int | None = None
    strict: bool = False


@dataclass
class TargetSettings:
    """What the stances are about: a registry file, and the ids to keep (None: all)."""

    registry: str = MISSING
    only: list[str] | None = None


@dataclass
class SourceSettings:
    """Another data set to learn from: an epoch has `share` of its batches to each main one, none twice."""

    data: DataSettings = field(default_factory=DataSettings)
    target: TargetSettings = field(default_factory=TargetSettings)
    share: float = 1.0


@dataclass
class SplitSettings:
    """How examples are parted. `folds` and `repeats` are for strategies with folds, the shares for those with one.

    `release_share` of the clusters of documents are in no fold: they judge a model once, when it is promoted. Under
    `unseen_target` targets with at least `tested_from` examples have a fold each.
    """

    strategy: str = "cv"
    folds: int = 5
    repeats: int = 1
    test_share: float = 0.2
    validation_share: float = 0.15
    release_share: float = 0.0
    tested_from: int = 300


@dataclass
class ModelSettings:
    """A model, by name; each model adds its own settings."""

    name: str = MISSING


@dataclass
class MajoritySettings(ModelSettings):
    """The most frequent class of the training part."""

    name: str = "majority"


@dataclass
class ActorPriorSettings(ModelSettings):
    """Each actor's class shares in the training part; `strength` examples of the overall shares are added to each."""

    name: str = "actor_prior"
    strength: float = 1.0


@dataclass
class TfidfSettings(ModelSettings):
    """Words and character n-grams with actor and target as tokens, logistic regression; `C` is its inverse penalty.

    `decision_weights` are those of `NetworkSettings`.
    """

    name: str = "tfidf_logreg"
    C: float = 1.0
    balanced: bool = True
    decision_weights: bool = False
    max_features: int = 200_000


@dataclass
class NetworkSettings(ModelSettings):
    """The actor network. The weights scale the losses beside the document's stance.

    `channel_weight`: stance per channel; `window_weight`: stance in a window where statements are marked;
    `evidence_weight`: stance per sentence; `link_weight`: which words an actor's statements are made of. Where
    `balanced`, classes weigh the inverse of their frequency to the power of `balance_power`. `soft_share` of the
    document's target are the annotators' votes, the rest its gold label. Where a registry knows the actors, `renamed`
    copies stand in the place of each training article that names some, in which they go by others' names (0: the
    article as it is). `actor_memory` learns each actor's usual side towards each target, in label sets that are not
    made of statements, and forgets an actor in `memory_dropout` of the training examples, so that the text can judge
    unseen ones. Where labels are made of statements, `wording` weighs their n-grams beside the network's reading (0:
    none). `lexical` is the share of a regression over n-grams (None: .3 beside `wording`, else by validation). Where
    `decision_weights`, each target's classes weigh in the answer over all channels what makes f_avg highest on the
    validation part.
    """

    name: str = "actor_network"
    pooling: str = "max"
    dropout: float = 0.1
    channel_weight: float = 0.3
    window_weight: float = 0.3
    evidence_weight: float = 0.5
    link_weight: float = 1.0
    balanced: bool = False
    balance_power: float = 0.5
    soft_share: float = 0.5
    renamed: int = 2
    actor_memory: bool = True
    memory_dropout: float = 0.3
    wording: float = 3.0
    lexical: float | None = None
    decision_weights: bool = False


@dataclass
class TaggerSettings(ModelSettings):
    """The tagger of actors that no registry knows; it is trained on the annotators' Actor spans alone."""

    name: str = "actor_tagger"
    dropout: float = 0.1


@dataclass
class EncoderSettings:
    """The pre-trained encoder: `bundled`, a local folder, or a hub name.

    `prefix` is what it was pre-trained to expect before a text. Of its layers the lowest `layers` are used (None: all):
    the top of an encoder that was trained to embed whole texts tells single words apart worst. The embeddings and the
    lowest `frozen_layers` layers stay as they are, and are computed once per window.
    """

    name: str = MISSING
    prefix: str = "query: "
    layers: int | None = None
    frozen_layers: int = 6


@dataclass
class TrainerSettings:
    """How the network is trained.

    `token_budget` tokens (padding included) make a batch. The heads learn at `learning_rate` times `head_factor`, each
    encoder layer at `layer_decay` times the rate of the one above. `warmup` is the share of steps with a rising rate.
    Training stops after `patience` epochs without a better `monitor` and keeps the best epoch's weights (None: it keeps
    those of the last epoch, when the rate has come down to zero: on a small validation part the best is chance).
    `precision` auto means bfloat16 where the processor computes in it, else float32. `fast_dev_run` trains and
    validates on one batch, to try the code.
    """

    max_epochs: int = 3
    patience: int | None = None
    monitor: str = "val/macro_f1"
    token_budget: int = 768
    learning_rate: float = 1e-4
    head_factor: float = 5.0
    layer_decay: float = 0.9
    warmup: float = 0.1
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    precision: str = "auto"
    threads: int | None = None
    limit_batches: int | None = None
    fast_dev_run: bool = False
    progress: bool = True


@dataclass
class TrackingSettings:
    """Where runs are recorded; `register` stores the network as the registered model `actor-stance`."""

    uri: str = "sqlite:///mlflow.db"
    experiment: str = "actor-stance"
    register: bool = True


@dataclass
class ObjectiveSettings:
    """A metric of a finished run and where it should go: `maximize` or `minimize`."""

    metric: str = "f_avg"
    direction: str = "maximize"


@dataclass
class SweepSettings:
    """What `stance train -m` tries beside what its line sweeps.

    `params` maps keys to values in Hydra's grammar (`0.1,1`, `range(0,5)`, `interval(0.1,1)`); the line goes first. The
    sampler `grid` tries every combination, `trials` of them at most; `tpe` chooses `trials` of them from what came
    before, its chances drawn by `seed`. `prune` gives a training up whose first fold is, after an epoch, behind the
    median of at least `prune_after` finished trials. `parallel` trials run side by side where the launcher can (None:
    one a processor). `storage` is where Optuna keeps the record (None: a SQLite file under `runs`). `refit` trains the
    best network on everything and registers it.
    """

    params: dict[str, str] = field(default_factory=dict)
    sampler: str = "grid"
    trials: int | None = None
    seed: int = 0
    objectives: list[ObjectiveSettings] = field(default_factory=lambda: [ObjectiveSettings()])
    prune: bool = False
    prune_after: int = 5
    parallel: int | None = None
    storage: str | None = None
    refit: bool = False


@dataclass
class TrainSettings:
    """All of `stance train`.

    `baselines` are trained on the same split and shown beside the model. `ckpt=last` continues the latest unfinished
    run of the same configuration. `force` runs again what is finished; `run` names a finished run, to be repeated from
    its logged configuration. `init_from` names a run whose network this one begins from, heads too where the label set
    is the same. Intervals are of `resamples` resamples. `sources` are other data sets, by name, that a network learns
    from too; nothing of them is tested. `probes` (text_removed, masked_actor, swapped_actor) are changed texts that
    every model is asked about, but in a sweep.
    """

    data: DataSettings = MISSING
    split: SplitSettings = MISSING
    target: TargetSettings = MISSING
    model: Any = MISSING
    encoder: EncoderSettings = MISSING
    trainer: TrainerSettings = MISSING
    tracking: TrackingSettings = MISSING
    sweep: SweepSettings = MISSING
    sources: dict[str, SourceSettings] = field(default_factory=dict)
    baselines: list[str] = field(default_factory=lambda: ["majority", "actor_prior", "tfidf_logreg"])
    probes: list[str] = field(default_factory=list)
    name: str | None = None
    seed: int = 0
    ckpt: str | None = None
    force: bool = False
    run: str | None = None
    init_from: str | None = None
    resamples: int = 2000
    runs: str = "runs"


@dataclass
class PretrainSettings:
    """All of `stance pretrain`.

    `corpus` are files and folders of text; the encoder is written to the folder `out`. Text is read in windows of
    `max_tokens` tokens. About `held_out` of it, near-duplicates together, is never trained on and scored instead.
    """

    corpus: list[str] = MISSING
    out: str = MISSING
    max_tokens: int = 256
    held_out: float = 0.1
    encoder: EncoderSettings = MISSING
    trainer: TrainerSettings = MISSING
    tracking: TrackingSettings = MISSING
    seed: int = 0
    runs: str = "runs"


MODEL_SETTINGS: dict[str, type[ModelSettings]] = {
    "majority": MajoritySettings,
    "actor_prior": ActorPriorSettings,
    "tfidf_logreg": TfidfSettings,
    "actor_network": NetworkSettings,
}
"""The classifiers of stances."""

TRAINABLE: dict[str, type[ModelSettings]] = {**MODEL_SETTINGS, "actor_tagger": TaggerSettings}
"""Everything that `stance train model=…` takes."""
