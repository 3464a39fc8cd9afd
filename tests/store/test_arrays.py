"""The quick arrays are, byte for byte, those of the library."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.types.array import ListBinaryDumper
from psycopg.types.numeric import Int8BinaryDumper

from orderline.store.arrays import QuickListDumper


class _Context:
    """Adapters with whole numbers as bigint, as a connection has them, and one way of writing lists."""

    def __init__(self, lists: type[ListBinaryDumper]) -> None:
        self.adapters = AdaptersMap(psycopg.adapters)
        self.adapters.register_dumper(int, Int8BinaryDumper)
        self.adapters.register_dumper(list, lists)
        self.connection = None


def _dump(lists: type[ListBinaryDumper], values: list[Any]) -> tuple[bytes, int]:
    transformer = Transformer(_Context(lists))
    dumper = transformer.get_dumper(values, PyFormat.BINARY)
    dumped = dumper.dump(values)
    assert dumped is not None
    return bytes(dumped), dumper.oid


def _check(values: list[Any]) -> None:
    assert _dump(QuickListDumper, values) == _dump(ListBinaryDumper, values)


_SCALARS = (
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",))),
    st.binary(),
    st.booleans(),
    st.uuids(),
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - a naive bound
)


@given(st.one_of(*(st.lists(st.none() | scalar, min_size=1) for scalar in _SCALARS)))
def test_a_list_is_written_as_the_library_writes_it(values: list[Any]) -> None:
    if any(value is not None for value in values):
        _check(values)


@pytest.mark.parametrize(
    "values",
    [
        [0],
        [None, 1],
        [1, None],
        [[1, 2], [3, 4]],
        [["a"], ["b"]],
        [UUID(int=1), None],
        [2**63 - 1, -(2**63)],
        [*range(700)],
    ],
)
def test_the_edges_are_written_as_the_library_writes_them(values: list[Any]) -> None:
    _check(values)


@pytest.mark.parametrize("values", [[2**63], [0, -(2**63) - 1], [*range(300), 2**63]])
def test_what_can_t_be_written_is_refused_as_the_library_refuses_it(values: list[Any]) -> None:
    with pytest.raises(Exception) as theirs:
        _dump(ListBinaryDumper, values)
    with pytest.raises(type(theirs.value)):
        _dump(QuickListDumper, values)
