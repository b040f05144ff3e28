"""What a checker found: named rules, each held or violated."""


class Report:
    """Collects rules by name. A rule that was looked at several times and failed once is violated."""

    def __init__(self):
        self.held = {}
        self.violations = []
        self.facts = []

    def rule(self, name, holds, detail=""):
        """Records one look at a rule; returns whether it holds."""
        self.held[name] = self.held.get(name, True) and bool(holds)
        if not holds:
            self.violations.append((name, detail))
        return bool(holds)

    def fact(self, text):
        """Something worth showing that is no rule."""
        self.facts.append(text)

    def violated(self):
        return sorted(name for name, good in self.held.items() if not good)

    def show(self, verbose=False):
        for name, detail in self.violations:
            print(f"violated {name}: {detail}")
        if verbose:
            for text in self.facts:
                print(f"info {text}")
            for name in sorted(self.held):
                if self.held[name]:
                    print(f"held {name}")
        print(f"{len(self.held)} rules, {len(self.violated())} violated")


class Malformed(Exception):
    """The file cannot be read any further: rule name and detail."""

    def __init__(self, name, detail):
        super().__init__(f"{name}: {detail}")
        self.name, self.detail = name, detail
