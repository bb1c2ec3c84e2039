"""Parts predicted on every machine of a Ray cluster, with Ray Data: the same results as on one."""

import logging
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from stance.commands.loading import ModelAddress
from stance.errors import ConfigurationError

if TYPE_CHECKING:
    from stance.models.predictor import Article

_AT_ONCE = 512
"""Parts handed to the cluster together, some 8,000 articles: more would fill memory."""


class _Worker:
    """A process that holds the model; it finds it, and its encoder, where the command does."""

    def __init__(self, address: ModelAddress):
        self.model = address.load()

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        from stance.models.parts import pack, predict_part
        from stance.models.predictor import Article

        articles = msgspec.msgpack.decode(row["articles"], type=list[Article])
        return {"digest": row["digest"], "part": pack(predict_part(self.model.predictor, articles))}


def predict_on_ray(
    jobs: "Iterable[tuple[str, list[Article]]]", address: ModelAddress, workers: int | None = None
) -> Iterator[tuple[str, bytes]]:
    """The packed parts of `jobs` (digest, articles), each with its digest, in any order.

    RAY_ADDRESS names the cluster; without it, one is started on this machine. There are `workers` processes, one for
    each processor of the cluster by default. Raises ConfigurationError without Ray.
    """
    ray = _ray()
    waiting = iter(jobs)
    while together := list(islice(waiting, _AT_ONCE)):
        rows = [{"digest": digest, "articles": msgspec.msgpack.encode(articles)} for digest, articles in together]
        most = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        done = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
            _Worker,
            fn_constructor_args=(address,),
            compute=ray.data.ActorPoolStrategy(size=min(most, len(rows))),
            num_cpus=1,
        )
        for row in done.iter_rows():
            yield row["digest"], row["part"]


def _ray() -> Any:
    # Ray reports its use to its makers unless told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.data
    except ImportError:
        raise ConfigurationError("Expected Ray for --engine ray, found none. pip install 'stance[ray]'") from None
    if not ray.is_initialized():
        ray.init(log_to_driver=False, logging_level=logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
    return ray
