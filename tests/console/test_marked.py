"""Whatever templates and code say is marked to be translated."""

import re
from collections.abc import Iterator
from gettext import NullTranslations
from html.parser import HTMLParser
from typing import Any

import pytest
from babel.messages.pofile import read_po
from jinja2 import nodes

from console.conftest import Site
from orderline.console import app, languages
from orderline.console.deed_table import DEEDS
from orderline.console.pages import PAGES
from orderline.console.rendering import environment
from support.words import TEMPLATES

# Words that read alike everywhere, and a word of HTML that stands in a block of attributes.
ALIKE = {"Orderline", "UTC", "required"}
# Names that parts of the console are known by in the layout, and not shown as they are.
NAMES = {"Home", "Orders"}
ATTRIBUTES = {"aria-label", "alt", "data-label", "placeholder", "title"}
# What is not said in a language: codes, keys, scripts.
UNREAD = {"code", "kbd", "script", "style", "bdi", "pre"}
# Samples of the parts that pages are made of, for those who make them.
SAMPLES = "style.html"
MARKS = {"_", "gettext", "ngettext"}
# A template with its expressions, and then its statements, taken out.
EXPRESSIONS = re.compile(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}|\{\{.*?\}\}", re.DOTALL)
STATEMENTS = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")
PHRASE = re.compile(r"[^\W\d_] [^\W\d_]|^[A-Z][a-z]")


class _Read(HTMLParser):
    """All that a reader of a page reads, with the element that it stands in."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, str]] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.told += [(f"@{name}", value) for name, value in attrs if name in ATTRIBUTES and value]
        scope = dict(attrs).get("scope")
        if tag not in ("input", "br", "meta", "link", "hr"):
            self._inside.append(f"{tag} {scope}" if scope else tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.told += [(f"@{name}", value) for name, value in attrs if name in ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        for at in range(len(self._inside) - 1, -1, -1):
            if self._inside[at].partition(" ")[0] == tag:
                del self._inside[at:]
                break

    def handle_data(self, data: str) -> None:
        if not UNREAD & set(self._inside):
            self.told.append((self._inside[-1] if self._inside else "", data))


def _read(page: str) -> list[tuple[str, str]]:
    reader = _Read()
    reader.feed(page)
    return reader.told


def _unmarked(source: str) -> Iterator[str]:
    """What a template says in plain words, and phrases that stand in its expressions."""
    for _, text in _read(STATEMENTS.sub("", EXPRESSIONS.sub("", source))):
        plain = re.sub(r'[\w-]+="[^"]*"', "", text)
        yield from (each for each in WORD.findall(plain) if each not in ALIKE)
    yield from _phrases(environment().parse(source))


def _phrases(node: nodes.Node) -> Iterator[str]:
    marks = isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in MARKS
    if marks or isinstance(node, nodes.Compare | nodes.FromImport | nodes.Include | nodes.Extends):
        return
    if (
        isinstance(node, nodes.Const)
        and isinstance(node.value, str)
        and PHRASE.search(node.value)
        and node.value not in NAMES
    ):
        yield node.value
    for each in node.iter_child_nodes():
        yield from _phrases(each)


def test_the_search_finds_what_is_not_marked() -> None:
    source = """<p title="A word">{{ _("Fine") }} {{ "Not fine" if odd else _("Fine") }}</p>{% trans %}Fine{% endtrans %} plain"""
    assert list(_unmarked(source)) == ["word", "plain", "Not fine"]


@pytest.mark.parametrize("name", [each for each in environment().list_templates() if each != SAMPLES])
def test_templates_say_nothing_that_is_not_marked(name: str) -> None:
    assert list(_unmarked((TEMPLATES / name).read_text(encoding="utf-8"))) == []


class Echo(NullTranslations):
    """A language in which all that is translated stands between angles."""

    def __init__(self) -> None:
        super().__init__()
        with languages.file_of("de", languages.STAFF).open("rb") as file:
            catalog = read_po(file, locale="de")
        self._known = {each.id if isinstance(each.id, str) else each.id[0] for each in catalog}

    def gettext(self, message: str) -> str:
        return f"«{message}»" if message in self._known else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"«{msgid2}»" if msgid1 in self._known else msgid2


# Where the words of pages stand, as against what a merchant has written.
OURS = {"th col", "h2", "legend", "dt", "button", "caption", "summary", "label", *(f"@{each}" for each in ATTRIBUTES)}


@pytest.fixture
def echoed(monkeypatch: pytest.MonkeyPatch) -> None:
    spoken = languages.Language(languages.OWN, languages.STAFF)
    monkeypatch.setattr(spoken, "_words", Echo())
    monkeypatch.setattr(app, "_spoken", lambda headers, who: spoken)


def _plainly(page: str) -> list[str]:
    """What stands where words of pages do, and is none that is translated."""
    while (shorter := re.sub("«[^«»]*»", "", page)) != page:
        page = shorter
    ours = [(where, text.strip()) for where, text in _read(page) if where in OURS]
    return [f"{where}: {text}" for where, text in ours if set(WORD.findall(text)) - ALIKE]


# What a merchant has written.
WRITTEN = re.compile(r"echo &lt;b&gt;|TEE-\w+|SO-\d+|lyon|paris")
# Forms of an order, one for each way in which something is asked for.
FORMS = ("cancel_units", "place_hold", "request_return", "change_delivery", "give_appeasement", "annotate_order")


def _paths() -> list[str]:
    lists = [
        each.path for each in PAGES if each.method == "GET" and "{" not in each.path and not (each.file or each.open)
    ]
    return [each for each in lists if each not in ("/sign-out", "/style", "/station-away", "/bulk")]


@pytest.mark.slow
@pytest.mark.usefixtures("echoed")
def test_code_says_nothing_in_lists_and_forms_that_is_not_marked(site: Site) -> None:
    number = site.stage.place("E-1", 2)["number"]
    boss = site.person("echo")
    records = ["/users/echo", "/roles/echo", "/stock/TEE-M", "/users/echo/edit"]
    forms = [each.path for each in DEEDS if each.is_new] + [f"/orders/{number}/{each}" for each in FORMS]
    left: dict[str, Any] = {}
    for path in (*_paths(), *records, *forms, f"/orders/{number}"):
        answer = boss.get(path)
        assert answer.status_code in (200, 303, 404), (path, answer.status_code)
        if found := _plainly(WRITTEN.sub("", answer.text)):
            left[path] = found
    assert left == {}
