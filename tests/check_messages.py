#!/usr/bin/env python3
"""Holds the texts for people in the sources against the message tables (bundle/base/message.h).

    tests/check_messages.py [--root DIR] [--list] [--tidy]

Every text that is translated where it is used must have a row in its room's messages.def (the
builder and the stub may also use the bundle's rows), every row must be used, the Chinese must
have the same conversions and read like Chinese. Prints file:line for each fault; exits 1 when
there is one.
"""

import argparse
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import c_source  # noqa: E402

# Which arguments of a call are keys (counted from 0): these translate them themselves. Functions
# that hand a parameter on to one of these are found by find_translators().
TRANSLATED_ARGUMENTS = {
    "T": {0},
    "N_T": {0},
    "message_translate": {0},
    "err_set": {2},
    "err_set_errno": {2},
    "err_set_at": {4},
    "err_set_errno_at": {4},
    "err_wrap": {1},
    "err_hint": {1},
}

# Which arguments of a call people read as they are: a literal with words in it lacks its T().
SHOWN_ARGUMENTS = {
    "ui_step_begin": {2},
    "ui_step_end": {2},
    "ui_status": {1},
    "ui_note": {1},
    "ui_detail": {1},
    "ui_warning": {1, 2},
    "ui_problem": {3, 4},
    "ui_record": {4},
    "UI_RECORD": {3},
    "ui_ask": {1},
    "ui_confirm": {1},
}

# Members of option and verb tables whose text is translated when it is shown.
TRANSLATED_MEMBERS = {"help", "title"}
# The same by position: {letter, name, argument, OPTION_…, offset, choices, help} and
# {name, arguments, min, max, rows, help, tag} (bundle/base/option.h).
OPTION_KINDS = {"OPTION_FLAG", "OPTION_TEXT", "OPTION_LIST", "OPTION_NUMBER", "OPTION_CHOICE"}
TABLE_HELP = {"option_verb": (7, 5), "option_program": (5, 1)}

# Whose rows a room may use. The first is where its own missing rows belong.
TABLES_OF_ROOM = {
    "bundle": ["bundle"],
    "builder": ["builder", "bundle"],
    "stub": ["stub", "bundle"],
}

# The project's terms (DESIGN.md, end of section 1): English word -> what the Chinese must contain.
TERMS = [
    (r"\bmirrors?\b", ["镜像源"]),
    (r"\binstallers?\b", ["离线安装包"]),
    (r"\bdigests?\b", ["摘要"]),
    (r"\bcrash loop\b", ["反复重启"]),
    (r"\bpreflight\b", ["安装前检查"]),
    (r"\bimages?\b", ["镜像"]),
]

CONVERSION = re.compile(
    r"%(?:(?P<percent>%)|(?P<position>\d+\$)?[-+ #0']*(?P<width>\*(?:\d+\$)?|\d+)?"
    r"(?:\.(?P<precision>\*(?:\d+\$)?|\d*))?(?:(?P<length>hh|h|ll|l|j|z|t|L)?(?P<type>[diouxXeEfFgGaAcspn])"
    r"|\{(?P<macro>PRI\w+)\})|(?P<bad>))"
)
CJK = re.compile(r"[\u3400-\u9fff]")
HALF_WIDTH = re.compile(r"[\u3400-\u9fff][,;:?!]")


class Faults:
    def __init__(self):
        self.lines = []

    def add(self, path, line, what, *more):
        self.lines.append((path, line, what, more))

    def show(self):
        for path, line, what, more in sorted(self.lines, key=lambda fault: fault[:3]):
            print(f"{path}:{line}: {what}")
            for text in more:
                print(f"    {text}")


def conversions(text):
    """{position: type} of a format; raises ValueError with the reason when it is no good one."""
    found, implicit, explicit = {}, 0, False

    def put(position, kind):
        if found.setdefault(position, kind) != kind:
            raise ValueError(f"argument {position} is used as two types")

    for match in CONVERSION.finditer(text):
        if match["percent"]:
            continue
        if match["bad"] is not None:
            raise ValueError(f"no conversion at “{text[match.start():match.start() + 6]}”")
        if match["type"] == "n":
            raise ValueError("%n is not allowed")
        for star in (match["width"], match["precision"]):
            if star and star.startswith("*"):
                if star != "*":
                    put(int(star[1:-1]), "int")
                else:
                    implicit += 1
                    put(implicit, "int")
        kind = match["macro"] or (match["length"] or "") + match["type"]
        if match["position"]:
            explicit = True
            put(int(match["position"][:-1]), kind)
        else:
            implicit += 1
            put(implicit, kind)
    if explicit and implicit:
        raise ValueError("numbered and plain conversions in one text")
    if found and sorted(found) != list(range(1, len(found) + 1)):
        raise ValueError("an argument is left out")
    return found


