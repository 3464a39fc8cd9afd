"""One sandbox for all these tests, begun again before each of them."""

from sandbox.fixtures import anyio_backend, box, sandbox_thread, stage

__all__ = ["anyio_backend", "box", "sandbox_thread", "stage"]
