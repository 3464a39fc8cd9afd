"""What templates write is escaped as the library does it, whatever it is."""

from decimal import Decimal

import pytest
from markupsafe import Markup, escape

from orderline.console.escaping import escaped
from orderline.console.rendering import environment


class _Named(str):
    """A text of a kind of its own."""


class _Marked:
    def __html__(self) -> str:
        return "<b>ours</b>"


VALUES = ("", "plain", "<script>alert('1')</script>", "a & b", '"', "it's", "ä<ü", Markup("<i>ours</i>"), _Named("<x>"), _Marked(),
          None, 7, Decimal("1.5"), ["<li>"], {"<a>": "<b>"})  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_escaped_as_the_library_does_it(value: object) -> None:
    assert escaped(value) == str(escape(value))


@pytest.mark.parametrize(
    "source",
    [
        "{{ v }}",
        "{% macro m(x) %}<p>{{ x }}</p>{% endmacro %}{{ m(v) }}",
        "{% macro m() %}<p>{{ caller() }}</p>{% endmacro %}{% call m() %}{{ v }}{% endcall %}",
        "{% set x %}{{ v }}{% endset %}{{ x }}",
        "{{ 'a' ~ v }}",
        "{{ [v, v] | join(', ') }}",
        "{% for each in [v] %}{{ each }}{% endfor %}",
        "{{ v if v else v }}",
        "{{ {'x': v}.x }}",
        "{% filter upper %}{{ v }}{% endfilter %}",
    ],
)
def test_a_template_writes_nothing_as_it_came(source: str) -> None:
    found = environment().from_string(source).render(v="<img src=x onerror=y>", language=None)
    assert "<img" not in found.lower()
    assert "&lt;img" in found.lower()
    assert "&amp;lt;" not in found.lower()  # and once is enough
