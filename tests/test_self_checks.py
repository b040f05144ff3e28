#!/usr/bin/env python3
"""Runs the repository's self-checks; first each must find the fault in small trees made for it.

    tests/test_self_checks.py

Prints a line a case and ends with "N passed, N failed".
"""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

GOOD_SOURCE = """
/* "a comment's text" is none. */
int f(struct err *err) { return err_set(err, CODE_IO, "open the image %s" " twice", name); }
"""
GOOD_ROW = 'M("open the image %s twice", "无法打开镜像 %s 两次")\n'

# name, the builder's source, the builder's table, what the report must say (None: no fault)
MESSAGE_CASES = [
    ("a good tree", GOOD_SOURCE, GOOD_ROW, None),
    ("missing row", GOOD_SOURCE, "", "no row in builder/messages.def"),
    ("missing row of T()", 'x = T("three words here");', "", "no row in builder/messages.def"),
    ("missing row of one branch", 'err_hint(err, a ? "first way" : "second way");', 'M("first way", "第一")', "second way"),
    ("missing row of a table's member", 'struct o o = {.help = "show all"};', "", "no row in builder/messages.def"),
    ("missing row inside another call", 'f(a, T("three words here"), b);', "", "no row in builder/messages.def"),
    ("missing row of an option", 'struct option_row r[] = {{0, "x", NULL, OPTION_FLAG, V(x), NULL, "the help"}, {0}};', "", "no row in builder"),
    ("missing row of a verb", 'struct option_verb v[] = {{"a", "FILE", 0, 1, r, "the help", A}, {0}};', "", "no row in builder"),
    ("missing row of a program", 'struct option_program p = {"prog", "the title", c, v, &v[0]};', "", "no row in builder"),
    ("missing row through a wrapper", 'int refuse(int n, const char *why) { return err_set(e, 3, "%s", T(why)); }\nint g(void) { return refuse(1, "not so"); }', "", "no row in builder"),
    ("untranslated note", 'ui_note(ui, "hello there");', "", 'write T("...")'),
    ("translated note", 'ui_note(ui, T("hello there"));', 'M("hello there", "你好")', None),
    ("the bundle's rows serve the builder", 'err_wrap(err, "shared %s", x);', "", None),
    ("unused row", GOOD_SOURCE, GOOD_ROW + 'M("never said", "从不")', "no source uses this row"),
    ("row twice", GOOD_SOURCE, GOOD_ROW + GOOD_ROW, "twice"),
    ("row also in the bundle", 'T("shared %s");', 'M("shared %s", "共享 %s")', "has this row already"),
    ("empty Chinese", GOOD_SOURCE, 'M("open the image %s twice", " ")', "the Chinese is empty"),
    ("English left in the Chinese", GOOD_SOURCE, 'M("open the image %s twice", "open image %s")', "no Chinese character"),
    ("conversion of another type", GOOD_SOURCE, 'M("open the image %s twice", "打开镜像 %d")', "conversions differ"),
    ("conversion missing", GOOD_SOURCE, 'M("open the image %s twice", "打开镜像")', "conversions differ"),
    ("conversions swapped", 'T("%s has %d");', 'M("%s has %d", "%d 个 %s")', "conversions differ"),
    ("conversions swapped by position", 'T("%s has %d");', 'M("%s has %d", "%2$d 个属于 %1$s")', None),
    ("positions of the wrong type", 'T("%s has %d");', 'M("%s has %d", "%1$d 个属于 %2$s")', "conversions differ"),
    ("numbered and plain mixed", 'T("%s has %d");', 'M("%s has %d", "%2$d 个属于 %s")', "numbered and plain"),
    ("length modifier differs", 'T("has %zu");', 'M("has %zu", "有 %d")', "conversions differ"),
    ("star width counts", 'T("has %*d");', 'M("has %*d", "有 %d")', "conversions differ"),
    ("percent sign", 'T("has 5 %% left");', 'M("has 5 %% left", "剩余 5 %")', "no conversion at"),
    ("stray percent", 'T("has %d left");', 'M("has %d left", "剩余 %d%！")', "no conversion at"),
    ("PRIu64 in both", 'T("has %" PRIu64 " left");', 'M("has %" PRIu64 " left", "剩余 %" PRIu64)', None),
    ("PRIu64 in one", 'T("has %" PRIu64 " left");', 'M("has %" PRIu64 " left", "剩余 %d")', "conversions differ"),
    ("the project's term", GOOD_SOURCE, 'M("open the image %s twice", "打开图像 %s")', "the project's term is 镜像"),
    ("half-width punctuation", GOOD_SOURCE, 'M("open the image %s twice", "打开镜像, %s")', "half-width"),
    ("no row for a text without words", 'err_set(err, CODE_IO, "%s: %s", a, b);', "", None),
]


