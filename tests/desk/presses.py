"""Counts what a person's hands do in a page: presses of the pointer and of keys; a chord is one, and text that is laid in is none."""

import re

from app.setup.folders import PROJECT

COUNT = """
window.pressed = 0
addEventListener('pointerdown', (event) => { if (event.isTrusted) pressed++ }, true)
addEventListener('keydown', (event) => {
  if (event.isTrusted && !event.repeat && !['Alt', 'Control', 'Shift', 'Meta'].includes(event.key)) pressed++
}, true)
"""
PRESSED = "window.pressed"


def published(task: str) -> int:
    """Our presses in the row of this key of docs/core-tasks.md."""
    text = (PROJECT / "docs" / "core-tasks.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"^\| `{task}` \|[^|]*\| \*\*(\d+)\*\*", text, re.MULTILINE)
    return int(found)
