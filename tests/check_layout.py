#!/usr/bin/env python3
"""Holds the repository against its own rules: layout, dependencies, sizes, documents.

    tests/check_layout.py [--root DIR] [--functions]

Prints file:line for each fault; exits 1 when there is one. --functions lists the longest functions.
"""

import argparse
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import c_source  # noqa: E402

# Which rooms a room's sources may include from: builder -> bundle <- stub.
SEES = {
    "bundle/base": ["bundle/base"],
    "bundle": ["bundle", "bundle/base"],
    "builder": ["builder", "bundle", "bundle/base"],
    "stub": ["stub", "bundle", "bundle/base"],
}
# Whose headers only these files may include.
LIBRARIES = [
    (r"archive(_entry)?\.h", r"bundle/tar_\w+\.c"),
    (r"yaml\.h", r"builder/yaml_\w+\.c"),
    (r"yyjson\.h", r"bundle/json\w*\.c"),
    (r"(mbedtls|psa)/.*", r"(bundle/(digest\w*|public_key|signature)|builder/(http_trust|passphrase|signing_key))\.c"),
    (r"zlib\.h", r"(builder/gzip_\w+|bundle/license_text)\.c"),
    (r"zstd\.h", r"builder/zstd_\w+\.c"),
    (r"curl/.*", r"builder/http_(client|connection|url)\.[ch]"),
]
# Inputs of tests are as odd as they have to be.
INPUTS = ("tests/reject/", "tests/corpus/", "tests/fixtures/")
MOST_LINES = 800
MOST_FUNCTION_LINES = 100  # the aim is 80
TEXT = (".c", ".h", ".S", ".py", ".sh", ".md", ".mk", ".def", ".yaml", ".yml", ".lock", ".template", "Makefile", ".cmake")
CODE = (".c", ".h", ".S", ".py", ".sh")

# Put together from pieces, so that this file does not contain what it looks for.
MACHINE_PATHS = re.compile("/" + r"work/(main|wt-|deps|tools|shared|brief|\.)|" + "/" + r"home/\w|" + "/" + r"Users/\w+/(?!\.\.\.)")
REGISTRY_HOSTS = re.compile(r"pypi\." + r"org|pythonhosted\." + r"org|crates\." + r"io\b(?!\.)|registry\." + r"npmjs|proxy\." + r"golang\.org")
UPSTREAM_URLS = ("payload/",)  # what a payload downloads is named by its upstream URL; the hash decides
LEFT_OVER = re.compile(r"\b(TODO|FIXME|XXX)\b(?!')")
PATH_IN_DOCUMENT = re.compile(r"`((?:builder|bundle|stub|payload|tests|scripts|docs)/[\w./-]*\w)(?::\d+)?`")


class Faults:
    def __init__(self):
        self.lines = []

    def add(self, path, line, what):
        self.lines.append((path, line, what))

    def show(self):
        for path, line, what in sorted(self.lines):
            print(f"{path}:{line}: {what}")


def tracked(root):
    """{path: is executable} of what git has, or of all there is outside a checkout."""
    done = subprocess.run(["git", "-C", root, "ls-files", "-sz", "--cached"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, timeout=60, check=False)
    files = {}
    if done.returncode == 0:
        for row in done.stdout.decode().split("\0"):
            if row:
                mode, path = row[:6], row.split("\t", 1)[1]
                if os.path.exists(os.path.join(root, path)):
                    files[path] = mode == "100755"
        return files
    for directory, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in (".git", "build", "dist", "__pycache__")]
        for name in names:
            full = os.path.join(directory, name)
            files[os.path.relpath(full, root)] = os.access(full, os.X_OK)
    return files


def room_of(path):
    folder = os.path.dirname(path)
    return folder if folder in SEES else None


def check_includes(texts, faults):
    headers = {}
    for path in texts:
        room = room_of(path)
        if room and path.endswith((".h", ".def")):
            name = os.path.basename(path)
            if name in headers and name != "messages.def":
                faults.add(path, 1, f"{headers[name]}/{name} has this name too")
            headers.setdefault(name, room)
    for path, text in texts.items():
        room = room_of(path)
        if not path.endswith((".c", ".h")):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', line)
            if not match:
                continue
            own, system = match.groups()
            for pattern, allowed in LIBRARIES:
                if re.fullmatch(pattern, own or system) and room and not re.fullmatch(allowed, path):
                    faults.add(path, number, f"only {allowed} may include {own or system}")
            library = any(re.fullmatch(pattern, own or system) for pattern, _ in LIBRARIES)
            if own and not library and "/" in own:
                faults.add(path, number, f"an include without a path: {own}")
            elif own and room and own in headers and own != "messages.def" and headers[own] not in SEES[room]:
                faults.add(path, number, f"{room}/ may not know {headers[own]}/{own}")


def check_sizes(texts, faults, functions):
    for path, text in texts.items():
        lines = text.count("\n")
        if path.endswith(CODE) and lines > MOST_LINES:
            faults.add(path, MOST_LINES, f"{lines} lines, the most is {MOST_LINES}")
        if path.endswith(".c"):
            for name, _, body in c_source.functions(c_source.tokens(text)):
                length = body[-1].line - body[0].line + 1
                functions.append((length, path, body[0].line, name))
                if length > MOST_FUNCTION_LINES:
                    faults.add(path, body[0].line, f"{name}() has {length} lines, the most is {MOST_FUNCTION_LINES}")