def read_table(root, room, faults):
    """{english: (zh, line)} of a room's messages.def."""
    path = f"{room}/messages.def"
    rows = {}
    full = os.path.join(root, path)
    if not os.path.exists(full):
        faults.add(path, 1, "the table is missing")
        return rows
    toks = c_source.tokens(c_source.read(full))
    index = 0
    while index < len(toks):
        tok = toks[index]
        if tok.kind != "word" or tok.text != "M" or index + 1 >= len(toks) or toks[index + 1].text != "(":
            faults.add(path, tok.line, f"expected M(\"english\", \"中文\"), found {tok.text}")
            return rows
        arguments, index = c_source.call_arguments(toks, index + 1)
        if [[t.kind for t in argument] for argument in arguments] != [["string"], ["string"]]:
            faults.add(path, tok.line, "a row has two string literals")
            continue
        english, chinese = arguments[0][0].text, arguments[1][0].text
        if english in rows:
            faults.add(path, tok.line, f"the row is here twice (also line {rows[english][1]})", english)
        rows[english] = (chinese, tok.line)
    return rows


def check_row(path, line, english, chinese, faults):
    if not chinese.strip():
        faults.add(path, line, "the Chinese is empty", english)
        return
    try:
        wanted = conversions(english)
    except ValueError as why:
        faults.add(path, line, f"English: {why}", english)
        return
    try:
        found = conversions(chinese)
        if found != wanted:
            order = lambda kinds: " ".join(f"%{kinds[k]}" for k in sorted(kinds)) or "none"
            faults.add(path, line, f"conversions differ: English {order(wanted)}, Chinese {order(found)}",
                       english, chinese)
    except ValueError as why:
        faults.add(path, line, f"Chinese: {why}", english, chinese)
    words = re.sub(r"\{PRI\w+\}", "", CONVERSION.sub(" ", english))
    if re.search(r"[a-z]{3}.* .*[a-z]{3}", words) and not CJK.search(chinese):
        faults.add(path, line, "the Chinese has no Chinese character", english, chinese)
    if CJK.search(english):
        faults.add(path, line, "the English has Chinese characters", english)
    for pattern, any_of in TERMS:
        if re.search(pattern, re.sub(r"`[^`]*`|--?[a-z-]+|\S*[./_]\S*|\b\w+:(?=\s)", " ", words), re.I) and not any(
            term in chinese for term in any_of
        ):
            faults.add(path, line, f"the project's term is {' or '.join(any_of)}", english, chinese)
    if HALF_WIDTH.search(chinese):
        faults.add(path, line, "half-width punctuation after a Chinese character", chinese)
    for side in (lambda s: s[:1], lambda s: s[-1:]):
        if side(chinese) in ("（", "）", "："):
            continue  # full-width brackets and colons bring their own space along
        if side(english).isspace() != side(chinese).isspace():
            faults.add(path, line, "white space at one end differs", english, chinese)
            break


def find_translators(files):
    """Adds functions whose parameter becomes a key in their body. files: token lists."""
    found = {name: set(which) for name, which in TRANSLATED_ARGUMENTS.items()}
    functions = [function for toks in files for function in c_source.functions(toks)]
    grew = True
    while grew:
        grew = False
        for name, parameters, body in functions:
            for index, tok in enumerate(body[:-1]):
                if tok.text not in found or body[index + 1].text != "(" or name == tok.text:
                    continue
                arguments, _ = c_source.call_arguments(body, index + 1)
                for which in found[tok.text]:
                    if which >= len(arguments) or len(arguments[which]) != 1:
                        continue
                    key = arguments[which][0].text
                    if key in parameters and parameters.index(key) not in found.get(name, set()):
                        found.setdefault(name, set()).add(parameters.index(key))
                        grew = True
    return found


def table_literals(toks):
    """Yields the help texts of option tables that are written by position."""
    table, depth = None, 0
    for index, tok in enumerate(toks):
        if tok.kind == "word" and tok.text in TABLE_HELP and depth == 0:
            table = tok.text
        if tok.kind != "punct":
            continue
        if tok.text == ";" and depth == 0:
            table = None
        if tok.text == "{":
            depth += 1
            row, _ = c_source.call_arguments(toks, index)
            if len(row) >= 7 and len(row[3]) == 1 and row[3][0].text in OPTION_KINDS:
                yield from (t for t in row[6] if t.kind == "string")
            elif table and len(row) >= TABLE_HELP[table][1] + 1 and len(row) <= TABLE_HELP[table][0] + 1:
                yield from (t for t in row[TABLE_HELP[table][1]] if t.kind == "string")
        elif tok.text == "}":
            depth -= 1


