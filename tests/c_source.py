"""Reads C source as tokens: what the repository's self-checks need, and no more than that.

Comments vanish, line numbers stay, adjacent string literals are one. Not a compiler: preprocessor
conditions are ignored, so every branch is looked at.
"""

import os
import re

TOKEN = re.compile(
    r"""
    (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<string>(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*")
  | (?P<char>(?:u8|[uUL])?'(?:[^'\\\n]|\\.)*')
  | (?P<directive>^[ \t]*\#[ \t]*(?:include|error|warning|pragma|line)\b(?:[^\n\\]|\\.)*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
  | (?P<space>\s+|\\\n)
  | (?P<punct>.)
    """,
    re.X | re.S | re.M,
)

ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]+)|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(\n|.))", re.S)
SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "e": "\x1b", "\n": ""}

# <inttypes.h> length names inside a format literal: their value differs between systems, so they
# stand for themselves here, in the sources and in the tables alike.
FORMAT_MACRO = re.compile(r"PRI[diouxX](?:8|16|32|64|MAX|PTR)$")


class Token:
    """kind is string, char, word, number or punct; text of a string is its value."""

    __slots__ = ("kind", "text", "line")

    def __init__(self, kind, text, line):
        self.kind, self.text, self.line = kind, text, line

    def __repr__(self):
        return f"{self.kind}:{self.text!r}@{self.line}"


def string_value(literal):
    """The bytes of a literal, as text: \\xe4-style UTF-8 bytes come out as the characters they are."""

    def one(match):
        octal, hexadecimal, short, long, simple = match.groups()
        if octal:
            return chr(int(octal, 8))
        if hexadecimal:
            return bytes([int(hexadecimal, 16) & 0xFF]).decode("latin-1")
        if short or long:
            return chr(int(short or long, 16))
        return SIMPLE.get(simple, simple)

    return ESCAPE.sub(one, literal[literal.index('"') + 1 : -1])


def tokens(text):
    """Lists the tokens of a source text, adjacent string literals (and PRIu64 and its like) joined."""
    out = []
    line = 1
    for match in TOKEN.finditer(text):
        kind = match.lastgroup
        value = match.group()
        at, line = line, line + value.count("\n")
        if kind in ("comment", "space", "directive"):
            continue
        if kind == "string":
            value = string_value(value)
        elif kind == "word" and FORMAT_MACRO.match(value):
            kind, value = "string", "{" + value + "}"
        if kind == "string" and out and out[-1].kind == "string":
            out[-1].text += value
            continue
        out.append(Token(kind, value, at))
    return out


def call_arguments(toks, index):
    """toks[index] is the '(' of a call: the arguments as lists of tokens, and the index after ')'."""
    arguments, current, depth = [], [], 0
    while index < len(toks):
        tok = toks[index]
        index += 1
        if tok.kind == "punct":
            if tok.text in "([{":
                depth += 1
                if depth == 1:
                    continue
            elif tok.text in ")]}":
                depth -= 1
                if depth == 0:
                    if current or arguments:
                        arguments.append(current)
                    break
            elif tok.text == "," and depth == 1:
                arguments.append(current)
                current = []
                continue
        current.append(tok)
    return arguments, index


def functions(toks):
    """Yields (name, parameter names, body tokens) of each function definition."""
    index = 0
    while index < len(toks) - 1:
        tok = toks[index]
        if tok.kind == "punct" and tok.text == "{":
            _, index = call_arguments(toks, index)  # a struct, a table: skipped
            continue
        if tok.kind == "word" and toks[index + 1].text == "(":
            parameters, after = call_arguments(toks, index + 1)
            if after < len(toks) and toks[after].text == "{":
                end = end_of_block(toks, after)
                names = [[t.text for t in parameter if t.kind == "word"][-1:] for parameter in parameters]
                yield tok.text, [name[0] if name else "" for name in names], toks[after:end]
                index = end
                continue
        index += 1


def end_of_block(toks, index):
    """toks[index] is a '{': the index behind its '}'."""
    depth = 0
    while index < len(toks):
        if toks[index].kind == "punct":
            depth += {"{": 1, "}": -1}.get(toks[index].text, 0)
            if depth == 0:
                return index + 1
        index += 1
    return index


def read(path):
    with open(path, encoding="utf-8") as handle:
        return handle.read()


def sources(root, folder, endings=(".c", ".h")):
    """Paths below root/folder with one of the endings, relative to root, sorted."""
    found = []
    for directory, folders, files in os.walk(os.path.join(root, folder)):
        folders.sort()
        found += [os.path.relpath(os.path.join(directory, name), root) for name in files if name.endswith(endings)]
    return sorted(found)
