"""A real browser on the desk: every console error, refused script, lost request or foreign address fails the test."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from app.setup import tools
from app.setup.folders import PROJECT
from core.errors import PartMissing
from tests.desk.house import Standing
from tests.need import missing, need

expect.set_options(timeout=60_000)  # a loaded machine is slow, not wrong
AXE = PROJECT / "desk" / "node_modules" / "axe-core" / "axe.min.js"
WIDE, PHONE = (1440, 900), (390, 844)
FLAGS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--no-pings", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required", "--disable-features=Translate,OptimizationHints,MediaRouter",
]  # fmt: skip
PICTURES = os.environ.get("HOTLINE_SCREENSHOTS", "")
LOOKS = 3
SERIOUS = ("serious", "critical")
FOLLOWS_MS = 5_000  # a chart is drawn anew a moment after its window was
SHIFT = 0.1  # cumulative layout shift, as web.dev's Core Web Vitals call it good
WATCH = """
window.shifts = []
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput)
    shifts.push({ by: one.value, at: one.startTime, what: one.sources.map(({ node, previousRect: was, currentRect: is }) =>
      `${node?.outerHTML?.slice(0, 90) ?? node?.textContent} y ${was.y} to ${is.y}, height ${was.height} to ${is.height}`) })
}).observe({ type: 'layout-shift', buffered: true })
"""
"""What a page that is to be `still` runs from its beginning."""
_REFUSED = """
addEventListener('securitypolicyviolation', (event) =>
  console.error(`policy refused ${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless, with nothing of its own to fetch."""
    try:
        command = tools.tool("chromium-headless-shell")
    except PartMissing:
        missing("chromium-headless-shell", "./hotline setup browser")
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=command.argv[0], args=flags, env={**os.environ, **command.env}, timeout=60_000
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """One person's browser and what went wrong in it."""

    house: Standing
    context: BrowserContext
    page: Page
    wrong: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, *words: str) -> None:
        """These errors are what the test is about: one that holds any of `words` is none."""
        self.expected += words

    def check(self) -> None:
        """Nothing went wrong that was not expected."""
        left = [one for one in self.wrong if not any(word in one for word in self.expected)]
        assert not left, "\n".join(left)

    def fits(self) -> None:
        """Nothing is wider than the window, once what follows its width has followed."""
        with suppress(PlaywrightTimeout):
            self.page.wait_for_function(f"() => ({_OVERFLOW})().length === 0", timeout=FOLLOWS_MS)
        wide = self.page.evaluate(_OVERFLOW)
        assert not wide, f"wider than the window: {wide}"

    def still(self) -> None:
        """What one has begun to read did not move away since the page was opened; needs `WATCH`.

        Shifts add up within a session: less than a second apart, five seconds at most (web.dev, Cumulative Layout Shift).
        """
        shifts, began, last, total = self.page.evaluate("shifts"), 0.0, -1e9, 0.0
        for one in shifts:
            if one["at"] - last >= 1000 or one["at"] - began >= 5000:
                began, total = one["at"], 0.0
            last, total = one["at"], total + one["by"]
            moved = "\n".join(
                f"{it['by']:.3f} at {it['at']:.0f}: " + "\n       ".join(it["what"]) for it in shifts
            )
            assert total < SHIFT, moved

    def everywhere(self, name: str) -> None:
        """Nothing is wider than the window in both widths; a picture of each, light and dark, where pictures are kept."""
        for width in (WIDE, PHONE):
            self.page.set_viewport_size({"width": width[0], "height": width[1]})
            self.fits()
            for scheme in ("light", "dark") if PICTURES else ():
                self.page.emulate_media(color_scheme=scheme)
                self.shot(f"{name}-{width[0]}-{scheme}")

    def foreign(self) -> list[str]:
        """What stands here in Chinese without being told to be: no name, no quotation, no citizen's words."""
        found: list[str] = self.page.evaluate(_FOREIGN)
        return found

    def accessible(self) -> None:
        """axe-core finds nothing serious: what it finds it must find again, for a colour on its way is nobody's."""
        need("axe-core", AXE.is_file(), "./hotline setup desk")
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        bad: list[str] = []
        for _ in range(LOOKS):
            self.page.evaluate(_AT_REST)
            found = self.page.evaluate(
                "() => axe.run(document, { resultTypes: ['violations'] }).then((all) => all.violations)"
            )
            bad = [
                f"{one['id']}: {one['help']}\n  " + "\n  ".join(f"{node['html'][:160]} — {node['failureSummary'][:200]}" for node in one["nodes"][:4])
                for one in found if one["impact"] in SERIOUS
            ]  # fmt: skip
            if not bad:
                return
        raise AssertionError("\n".join(bad))

    def shot(self, name: str, *, full: bool = False) -> None:
        """A picture for whoever wants to look, in the folder that HOTLINE_SCREENSHOTS names; none without: they take minutes of a run."""
        if PICTURES:
            path = Path(PICTURES) / f"{name}.png"
            self.page.screenshot(path=path, full_page=full, animations="disabled")


_AT_REST = """() => Promise.allSettled(document.getAnimations()
  .filter((one) => one.effect?.getComputedTiming().iterations !== Infinity).map((one) => one.finished)).then(() => null)"""
_OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth
  if (document.documentElement.scrollWidth <= wide) return []
  return [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > wide + 1).slice(0, 5)
    .map((one) => one.outerHTML.slice(0, 120))
}"""

# data bear `lang="zh"`, so that a screen reader says them right; a citation is numbered as its document numbers it
_FOREIGN = r"""() => {
  const han = /[\u3400-\u9fff]/, cited = /^[\d\s()（）、；.一二三四五六七八九十附民法典演示]+$/
  const ours = (text, at) => han.test(text) && !cited.test(text) && !at.closest('[lang]')?.lang.startsWith('zh')
  const found = []
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = texts.nextNode(); node; node = texts.nextNode())
    if (!['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(node.parentElement.tagName) && ours(node.data, node.parentElement))
      found.push(`${node.parentElement.outerHTML.slice(0, 90)}: ${node.data.trim().slice(0, 60)}`)
  for (const one of document.body.querySelectorAll('*'))
    for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
      if (ours((one.getAttribute(name) ?? '').replace(/.*[A-Za-z]{2}.*/, ''), one)) // a sentence of ours may name something
        found.push(`${one.tagName} ${name}=${one.getAttribute(name)}`)
  return found
}"""


def open_browser(
    browser: Browser, house: Standing, *, login: str = "", size: tuple[int, int] = WIDE, language: str = "zh-CN",
    dark: bool = False, large: bool = False, theme: str = "",
) -> Visit:  # fmt: skip
    """A fresh browser window; logged in as `login` where given, without the page that does it. `theme`: "auto" follows the window's."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale=language, timezone_id="Asia/Shanghai",
        color_scheme="dark" if dark else "light", permissions=["microphone"], base_url=house.url, reduced_motion="reduce",
    )  # fmt: skip
    context.set_default_timeout(120_000)  # a loaded machine is slow, not wrong
    look = json.dumps({"language": language, "theme": theme or ("dark" if dark else "light"), "large": large})
    context.add_init_script(
        f"localStorage.getItem('hotline.look') ?? localStorage.setItem('hotline.look', {look!r});{_REFUSED}"
    )
    if login:
        context.add_init_script(_logged_in(house.tokens(login)))
    visit = Visit(house, context, context.new_page())
    _listen(visit)
    return visit


def _logged_in(pair: dict[str, Any]) -> str:
    """The pages' own store of tokens, filled once: a log-out stays a log-out."""
    return f"""
    if (!sessionStorage.getItem('test.given')) {{
      const pair = {json.dumps(pair)}
      sessionStorage.setItem('test.given', '1')
      sessionStorage.setItem('hotline.tokens', JSON.stringify({{ access: pair.access_token, refresh: pair.refresh_token,
        accessEnds: Date.now() + pair.expires_in * 1000, shiftEnds: Date.parse(pair.shift_ends) }}))
    }}"""


def _listen(visit: Visit) -> None:
    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            visit.wrong.append(f"console: {message.text} {message.location.get('url', '')}")

    page = visit.page
    page.on("console", console)
    page.on("pageerror", lambda error: visit.wrong.append(f"page error: {error}"))
    page.on("request", lambda request: _own(visit, request.url))


def _own(visit: Visit, url: str) -> None:
    ours = (visit.house.url, visit.house.url.replace("http", "ws", 1), "data:", "blob:")
    if not url.startswith(ours):
        visit.wrong.append(f"asked elsewhere: {url}")


Open = Callable[..., Visit]
