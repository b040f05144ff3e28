"""kill -9 in the middle of an upgrade: the new installer finishes it; the control program, or the old installer, goes back."""
import upgrade_stack as stack


def killed(t, engine, file, phase, **how):
    process = t.popen([file, "install", "--yes"], engine)
    t.need(stack.kill_at(t, process, phase, **how), f"the upgrade is killed when it is \"{phase}\"", t.said())


def explains(t, engine, file):
    control = stack.home(t, "hardtack-control")
    for verb in ("status", "doctor"):
        done = t.installer(control, verb, engine=engine)
        t.check(done.code != 0 and "1.2.0" in done.err + done.out and "2.0.0" in done.err + done.out
                and file in done.err + done.out and "rollback" in done.err + done.out,
                f"{verb}: from what to what, how to finish, how to go back", done)
    done = t.installer(control, "start", engine=engine)
    t.check(done.code == 11 and "rollback" in done.err, "start: 11, for nobody knows whose data it is", done)


def story(t):
    engine = t.bench.engine("v28")
    old = stack.first_version(t)
    new = stack.second_version(t, "v2", first=stack.MIGRATES, template="SESSION_KEY={{secret hex 16}}\n")
    ruinous = stack.second_version(t, "ruinous", first=stack.SPOILS, healthy='["CMD", "false"]')
    t.need(t.installer(old, "install", "--yes", engine=engine).code == 0, "the first version: 0")
    before, env = stack.visit(t, engine), stack.read(stack.home(t, ".env"))

    killed(t, engine, ruinous, "started", also=lambda: stack.is_emptied(engine))
    explains(t, engine, ruinous)
    done = t.installer(stack.home(t, "hardtack-control"), "rollback", "--yes", engine=engine)
    t.check(done.code == 0 and "1.2.0 is back" in done.err, "killed with the data spoilt: the control program goes back: 0", done)
    stack.is_old(t, engine, before, env, "gone back")

    killed(t, engine, new, "changing")
    done = t.installer(old, "install", "--yes", engine=engine)
    t.check(done.code == 0 and "1.2.0 is back" in done.err, "killed between the files: the old installer goes back: 0", done)
    stack.is_old(t, engine, before, env, "the old installer")

    for phase in ("saving", "started"):
        killed(t, engine, new, phase)
        done = t.installer(new, "install", "--yes", engine=engine)
        t.need(done.code == 0, f"killed when it was \"{phase}\": the new installer finishes it: 0", done)
        found = stack.rows(engine)
        t.check(found == before and stack.receipt(t)["version"] == "2.0.0", "every row is there", f"{before}---\n{found}")
        if phase == "saving":
            t.check(t.installer(new, "uninstall", "--yes", "--purge-data", engine=engine).code == 0, "uninstall: 0")
            done = t.installer(old, "install", "--yes", engine=engine)
            t.need(done.code == 0, "the first version again: 0", done)
            before = stack.visit(t, engine)
