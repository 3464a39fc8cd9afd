"""Lists as binary arrays of PostgreSQL, made quickly: every batch sends its rows as one list per column.

The bytes are the library's (tested against it). It looks through each list for its type, twice, and then at each value
alone; here the first value tells the type, and whole numbers are packed all at once.
"""

import struct
from functools import cache
from itertools import chain, repeat
from typing import Any, Final

from psycopg.abc import Buffer
from psycopg.adapt import PyFormat
from psycopg.types.array import ListBinaryDumper

_INT8: Final = 20  # the oid of bigint
_LENGTH: Final = struct.Struct("!i").pack
_NULL: Final = _LENGTH(-1)
_AT_ONCE: Final = 256  # longer lists go in pieces: what packs a list of a length is kept, and is as large as the list


class QuickListDumper(ListBinaryDumper):
    """As the library's, for lists of values of one type and of None; lists of lists are left to the library."""

    def _find_list_element(self, L: list[Any], format: PyFormat) -> Any:  # noqa: N803 - the name it has there
        first = L[0] if L else None
        return super()._find_list_element(L, format) if first is None or isinstance(first, list) else first

    def _dump_list(self, L: list[Any], dim: int, dims: list[int], data: list[Buffer]) -> int:  # noqa: N803
        values = self.sub_dumper
        if len(dims) > 1 or values is None:
            return super()._dump_list(L, dim, dims, data)
        if values.oid == _INT8 and None not in L:
            try:
                data.append(b"".join([_packed(L[at : at + _AT_ONCE]) for at in range(0, len(L), _AT_ONCE)]))
            except struct.error:
                return super()._dump_list(L, dim, dims, data)  # which says what it can't write
            return 0
        dump, append, has_null = values.dump, data.append, 0
        for item in L:
            value = None if item is None else dump(item)
            if value is None:
                append(_NULL)
                has_null = 1
            else:
                append(_LENGTH(len(value)))
                append(value)
        return has_null


def _packed(numbers: list[int]) -> bytes:
    return _numbers(len(numbers))(*chain.from_iterable(zip(repeat(8), numbers, strict=False)))


@cache
def _numbers(count: int) -> Any:
    return struct.Struct("!" + "iq" * count).pack
