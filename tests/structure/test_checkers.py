#!/usr/bin/env python3
"""The structure checkers must fail: each rule is broken in a good file and must be named.

    tests/structure/test_checkers.py --macho FILE STUB --elf FILE STUB

FILE is an installer that the checker accepts, STUB what it was made from. Also lists the rules that
no case broke: a rule that cannot fail proves nothing. Ends with "N passed, N failed".
"""

import argparse
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import elf_check  # noqa: E402
import locator_check  # noqa: E402
import macho_check  # noqa: E402
import tar_check  # noqa: E402
from byte_file import ByteFile  # noqa: E402
from cases_elf import ELF_CASES, ElfBytes  # noqa: E402
from cases_macho import MACHO_CASES, MachOBytes  # noqa: E402
from cases_tar import TAR_CASES, Tree  # noqa: E402
from report import Report  # noqa: E402

# Rules that a case cannot break alone on this input, and why.
UNBROKEN = {
    "file.size": "run.sh breaks it with a sparse file of 4 GiB",
    "made.blobs": "run.sh breaks it with a file that rcodesign signed again",
}


class Runner:
    def __init__(self):
        self.passed = self.failed = 0
        self.seen, self.broken = set(), set()
        self.folder = tempfile.TemporaryDirectory(prefix="hardtack-checkers-")

    def judge(self, kind, name, content, rule, check):
        path = os.path.join(self.folder.name, "spoilt")
        with open(path, "wb") as handle:
            handle.write(content)
        report = Report()
        check(path, report)
        self.seen.update(report.held)
        self.broken.update(report.violated())
        good = rule in report.violated() if rule else not report.violations
        self.passed += good
        self.failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {kind}: {name}")
        if not good:
            print(f"     expected {rule or 'no violation'}, violated {report.violations[:6]}")

    def run(self, kind, cases, make, check):
        self.judge(kind, "good", make(None), None, check)
        for name, spoil, rule in cases:
            try:
                self.judge(kind, name, make(spoil), rule, check)
            except Exception as error:  # a checker that dies has not judged
                self.failed += 1
                print(f"FAIL {kind}: {name}: {type(error).__name__}: {error}")


def maker(form, path):
    def make(spoil):
        content = form(path)
        if spoil:
            spoil(content)
        return bytes(content.bytes)

    return make


def check_tar(path, report):
    with ByteFile(path) as data:
        tar_check.check_payload(data, 0, data.size, report)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--macho", nargs=2, metavar=("FILE", "STUB"), required=True)
    parser.add_argument("--elf", nargs=2, metavar=("FILE", "STUB"), required=True)
    options = parser.parse_args()
    runner = Runner()
    runner.run("macho", MACHO_CASES, maker(MachOBytes, options.macho[0]),
               lambda path, report: macho_check.check_macho(path, report, stub=options.macho[1]))
    runner.run("elf", ELF_CASES, maker(ElfBytes, options.elf[0]),
               lambda path, report: elf_check.check_elf(path, report, stub=options.elf[1]))

    with ByteFile(options.elf[0]) as data:
        locator = locator_check.find(data, data.size, Report())
        raw = data.read(locator.offset, locator.length, "the payload")

    def make_tar(spoil):
        if not spoil:
            return raw
        tree = Tree(raw)
        spoil(tree)
        return tree.bytes()

    runner.run("tar", TAR_CASES, make_tar, check_tar)
    never = sorted(runner.seen - runner.broken - set(UNBROKEN))
    runner.passed += not never
    runner.failed += bool(never)
    print(f"{'FAIL' if never else 'ok  '} every rule was seen to fail{': all but ' + ', '.join(never) if never else ''}")
    print(f"{runner.passed} passed, {runner.failed} failed")
    return 1 if runner.failed else 0


if __name__ == "__main__":
    sys.exit(main())
