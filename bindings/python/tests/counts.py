"""A pytest plugin: the closing line that `cargo xtask test` counts."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    def count(*kinds: str) -> int:
        return sum(len(terminalreporter.stats.get(kind, [])) for kind in kinds)

    terminalreporter.ensure_newline()
    passed, failed, skipped = count("passed"), count("failed", "error"), count("skipped")
    terminalreporter.write_line(f"{passed} passed, {failed} failed, {skipped} skipped")
