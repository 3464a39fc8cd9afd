"""Natural batching: whoever has work puts it in; a thread takes all that has come in while it was busy.

No timer: an idle lane takes a lone item at once; under load batches grow by themselves.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

_logger = logging.getLogger(__name__)


class Lane(Generic[T]):
    """Threads that run `work` on whatever has come in, at most `most` items at a time, in order of arrival.

    work: takes a number of a thread (0, 1 ...) and the items; it may not raise.
    """

    def __init__(self, name: str, work: Callable[[int, Sequence[T]], None], *, most: int, threads: int = 1) -> None:
        self._work = work
        self._most = most
        self._items: deque[T] = deque()
        self._ready = threading.Condition()
        self._closing = False
        self._threads = [
            threading.Thread(target=self._run, args=(number,), name=f"{name}-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, item: T) -> None:
        """Add an item. RuntimeError: the lane is closed."""
        with self._ready:
            if self._closing:
                raise RuntimeError("this lane is closed")
            self._items.append(item)
            self._ready.notify()

    def put_all(self, items: Sequence[T]) -> None:
        """Add several items at once, to be taken together as far as `most` allows."""
        with self._ready:
            if self._closing:
                raise RuntimeError("this lane is closed")
            self._items.extend(items)
            self._ready.notify()

    @property
    def waiting(self) -> int:
        """Items that have come in and were not taken yet."""
        return len(self._items)

    def close(self) -> None:
        """Finish what has come in, then end the threads."""
        with self._ready:
            self._closing = True
            self._ready.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        while True:
            with self._ready:
                while not self._items and not self._closing:
                    self._ready.wait()
                if not self._items:
                    return
                items = [self._items.popleft() for _ in range(min(self._most, len(self._items)))]
                if self._items:
                    self._ready.notify()
            try:
                self._work(number, items)
            except Exception:
                _logger.exception("a lane's work raised; its items are lost to their callers")
