"""Parts predicted side by side, each by a thread that computes alone."""

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stance.models.predictor import Article, StancePredictor

_MOST = 4
"""Threads at most: what is not arithmetic is Python, which one thread runs at a time. Past them, each computes with
more processors."""


def predict_in_threads(
    jobs: "Iterable[tuple[str, list[Article]]]", predictor: "StancePredictor"
) -> Iterator[tuple[str, bytes]]:
    """The packed parts of `jobs` (digest, articles), each with its digest, in any order.

    Threads that share each matrix product wait for one another at its end, and while articles are cut and actors found
    all but one of them rest. With a part each they do neither.
    """
    import torch

    from stance.models.parts import pack, predict_part

    def one(digest: str, articles: "list[Article]") -> tuple[str, bytes]:
        return digest, pack(predict_part(predictor, articles))

    processors = torch.get_num_threads()
    threads = min(processors, _MOST)
    torch.set_num_threads(processors // threads)
    pool = ThreadPoolExecutor(threads)
    try:
        running: set[Future[tuple[str, bytes]]] = set()
        for job in jobs:
            running.add(pool.submit(one, *job))
            # One part waits, so that no thread does.
            if len(running) > threads:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        yield from (future.result() for future in as_completed(running))
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(processors)
