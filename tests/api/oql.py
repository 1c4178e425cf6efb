"""Filters as OQL text: what the SDKs write, with OR, NOT and parentheses."""
import re

from query_model import TYPES, as_text

BINDS = {"or": 0, "and": 1, "not": 2, "test": 3}


def quoted(text, quote='"'):
    return quote + text.replace(quote, quote * 2) + quote


class Printer:
    """Writes nodes; `rng` varies what does not matter: case of the words, spaces, needless
    parentheses, quotes around keys."""

    def __init__(self, rng, kind):
        self.rng, self.kind = rng, kind

    def space(self, needed=True):
        return self.rng.choice([" ", " ", "  ", "\n", "\t "] + ([] if needed else ["", ""]))

    def word(self, text):
        return self.rng.choice([text, text.upper(), text.title()])

    def node(self, node, inside=0):
        """`inside`: how tightly what stands around it binds."""
        form = next((form for form in ("or", "and", "not") if form in node), "test")
        if form == "test":
            text = self.test(node)
        elif form == "not":
            text = self.word("not") + self.space() + self.node(node["not"], BINDS["not"])
        else:
            text = (self.space() + self.word(form) + self.space()).join(
                self.node(child, BINDS[form] + 1) for child in node[form])
        if BINDS[form] < inside or self.rng.random() < 0.1:
            return f"({self.space(False)}{text}{self.space(False)})"
        return text

    def test(self, test):
        op = test["operator"]
        text = self.field(test) + self.space(op[0].isalpha()) + op
        if op in ("is_empty", "is_not_empty"):
            return text
        if op in ("in", "not_in"):
            parts = [part for part in test["value"].split(",") if part.strip()] or [","]
            return text + self.space() + "(" + ", ".join(map(quoted, parts)) + ")"
        return text + self.space(op[0].isalpha()) + self.value(test)

    def field(self, test):
        field, key = test["field"], test.get("key")
        if not key:
            return field
        if re.fullmatch(r"[A-Za-z0-9_]+", key) and self.rng.random() < 0.5:
            return f"{field}.{key}"
        return f"{field}.{quoted(key, self.rng.choice(QUOTES))}"

    def value(self, test):
        value = as_text(test["value"])
        is_number = re.fullmatch(r"-?\d+(\.\d+)?", value)
        if is_number and TYPES[self.kind].get(test["field"]) != "string" \
                and self.rng.random() < 0.7:
            return value
        return quoted(value)


QUOTES = ('"', "'")
