"""What the documentation shows is run: examples in docstrings, also of native classes, and those of the pages."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pathlib
import pkgutil
import re
from typing import Any, Dict, Iterator, List

import pytest

import tessera_im
import tessera_im.testkit
from tessera_im import _native
from tessera_im.testkit import Gateway

ROOT = pathlib.Path(__file__).parents[3]
MODULES = ["tessera_im"] + [
    module.name for module in pkgutil.walk_packages(tessera_im.__path__, "tessera_im.") if module.name != "tessera_im._native"
]
NATIVE = [thing for name, thing in sorted(vars(_native).items()) if inspect.isclass(thing) or inspect.isbuiltin(thing)]


def run(tests: List[doctest.DocTest]) -> int:
    """Runs examples and returns how many there were."""
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    said: List[str] = []
    for test in tests:
        runner.run(test, out=said.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)
    return sum(len(test.examples) for test in tests)


def test_examples_of_modules(tessera_gateway: Gateway) -> None:
    finder = doctest.DocTestFinder()
    found = {name: run(finder.find(importlib.import_module(name))) for name in MODULES}
    for name in ("tessera_im", "tessera_im.testkit", "tessera_im.config"):
        assert found[name] > 0, f"{name} has no example"


def test_examples_of_native_classes_and_functions() -> None:
    examples = {thing.__name__: run(list(find(thing))) for thing in NATIVE}
    for name in ("Client", "V2TIMManager", "sign"):
        assert examples[name] > 0, f"{name} has no example"


def find(thing: Any) -> Iterator[doctest.DocTest]:
    """The examples of something native, and of its methods: `doctest` itself passes over what is not Python."""
    things: Dict[str, Any] = {thing.__name__: thing}
    things.update((f"{thing.__name__}.{name}", member) for name, member in vars(thing).items()) if inspect.isclass(thing) else None
    parser = doctest.DocTestParser()
    for name, member in things.items():
        if isinstance(member, staticmethod):
            member = member.__func__
        text = inspect.getdoc(member) if callable(member) or inspect.isgetsetdescriptor(member) else None
        if text and ">>>" in text:
            yield parser.get_doctest(text, {}, name, None, None)


def test_everything_public_is_documented() -> None:
    for name in [*tessera_im.__all__, *(f"testkit.{name}" for name in tessera_im.testkit.__all__)]:
        thing: Any = tessera_im
        for part in name.split("."):
            thing = getattr(thing, part)
        assert inspect.getdoc(thing), name
        members = vars(thing).items() if inspect.isclass(thing) else ()
        for member, value in members:
            if not member.startswith("_") and (callable(value) or isinstance(value, (staticmethod, property))):
                assert inspect.getdoc(value), f"{name}.{member}"


@pytest.mark.parametrize("page", ["docs/python.md", "docs/testing-with-python.md", "docs/migrating.md", "bindings/python/README.md"])
def test_examples_of_pages(page: str, pytester: pytest.Pytester, tessera_gateway: Gateway) -> None:
    """Each block is a program, a module of tests, or lines that are typed."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert blocks, f"{page} shows nothing"
    ticket = tessera_gateway.sign("alice")
    for n, block in enumerate(blocks):
        name = f"{page}[{n}]"
        if ">>>" in block:
            run([doctest.DocTestParser().get_doctest(block, {}, name, page, 0)])
        elif "def test_" in block:
            pytester.makepyfile(**{f"test_page_{n}": block})
        else:
            names = {"app": tessera_gateway.sdk_app_id, "user_sig": ticket, "gateway": tessera_gateway}
            exec(compile(block, name, "exec"), {"__name__": "__main__", **names})
    if any("def test_" in block for block in blocks):
        result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "tessera_im.testkit.pytest_plugin")
        result.assert_outcomes(passed=len(re.findall(r"^(?:async )?def test_", "\n".join(blocks), re.MULTILINE)))
