#!/usr/bin/env python3
"""Makes docs/exit-codes.md from the one table in bundle/base/exit_code.h (--check: compares)."""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
table = (root / "bundle/base/exit_code.h").read_text(encoding="utf-8")
rows = re.findall(r'X\((\d+), (\w+), "([^"]+)"\)', table)
lines = ["# Exit codes", "", "The same for `hardtack` and for every installer; never renumbered. Made by",
         "`scripts/exit_codes.py` from `bundle/base/exit_code.h`.", "", "| code | name | meaning |", "|---|---|---|"]
lines += [f"| {number} | {name} | {meaning} |" for number, name, meaning in rows]
text = "\n".join(lines) + "\n"
target = root / "docs/exit-codes.md"
if "--check" in sys.argv:
    if not rows or not target.exists() or target.read_text(encoding="utf-8") != text:
        sys.exit(f"{target} is not what {sys.argv[0]} makes of the table")
else:
    target.write_text(text, encoding="utf-8")
