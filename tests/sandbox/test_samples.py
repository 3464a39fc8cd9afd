"""The samples beside the connectors are what the sandbox answers, and what the connectors understand."""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from orderline.sandbox.settings import CONNECTOR_OF
from sandbox.stage import SLOW, Stage
from support.repository import ROOT

INSTANT = re.compile(r'"\d{4}-\d\d-\d\dT[^"]+"')


def samples(connector: str) -> list[Path]:
    return sorted((ROOT / "src" / "orderline" / "connectors" / connector / "samples").glob("*.json"))


def timeless(content: Any) -> str:
    """As text, with every instant alike."""
    return INSTANT.sub('"an instant"', json.dumps(content, sort_keys=True))


@pytest.mark.anyio
@pytest.mark.parametrize("connector", CONNECTOR_OF.values())
async def test_the_sandbox_answers_as_the_samples_say(stage: Stage, connector: str) -> None:
    await stage.reset(SLOW)
    found = samples(connector)
    assert found
    for path in found:
        sample = json.loads(path.read_text())
        assert timeless(await stage.call("POST", sample["path"], sample["request"])) == timeless(sample["answer"]), path


@pytest.mark.parametrize("connector", CONNECTOR_OF.values())
def test_every_sample_is_understood(connector: str) -> None:
    mapping = importlib.import_module(f"orderline.connectors.{connector}.mapping")
    shapes = [each for each in vars(mapping).values() if isinstance(each, type) and each.__name__.endswith("In")]
    for path in samples(connector):
        answer = json.loads(path.read_text())["answer"]
        assert any(understood(answer, shape) for shape in shapes), path


def understood(answer: Any, shape: type) -> bool:
    try:
        msgspec.convert(answer, shape)
    except msgspec.ValidationError:
        return False
    return True
