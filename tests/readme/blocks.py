"""The code blocks of a Markdown file: fenced ones with their language, and indented ones."""
import re
from dataclasses import dataclass


@dataclass
class Block:
    name: str # of the heading above and the language: "Subscribe: python", then "Subscribe: python 2"
    language: str
    text: str
    line: int


def blocks(markdown):
    found, seen, heading, lines = [], {}, "", markdown.splitlines()
    number = 0

    def add(language, first, last):
        name = f"{heading}: {language}"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name += f" {seen[name]}"
        found.append(Block(name, language, "\n".join(lines[first:last]) + "\n", first + 1))

    while number < len(lines):
        line = lines[number]
        fence = re.match(r"(```+|~~~+)\s*(\S*)", line)
        if fence:
            end = number + 1
            while end < len(lines) and not re.match(re.escape(fence[1]) + r"\s*$", lines[end]):
                end += 1
            if end == len(lines):
                raise AssertionError(f"line {number + 1}: this block has no end")
            add(fence[2] or "text", number + 1, end)
            number = end
        elif re.match(r"#+ ", line):
            heading = line.lstrip("# ")
        elif re.match(r"    \S", line) and (number == 0 or not lines[number - 1].strip()):
            end = number
            while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
                end += 1
            add("indented", number, end)
            number = end - 1
        number += 1
    return found
