#!/usr/bin/env python3
"""Draws the picture in the README: runs a command in a pseudo terminal and writes its last screen as an SVG.

    docs/images/make-terminal-svg.py [--title TEXT] [--columns N] [--omit HEADING]... [--raw FILE] OUTPUT.svg -- COMMAND ...

The picture in the README is made by

    docs/images/make-terminal-svg.py --omit Workers --omit History docs/images/quickstart.svg \\
        -- dotnet run --project samples/Quickstart

--omit leaves out a section: a bold heading that starts with that word, up to the next heading.
--raw keeps the bytes that the terminal received in FILE; without a COMMAND they are read from it.
The script needs nothing but Python 3 on Linux or macOS.
"""

import argparse
import html
import os
import pty
import re
import struct
import sys

CELL_WIDTH, LINE_HEIGHT, FONT_SIZE, MARGIN, BAR = 8.0, 19, 13.3, 18, 34
BACKGROUND, FOREGROUND, DIM, TITLE_BAR = "#161b22", "#d6dde6", "#8b98a8", "#21262d"
COLOURS = {31: "#ff7b72", 32: "#56d364", 33: "#e3b341", 34: "#79c0ff", 35: "#d2a8ff", 36: "#76e3ea"}
ESCAPE = re.compile(r"\x1b(?:\[([?0-9;]*)([A-Za-z])|[=>])")


def run(command, columns):
    """What the command writes to a terminal of that width."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS=str(columns), LINES="60")
        os.environ.pop("NO_COLOR", None)
        os.execvp(command[0], command)
    import fcntl
    import termios

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 60, columns, 0, 0))
    received = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux says EIO when the other end is closed.
            part = b""
        if not part:
            break
        received += part
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status != 0:
        sys.exit(f"The command ended with exit code {status}:\n{received.decode(errors='replace')}")
    return received


def screen(text):
    """The lines as they stand at the end: each a list of (character, style)."""
    lines, row, column, style, place = [[]], 0, 0, frozenset(), 0
    while place < len(text):
        escape = ESCAPE.match(text, place)
        character = text[place]
        place = escape.end() if escape else place + 1
        if escape:
            arguments, letter = escape.groups()
            if letter == "m":
                for code in [int(c or 0) for c in arguments.split(";")]:
                    style = frozenset() if code == 0 else style | {code}
            elif letter == "A":
                row = max(0, row - int(arguments or 1))
            elif letter == "K":
                lines[row] = [] if arguments == "2" else lines[row][:column]
        elif character == "\n":
            row, column = row + 1, 0
            if row == len(lines):
                lines.append([])
        elif character == "\r":
            column = 0
        elif character >= " ":
            line = lines[row]
            line.extend([(" ", frozenset())] * (column + 1 - len(line)))
            line[column] = (character, style)
            column += 1
    while lines and not lines[-1]:
        lines.pop()
    return lines


def without(lines, headings):
    """The lines without the sections whose bold heading starts with one of those words."""
    kept, omitting = [], False
    for line in lines:
        text = "".join(c for c, _ in line)
        if line and 1 in line[0][1]:
            omitting = text.startswith(tuple(headings)) if headings else False
        if not omitting:
            kept.append(line)
    return kept


def spans(line):
    """Runs of the same style: (first column, text, style)."""
    found = []
    for column, (character, style) in enumerate(line):
        if found and found[-1][2] == style:
            found[-1][1].append(character)
        else:
            found.append((column, [character], style))
    return [(column, "".join(text), style) for column, text, style in found if "".join(text).strip()]


def attributes(style):
    colour = next((COLOURS[c] for c in style if c in COLOURS), DIM if 2 in style else FOREGROUND)
    return f'fill="{colour}"' + (' font-weight="bold"' if 1 in style else "")


def svg(lines, title, columns):
    width = int(columns * CELL_WIDTH + 2 * MARGIN)
    height = BAR + len(lines) * LINE_HEIGHT + 2 * MARGIN - 6
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{html.escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="9" fill="{BACKGROUND}"/>',
        f'<path d="M0 {BAR}V9a9 9 0 0 1 9-9h{width - 18}a9 9 0 0 1 9 9v{BAR - 9}z" fill="{TITLE_BAR}"/>',
        *(f'<circle cx="{20 + 20 * i}" cy="{BAR / 2:g}" r="6" fill="{c}"/>' for i, c in enumerate(["#ff5f57", "#febc2e", "#28c840"])),
        f'<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="{FONT_SIZE}" xml:space="preserve">',
        f'<text x="{width / 2:g}" y="{BAR / 2 + 5:g}" text-anchor="middle" fill="{DIM}">{html.escape(title)}</text>',
    ]
    for number, line in enumerate(lines):
        y = BAR + MARGIN + 12 + number * LINE_HEIGHT
        for column, text, style in spans(line):
            # textLength keeps columns aligned whatever font the reader has.
            text = text.rstrip() or text
            lead = len(text) - len(text.lstrip())
            text, column = text.lstrip(), column + lead
            length = f'{len(text) * CELL_WIDTH:g}'
            out.append(
                f'<text x="{MARGIN + column * CELL_WIDTH:g}" y="{y:g}" textLength="{length}" '
                f'lengthAdjust="spacingAndGlyphs" {attributes(style)}>{html.escape(text)}</text>'
            )
    return "\n".join([*out, "</g>", "</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--title")
    parser.add_argument("--columns", type=int, default=132)
    parser.add_argument("--omit", action="append", default=[], metavar="HEADING")
    parser.add_argument("--raw")
    own, command = sys.argv[1:], []
    if "--" in own:
        own, command = own[: own.index("--")], own[own.index("--") + 1 :]
    options = parser.parse_args(own)
    if command:
        received = run(command, options.columns)
        if options.raw:
            with open(options.raw, "wb") as file:
                file.write(received)
    else:
        with open(options.raw, "rb") as file:
            received = file.read()
    lines = without(screen(received.decode()), options.omit)
    with open(options.output, "w", encoding="utf-8") as file:
        file.write(svg(lines, options.title or " ".join(command), options.columns))
    print(f"{options.output}: {len(lines)} lines")


main()
