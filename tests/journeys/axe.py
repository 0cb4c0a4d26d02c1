"""Accessibility findings of a page by axe-core."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"


def findings(page: Page) -> list[str]:
    """Serious and critical findings, one line each with the first element concerned."""
    page.evaluate(AXE.read_text() + "; null")
    result: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{found['id']}: {found['nodes'][0]['html'][:120]}"
        for found in result["violations"]
        if found["impact"] in {"serious", "critical"}
    ]
