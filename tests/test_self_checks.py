#!/usr/bin/env python3
"""The repository's self-checks must fail: each is given small trees with one fault each.

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


def verdict(code, output, expected):
    if expected is None:
        return code == 0
    return code == 1 and expected in output


def main():
    failed = 0
    cases = [(f"messages: {name}", message_case(source, table), expected)
             for name, source, table, expected in MESSAGE_CASES]
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
