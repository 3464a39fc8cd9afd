"""Chance from a seed: what happens to a thing follows from its name, not from the order in which calls arrive."""

from hashlib import blake2b

from orderline.sandbox.settings import Span


class Chance:
    """Draws that are the same for the same seed and the same names."""

    def __init__(self, seed: int) -> None:
        self._key = str(seed).encode()[:64]

    def number(self, *names: object) -> int:
        """An even draw from 64 bits."""
        text = "\x1f".join(map(str, names)).encode()
        return int.from_bytes(blake2b(text, digest_size=8, key=self._key).digest(), "big")

    def happens(self, probability: float, *names: object) -> bool:
        """True in `probability` of all cases."""
        return probability > 0 and self.number(*names) < probability * 2**64

    def below(self, limit: int, *names: object) -> int:
        """An even draw from 0 up to, not including, `limit`."""
        return self.number(*names) * limit >> 64

    def span_ms(self, span: Span, *names: object) -> int:
        """A duration drawn from a span."""
        width = span.high_ms - span.low_ms
        return span.low_ms if width <= 0 else span.low_ms + self.below(width + 1, *names)