# name, files that differ from GOOD_TREE (None: absent), what the report must say (None: no fault)
GOOD_TREE = {
    "README.md": "| `builder/` | x |\n| `bundle/` | x |\n| `bundle/base/` | x |\n| `stub/` | x |\n| `docs/` | `facts/` |\n",
    "README.zh-CN.md": "| `builder/` | x |\n| `bundle/` | x |\n| `bundle/base/` | x |\n| `stub/` | x |\n| `docs/` | x |\n",
    "builder/a.c": '/* a */\n#include "a.h"\n#include "b.h"\n',
    "builder/a.h": "/* a */\n",
    "bundle/b.h": "/* b */\n",
    "stub/s.h": "/* s */\n",
    "bundle/base/exit_code.h": '/* e */\n#define T(X) \\\n\tX(0, OK, "success")\n',
    "docs/exit-codes.md": "| 0 | OK | success |\n",
    "docs/facts/f.md": "see `builder/a.c`\n",
}
LAYOUT_CASES = [
    ("a good tree", {}, None),
    ("folder not in the table", {"extra/x.c": "/* x */\n"}, "the table lacks extra/"),
    ("table names no folder", {"README.md": GOOD_TREE["README.md"] + "| `gone/` | x |\n"}, "there is no folder gone/"),
    ("table names no subfolder", {"README.md": GOOD_TREE["README.md"].replace("`facts/`", "`fact/`")}, "there is no docs/fact/"),
    ("no Chinese README", {"README.zh-CN.md": None}, "README.zh-CN.md:1: missing"),
    ("include with a path", {"builder/a.c": '/* a */\n#include "../stub/s.h"\n'}, "an include without a path"),
    ("the builder knows the stub", {"builder/a.c": '/* a */\n#include "s.h"\n'}, "may not know stub/s.h"),
    ("the bundle knows the builder", {"bundle/b.c": '/* b */\n#include "a.h"\n'}, "may not know builder/a.h"),
    ("a library in the wrong file", {"stub/s.c": "/* s */\n#include <archive.h>\n"}, "may include archive.h"),
    ("a header's name twice", {"stub/b.h": "/* b */\n"}, "has this name too"),
    ("a long file", {"stub/s.c": "/* s */\n" + "int x;\n" * 900}, "901 lines"),
    ("a long function", {"stub/s.c": "/* s */\nint f(void)\n{\n" + "\tg();\n" * 120 + "}\n"}, "f() has 122 lines"),
    ("no first comment", {"stub/s.c": "int x;\n"}, "the first line says"),
    ("no newline at the end", {"stub/s.c": "/* s */"}, "no newline at the end"),
    ("white space at the end", {"stub/s.c": "/* s */ \n"}, "white space at the end"),
    ("a path of this machine", {"stub/s.c": "/* " + "/" + "work/deps */\n"}, "a path of one machine"),
    ("a registry's host", {"docs/x.md": "from pypi." + "org\n"}, "a package registry's host"),
    ("something left to do", {"stub/s.c": "/* TO" + "DO */\n"}, "something left to do"),
    ("script not executable", {"tests/x.sh": "#!/bin/sh\n"}, "executable and #!"),
    ("exit code not documented", {"docs/exit-codes.md": "| 1 | OK | success |\n"}, "exit code 0 OK is not documented"),
    ("exit code that is none", {"docs/exit-codes.md": GOOD_TREE["docs/exit-codes.md"] + "| 9 | X | x |\n"}, "there is no exit code 9 X"),
    ("document names no file", {"docs/facts/f.md": "see `builder/zz.c`\n"}, "there is no builder/zz.c"),
    ("dead link", {"docs/facts/f.md": "[x](../y.md)\n"}, "a link to ../y.md"),
]


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


def write(root, path, text):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="utf-8") as handle:
        handle.write(text)


def message_case(source, table):
    with tempfile.TemporaryDirectory() as root:
        write(root, "bundle/messages.def", 'M("shared %s", "共享 %s")\n')
        write(root, "bundle/shared.c", 'void g(void) { T("shared %s"); }\n')
        write(root, "stub/messages.def", "")
        write(root, "builder/messages.def", table)
        write(root, "builder/f.c", source)
        return run([sys.executable, os.path.join(HERE, "check_messages.py"), "--root", root])


def layout_case(changes):
    with tempfile.TemporaryDirectory() as root:
        for path, text in {**GOOD_TREE, **changes}.items():
            if text is not None:
                write(root, path, text)
        return run([sys.executable, os.path.join(HERE, "check_layout.py"), "--root", root])


def repository(script):
    return run([sys.executable, os.path.join(HERE, script)])


def verdict(code, output, expected):
    if expected is None:
        return code == 0
    return code == 1 and expected in output


def main():
    failed = 0
    cases = [(f"messages: {name}", message_case(source, table), expected)
             for name, source, table, expected in MESSAGE_CASES]
    cases += [(f"layout: {name}", layout_case(changes), expected) for name, changes, expected in LAYOUT_CASES]
    cases.append(("messages: this repository", repository("check_messages.py"), None))
    cases.append(("layout: this repository", repository("check_layout.py"), None))
    for name, (code, output), expected in cases:
        good = verdict(code, output, expected)
        failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {name}")
        if not good:
            print(f"     expected {expected or 'no fault'}, exit {code}:\n{output}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
