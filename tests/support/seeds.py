"""Seeds of days drawn by chance: a few for `make check`, all for `make test`."""

import pytest
from _pytest.mark import ParameterSet


def seeds(count: int, quick: int = 3) -> list[ParameterSet]:
    """The seeds from 0 on; those after the first `quick` are marked slow."""
    return [pytest.param(seed, marks=[pytest.mark.slow] if seed >= quick else []) for seed in range(count)]