def check_texts(texts, executable, faults):
    for path, text in texts.items():
        if text and not text.endswith("\n"):
            faults.add(path, text.count("\n") + 1, "no newline at the end")
        if path.endswith((".c", ".h")) and not text.startswith(("/*", "//")):
            faults.add(path, 1, "the first line says what the file is")
        if text.startswith("#!") != executable[path] and "/rootfs/" not in path:
            faults.add(path, 1, "executable and #! belong together")
        for number, line in enumerate(text.splitlines(), 1):
            if line != line.rstrip() and not path.endswith(".md"):
                faults.add(path, number, "white space at the end")
            if MACHINE_PATHS.search(line):
                faults.add(path, number, f"a path of one machine: {MACHINE_PATHS.search(line).group()}")
            if REGISTRY_HOSTS.search(line) and not path.startswith(UPSTREAM_URLS):
                faults.add(path, number, f"a package registry's host: {REGISTRY_HOSTS.search(line).group()}")
            if path.endswith(CODE) and LEFT_OVER.search(line) and not path.endswith("check_layout.py"):
                faults.add(path, number, "something left to do: do it, or write an issue")


def check_layout_table(readme, text, folders, faults):
    """The README's table of folders against the tree."""
    rows = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r"\|\s*`([\w/]+)/`\s*\|(.*)\|", line)
        if match:
            rows[match.group(1)] = number
            for name in re.findall(r"`([\w-]+)/`(?!\s*(?:follows|随后))", match.group(2)):
                if f"{match.group(1)}/{name}" not in folders:
                    faults.add(readme, number, f"there is no {match.group(1)}/{name}/")
    if not rows:
        faults.add(readme, 1, "no table of folders (| `folder/` | what lives there |)")
        return
    for folder, number in rows.items():
        if folder not in folders:
            faults.add(readme, number, f"there is no folder {folder}/")
    for folder in sorted(f for f in folders if "/" not in f and not f.startswith(".")) + ["bundle/base"]:
        if folder not in rows and folder in folders:
            faults.add(readme, min(rows.values()), f"the table lacks {folder}/")


def check_documents(texts, files, folders, faults):
    for path, text in texts.items():
        if not path.endswith(".md"):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for name in PATH_IN_DOCUMENT.findall(line):
                if name not in files and name not in folders and not re.search(r"\bNN\b|_foo\b", name):
                    faults.add(path, number, f"there is no {name}")
            for name in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", line):
                target = os.path.normpath(os.path.join(os.path.dirname(path), name))
                if target not in files and target not in folders:
                    faults.add(path, number, f"a link to {name}, which is not there")


def check_exit_codes(texts, faults):
    table = re.findall(r"^\s*X\((\d+), (\w+), \"", texts.get("bundle/base/exit_code.h", ""), re.M)
    if not table:
        faults.add("bundle/base/exit_code.h", 1, "the table of exit codes was not found")
    document = texts.get("docs/exit-codes.md", "")
    documented = re.findall(r"^\|\s*(\d+)\s*\|\s*`?(\w+)`?\s*\|", document, re.M)
    for number, name in table:
        if (number, name) not in documented:
            faults.add("docs/exit-codes.md", 1, f"exit code {number} {name} is not documented")
    for number, name in documented:
        if (number, name) not in table:
            faults.add("docs/exit-codes.md", 1, f"there is no exit code {number} {name}")


def check(root, functions):
    faults = Faults()
    files = tracked(root)
    folders = {os.path.dirname(path) for path in files}
    for folder in list(folders):
        while folder:
            folders.add(folder)
            folder = os.path.dirname(folder)
    folders.discard("")
    texts = {}
    for path in files:
        full = os.path.join(root, path)
        if path.startswith(INPUTS) or os.path.islink(full) or not path.endswith(TEXT):
            continue
        try:
            texts[path] = c_source.read(full)
        except UnicodeDecodeError as error:
            faults.add(path, 1, f"not UTF-8: {error.reason}")
    check_includes(texts, faults)
    check_sizes(texts, faults, functions)
    check_texts(texts, files, faults)
    for readme in ("README.md", "README.zh-CN.md"):
        if readme in texts:
            check_layout_table(readme, texts[readme], folders, faults)
        else:
            faults.add(readme, 1, "missing")
    check_documents(texts, set(files), folders, faults)
    check_exit_codes(texts, faults)
    return faults, len(texts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser.add_argument("--functions", action="store_true", help="list the 20 longest functions")
    options = parser.parse_args()
    functions = []
    faults, count = check(options.root, functions)
    if options.functions:
        for length, path, line, name in sorted(functions, reverse=True)[:20]:
            print(f"{length:4} {path}:{line} {name}()")
    faults.show()
    print(f"layout: {count} files, {len(faults.lines)} faults")
    return 1 if faults.lines else 0


if __name__ == "__main__":
    sys.exit(main())
