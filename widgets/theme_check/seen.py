"""Rules that a browser decides: colours as computed, targets, focus, lost words, jumps, and what axe-core finds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from widgets.theme_check import browser
from widgets.theme_check.browser import Window
from widgets.theme_check.colour import RESERVE, urgencies
from widgets.theme_check.drawn import inner
from widgets.theme_check.finding import Finding
from widgets.theme_check.sheet import Sheet, sheets
from widgets.theme_check.subject import Subject
from widgets.themes.colour import contrast, nearest_passing
from widgets.themes.samples import KINDS, STATES, card
from widgets.views import State

WIDTH, NARROW, WIDE = 360, 320, 640
MOST_JUMP: Final = 0.02
_TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
# The whole row is a link's ::after, and without this word axe gives every colour beneath it up as unknowable.
_AXE: Final = """tags => axe.run(document, {runOnly: {type: 'tag', values: tags},
  resultTypes: ['violations'], preload: false, iframes: false,
  checks: {'color-contrast': {options: {ignorePseudo: true}}}}).then(({violations}) => violations.map(each => [
    each.id, each.help, each.nodes.slice(0, 3).map(node => node.target.join(' '))]))"""
_SPACING: Final = """() => { const style = document.createElement('style'); style.textContent =
  '.pw * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }';
  document.head.append(style); }"""
_JUMP: Final = """html => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => list.getEntries().forEach(each => { sum += each.value; }))
    .observe({type: 'layout-shift'});
  const below = document.createElement('p');
  below.textContent = 'below'; document.body.append(below);
  requestAnimationFrame(() => requestAnimationFrame(() => {
    document.querySelector('main').innerHTML = html;
    setTimeout(() => done(sum), 150);
  }));
})"""


class _Notes:
    """Findings of many views, each said once with the views that it was seen in."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._views: dict[tuple[str, str, str, tuple[str, ...]], list[str]] = defaultdict(list)
        self._levels: dict[tuple[str, str, str, tuple[str, ...]], Any] = {}

    def add(self, rule: str, view: str, found: str, instead: str, *blamed: str, level: Any = None) -> None:
        key = rule, found, instead, blamed
        self._levels[key] = level
        if view not in self._views[key]:
            self._views[key].append(view)

    def findings(self) -> Iterator[Finding]:
        for (rule, found, instead, blamed), views in self._views.items():
            more = f" and {len(views) - 1} more" if len(views) > 1 else ""
            file, line = self._subject.blame(*blamed)
            level = self._levels[rule, found, instead, blamed]
            yield Finding(rule, file, line, f"{found}: {views[0]}{more}", instead, level)


def findings(subject: Subject, opened: Any, states: Sequence[State] = STATES) -> Iterator[Finding]:
    """Everything that this browser shows. The theme can be drawn."""
    assert subject.theme  # noqa: S101
    notes, drawn = _Notes(subject), sheets(subject.theme, states)
    source = browser.axe()
    with browser.window(opened, subject.theme, WIDTH) as window:
        for sheet in drawn:
            window.show(sheet.html)
            _colours(notes, sheet, window)
            _boxes(notes, sheet, window)
            if sheet.name == "todos":
                yield from urgencies(subject, sheet.scheme, window.ask("urgencies"))
            if source:
                _axe(notes, sheet, window, source)
            if sheet.lang == "zh-CN":
                _focus(notes, sheet, window)
            _lost(notes, sheet, window)
    with browser.window(opened, subject.theme, NARROW, has_touch=True, is_mobile=True) as window:
        for sheet in (each for each in drawn if each.scheme == "light"):
            window.show(sheet.html)
            _touch(notes, sheet, window)
            _words(notes, sheet, window, f"at {NARROW} px")
    yield from notes.findings()
    yield from _jumps(subject, opened)


def _colours(notes: _Notes, sheet: Sheet, window: Window) -> None:
    for each in window.ask("colours"):
        ratio, view = contrast(each["front"], each["back"]), _view(sheet, each)
        if ratio < each["least"]:
            rule, wanted = "K01", each["least"]
        elif ratio < RESERVE and each["least"] > 3:
            rule, wanted = "K03", RESERVE
        else:
            continue
        tone = nearest_passing(each["front"], each["back"], wanted) or ""
        found = f"{each['at']} {each['front']} on {each['back']}: {ratio:.2f}, less than {wanted:g}"
        notes.add(rule, view, found, tone, *each["blamed"])
    for each in window.ask("marks"):
        if (ratio := contrast(each["front"], each["back"])) < 3:
            tone = nearest_passing(each["front"], each["back"], 3) or ""
            found = (
                f"{each['what']} of {each['at']} {each['front']} on {each['back']}: {ratio:.2f}, less than 3"
            )
            notes.add("K02", _view(sheet, each), found, tone, *each["blamed"])


