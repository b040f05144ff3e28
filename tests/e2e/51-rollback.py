"""An upgrade that fails, whatever way: rows, files, images are what they were, and the old stack is proven again."""
import upgrade_stack as stack

UNHEALTHY = '["CMD", "false"]'
# What goes wrong, the exit code, and a word of the cause.
FAILURES = (
    ("crash", {"first": stack.RUINS}, 14, "crashes again and again"),
    ("smoke", {"first": stack.SPOILS, "status": 418}, 15, "418"),
)


def fails(t, engine, file, name, code, word):
    done = t.installer(file, "install", "--yes", engine=engine)
    t.check(done.code == code and word in done.err and "version 1.2.0 is back" in done.err and "proven" in done.err,
            f"{name}: {code}, with the cause, and that the old version is back", done)


def story(t):
    engine = t.bench.engine("v28")
    old = stack.first_version(t)
    t.need(t.installer(old, "install", "--yes", engine=engine).code == 0, "the first version: 0")
    with open(stack.home(t, "compose.yaml"), "a", encoding="utf-8") as text:
        text.write("# mine\n")
    before, env, compose = stack.visit(t, engine), stack.read(stack.home(t, ".env")), stack.read(stack.home(t, "compose.yaml"))
    for name, how, code, word in FAILURES:
        file = stack.second_version(t, name, template="SESSION_KEY={{secret hex 16}}\n", **how)
        fails(t, engine, file, name, code, word)
        stack.is_old(t, engine, before, env, name)
        t.check(stack.read(stack.home(t, "compose.yaml")) == compose, f"{name}: what the person wrote is back")
    done = t.installer(stack.home(t, "hardtack-control"), "smoke", engine=engine)
    t.check(done.code == 0, "the old control program proves the old version: 0", done)
    t.check(t.installer(old, "uninstall", "--yes", "--purge-data", engine=engine).code == 0, "uninstall: 0")

    words = ("--platform", "linux/amd64")
    engine = t.bench.engine("v28c")
    old = stack.first_version(t, "darwin-arm64", *words)
    done = t.installer(old, "install", "--yes", engine=engine)
    t.need(done.code == 0, "Mach-O on v28c: the first version: 0", done)
    before, env = stack.visit(t, engine), stack.read(stack.home(t, ".env"))
    file = stack.second_version(t, "macho", "darwin-arm64", *words, first=stack.SPOILS, healthy=UNHEALTHY, timeout="12s")
    fails(t, engine, file, "Mach-O", 13, "web")
    stack.is_old(t, engine, before, env, "Mach-O")
