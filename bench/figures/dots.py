"""A plot of dots on logarithmic scales, as one SVG that needs nothing beside it and follows dark and
light. A row for each load, a dot for each server; panels side by side."""

import html
import math
import re

COLOURS = ("#0068b3", "#cc4f00", "#00805c", "#b0508c", "#8a6d00", "#6b4fb8", "#2f8fd0", "#b3261e")
STYLE = """svg{font:12px system-ui,sans-serif;color:#171b21}
text{fill:currentColor}.soft{fill:#59636f}.grid{stroke:#dfe3e8}
.bare{fill:none;stroke:#59636f;stroke-width:2}
@media(prefers-color-scheme:dark){svg{color:#e7eaee}.soft{fill:#9aa4b0}.grid{stroke:#343b45}
.bare{stroke:#9aa4b0}}"""
LEFT, PANEL, GAP, ROW, TOP, BOTTOM = 110, 330, 60, 26, 58, 24


def text(x, y, said, anchor="start", kind=""):
    return (f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"'
            f'{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}>{html.escape(said)}</text>')


class Scale:
    """From whole powers of ten around all values to the width of a panel."""

    def __init__(self, values, left):
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)
        self.left = left

    def x(self, value):
        return self.left + PANEL * (math.log10(value) - self.low) / (self.high - self.low)

    def powers(self):
        return [10.0 ** power for power in range(self.low, self.high + 1)]


def panel(number, title, rows, series, unit_text):
    """`rows`: {load: {server: value}}; `series`: {server: how its dots look}."""
    values = [value for row in rows.values() for value in row.values() if value and value > 0]
    scale = Scale(values, LEFT + number * (PANEL + GAP))
    bottom = TOP + ROW * len(rows)
    parts = [text(scale.left, TOP - 12, title)]
    for value in scale.powers():
        x = scale.x(value)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}"/>')
        said = re.sub(r"\.0+ ", " ", unit_text(value))
        parts.append(text(x, bottom + 16, said, "middle", "soft"))
    for index, row in enumerate(rows.values()):
        y = TOP + ROW * (index + 0.5)
        for server, look in series.items():
            if row.get(server):
                said = html.escape(f"{server}: {unit_text(row[server])}")
                parts.append(f'<circle cx="{scale.x(row[server]):.1f}" cy="{y:.1f}" {look}>'
                             f"<title>{said}</title></circle>")
    return parts


def plot(panels, servers, bare):
    """`panels`: [(title, rows, unit_text)], all with the same loads; `bare` is drawn as a ring."""
    series = {name: f'r="5" fill="{colour}" fill-opacity="0.85"'
              for name, colour in zip(servers, COLOURS)}
    series[bare] = 'r="7" class="bare"'
    loads = list(panels[0][1])
    width = LEFT + len(panels) * (PANEL + GAP) - GAP // 2
    height = TOP + ROW * len(loads) + BOTTOM
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
             f"<style>{STYLE}</style>"]
    x = LEFT
    for name, look in series.items():
        parts += [f'<circle cx="{x}" cy="14" {look}/>', text(x + 11, 18, name)]
        x += 28 + 7 * len(name)
    parts += [text(LEFT - 12, TOP + ROW * (index + 0.5) + 4, load, "end")
              for index, load in enumerate(loads)]
    for number, (title, rows, unit_text) in enumerate(panels):
        parts += panel(number, title, rows, series, unit_text)
    return "\n".join(parts + ["</svg>", ""])