def _boxes(notes: _Notes, sheet: Sheet, window: Window) -> None:
    for each in window.ask("targets"):
        side = min(each["width"], each["height"])
        if side < 32 - 0.5:
            found = f"{each['at']} is {each['width']:.0f} x {each['height']:.0f} px"
            if side < 24:
                notes.add("A03", _view(sheet, each), found, "24 x 24 px at least, better 32", *each["blamed"])
            elif each["at"] != ".pw-pill":  # 28 px, alone in its row
                notes.add("A03", _view(sheet, each), found, "32 x 32 px", *each["blamed"], level="W")
    for each in window.ask("hidden"):
        notes.add(
            "T05",
            _view(sheet, each),
            f"{each['what']} is there and cannot be seen",
            "",
            *each["blamed"],
            each["what"],
        )
    for each in window.ask("images"):
        if each["raster"] and each["natural"] > 2 * max(each["width"], 1):
            found = f"{each['name']} has {each['natural']} px for {each['width']:.0f} px"
            notes.add(
                "P02",
                _view(sheet, each),
                found,
                "a picture of twice the size at most",
                *each["blamed"],
                "<img",
            )


def _axe(notes: _Notes, sheet: Sheet, window: Window, source: str) -> None:
    window.page.evaluate(source)
    for id, told, targets in window.page.evaluate(_AXE, list(_TAGS)):
        notes.add(
            "A01",
            sheet.label,
            f"{id}: {told} ({'; '.join(targets)})",
            "",
            *(t.split(".")[-1] for t in targets[:1]),
        )


def _focus(notes: _Notes, sheet: Sheet, window: Window) -> None:
    """By the keyboard through every control, each looked at before and after."""
    for _ in range(window.ask("watch") + 1):
        window.page.keyboard.press("Tab")
    seen = window.ask("rings")
    if not seen:
        notes.add("A04", sheet.label, "the keyboard reaches no control", "", "focus")
    for each in seen:
        view = _view(sheet, each)
        if each["width"] < 2:
            found = f"{each['at']} has a ring of {each['width']:g} px"
            notes.add(
                "A04", view, found, "outline: 2px solid var(--pw-color-focus)", "focus", *each["blamed"]
            )
        elif each["colour"] and each["back"] and (ratio := contrast(each["colour"], each["back"])) < 3:
            found = f"the ring of {each['at']} {each['colour']} on {each['back']}: {ratio:.2f}, less than 3"
            notes.add("K02", view, found, "var(--pw-color-focus)", "focus", *each["blamed"])


def _lost(notes: _Notes, sheet: Sheet, window: Window) -> None:
    _words(notes, sheet, window, f"at {WIDTH} px")
    window.page.evaluate(_SPACING)
    _words(notes, sheet, window, "with the spacing of WCAG 1.4.12")


def _words(notes: _Notes, sheet: Sheet, window: Window, when: str) -> None:
    lost = window.ask("lost")
    for each in lost["words"]:
        notes.add(
            "A07",
            _view(sheet, each),
            f"{each['text']!r} of {each['at']} is cut off {when}",
            "",
            *each["blamed"],
        )
    if lost["sideways"] > 0:
        found = f"{lost['sideways']:.0f} px have to be scrolled to sideways {when}"
        notes.add("A07", sheet.label, found, "")


def _touch(notes: _Notes, sheet: Sheet, window: Window) -> None:
    for each in window.ask("targets"):
        side = min(each["width"], each["height"])
        if side < 44 - 0.5 and each["at"] != ".pw-pill":
            found = f"{each['at']} is {each['width']:.0f} x {each['height']:.0f} px under a finger"
            notes.add("A03", _view(sheet, each), found, "44 x 44 px", *each["blamed"], level="W")


def _jumps(subject: Subject, opened: Any) -> Iterator[Finding]:
    """P03: the skeleton, and then the rows, in a column with something below it."""
    assert subject.theme  # noqa: S101
    for name in KINDS:
        with browser.window(opened, subject.theme, WIDE) as window:
            window.show(subject.theme.widget(card(name, "starting"), as_fragment=False))
            jump = window.page.evaluate(_JUMP, inner(subject.theme.widget(card(name), as_fragment=False)))
        if jump > MOST_JUMP:
            found = f"{name}: what is below the card moves by {jump:.3f} when the rows come"
            yield Finding("P03", *subject.blame("pw-item", "pw-sk"), found, f"at most {MOST_JUMP}")


def _view(sheet: Sheet, each: Mapping[str, Any]) -> str:
    return f"{sheet.name}/{each['card']} {sheet.scheme} {sheet.lang}"