def translated_literals(toks, translators):
    """Yields (line, text) of each literal that its place of use translates."""
    for literal in table_literals(toks):
        yield literal.line, literal.text
    for index, tok in enumerate(toks[:-1]):
        following = toks[index + 1]
        if tok.kind == "word" and tok.text in translators and following.text == "(":
            arguments, _ = c_source.call_arguments(toks, index + 1)
            for which in sorted(translators[tok.text]):
                if which < len(arguments):
                    # A choice (a ? "x" : "y") has several; what a nested call holds is that call's business.
                    for literal in own_literals(arguments[which]):
                        yield literal.line, literal.text
        elif (
            tok.kind == "punct" and tok.text == "." and following.text in TRANSLATED_MEMBERS
            and index + 3 < len(toks) and toks[index + 2].text == "=" and toks[index + 3].kind == "string"
        ):
            yield toks[index + 3].line, toks[index + 3].text


def untranslated_literals(toks):
    """Yields (line, call, text) of literals that people would read in English whatever they speak."""
    for index, tok in enumerate(toks[:-1]):
        if tok.kind == "word" and tok.text in SHOWN_ARGUMENTS and toks[index + 1].text == "(":
            arguments, _ = c_source.call_arguments(toks, index + 1)
            for which in sorted(SHOWN_ARGUMENTS[tok.text]):
                if which < len(arguments):
                    for literal in own_literals(arguments[which]):
                        yield literal.line, tok.text, literal.text


def own_literals(argument):
    index = 0
    while index < len(argument):
        tok = argument[index]
        if tok.kind == "word" and index + 1 < len(argument) and argument[index + 1].text == "(":
            _, index = c_source.call_arguments(argument, index + 1)
            continue
        if tok.kind == "string":
            yield tok
        index += 1


def needs_no_row(text):
    """A text without a word in it ("%s", "%s: %s") is the same in every language."""
    return not re.search(r"[A-Za-z]", re.sub(r"\{PRI\w+\}", "", CONVERSION.sub("", text)))


def check(root, show_list=False):
    faults = Faults()
    tables = {room: read_table(root, room, faults) for room in TABLES_OF_ROOM}
    for room, rows in tables.items():
        for english, (chinese, line) in rows.items():
            check_row(f"{room}/messages.def", line, english, chinese, faults)
            other = tables["bundle"].get(english)
            if room != "bundle" and other:
                faults.add(f"{room}/messages.def", line, f"bundle/messages.def:{other[1]} has this row already", english)

    used = {room: set() for room in tables}
    count = 0
    files = {room: {path: c_source.tokens(c_source.read(os.path.join(root, path)))
                    for path in c_source.sources(root, room)} for room in tables}
    for room, visible in TABLES_OF_ROOM.items():
        reachable = [toks for name in set(visible) for toks in files[name].values()]
        translators = find_translators(reachable)
        for path, toks in files[room].items():
            for tok in toks:
                if tok.kind == "string":
                    for table in visible:
                        if tok.text in tables[table]:
                            used[table].add(tok.text)
            for line, call, text in untranslated_literals(toks):
                if not needs_no_row(text):
                    faults.add(path, line, f"{call}() shows this text as it is: write T(\"...\")", text)
            for line, text in translated_literals(toks, translators):
                count += 1
                if show_list:
                    print(f"{path}:{line}: {text!r}")
                if needs_no_row(text) or any(text in tables[table] for table in visible):
                    continue
                faults.add(path, line, f"no row in {visible[0]}/messages.def", text)
    for room, rows in tables.items():
        for english, (_, line) in rows.items():
            if english not in used[room]:
                faults.add(f"{room}/messages.def", line, "no source uses this row", english)
    return faults, count, sum(len(rows) for rows in tables.values())


def tidy(root):
    """Sorts the tables and drops what is there twice; rows stay as they are written."""
    for room in TABLES_OF_ROOM:
        path = os.path.join(root, room, "messages.def")
        text = c_source.read(path)
        rows = re.split(r"^(?=M\()", text, flags=re.M)
        keys = {}
        for row in rows[1:]:
            arguments, _ = c_source.call_arguments(c_source.tokens(row), 1)
            keys.setdefault((arguments[0][0].text, arguments[1][0].text), row.rstrip() + "\n")
        with open(path, "w", encoding="utf-8") as handle:
            handle.write(rows[0] + "".join(sorted(keys.values())))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser.add_argument("--list", action="store_true", help="print every translated text with its place")
    parser.add_argument("--tidy", action="store_true", help="first sort the tables and drop equal rows")
    options = parser.parse_args()
    if options.tidy:
        tidy(options.root)
    faults, texts, rows = check(options.root, options.list)
    faults.show()
    print(f"messages: {texts} texts, {rows} rows, {len(faults.lines)} faults")
    return 1 if faults.lines else 0


if __name__ == "__main__":
    sys.exit(main())
