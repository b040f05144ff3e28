"""What bench.json says, as tables, as goals held or missed, and as plots."""
import json
import os
import platform
import statistics
import subprocess
import xml.sax.saxutils

from inputs import Payload

COLOURS = ("#0b6e99", "#c2571a", "#3a7d44", "#7b4397", "#8a6d1d", "#666666")
TITLES = {
    "build": "Build: one installer from images that are here",
    "verify": "Verify: every byte of the file",
    "load": "Load into a clean engine",
    "install": "From the file to the proven application, on a clean engine",
    "again": "Run again with everything present",
    "first": "To the first word",
}
REFERENCE = {"build": "copy and hash (openssl)", "verify": "openssl dgst -sha256", "load": "docker load -i, the same archive",
             "install": "docker load, compose up, a request"}

LOAD_NOTE = (
    "Before and behind `docker load` the installer verifies every byte and calls docker's command line; a call takes docker a twentieth of a second and more, whatever the size. "
    "In the load the engine is the limit: it unpacks one image on little more than one core, and nothing that was tried (raw layers, a larger pipe: docs/facts/docker.md) "
    "makes it faster at that. Images without a common layer go to a classic store in two loads at once: there the engine uses both cores. "
    "Behind the load, the proof makes a container of every image, and the unmounting of its first overlay waits until the kernel has written what the load left in memory to the "
    "disk (docs/facts/docker.md): `docker load -i` ends before that, and whoever starts the application by hand pays it there.")

NOTES = {
    "build": (
        "Every byte is hashed three times: as its blob's (the digest that was pinned) and, on a second thread that also writes, as its page's (root and code signature), and then in the "
        "whole file's SHA-256. That one starts with the head, and the head has the root, so it begins when all else has ended: the limit is two hashes, one behind the other, with the "
        "copy beside the first. To one copy and one hash that is 1.1 where SHA-256 is as fast as a copy, and up to 2 where it is slower. A third thread for the writing was slower on two "
        "cores. A blob costs about 0.1 ms besides (opened, its proof looked up, a row in the manifest), which shows from a thousand blobs on. The first build inflates every layer to prove it."),
    "verify": (
        "Behind the pages come the tar's headers against the manifest's rows, one by one: about 10 microseconds a blob on one core. It shows with 10,000 blobs of 6 KiB, "
        "which no real image has, and is below the noise at a hundred."),
}


def median(values):
    return statistics.median(values)


def first_line(*argv):
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=20, check=False)
        return (done.stdout.splitlines() or [""])[0].strip("* ")
    except OSError:
        return ""


def machine(hardtack):
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2 ** 30
    return {"cpu": (names or [platform.machine()])[0], "cores": os.cpu_count(), "memory_gib": round(memory_gib), "kernel": platform.release(),
            "load_at_the_end": round(os.getloadavg()[0], 1), "hardtack": first_line(hardtack, "version"), "openssl": first_line("openssl", "version"),
            "zstd": first_line("zstd", "--version"), "makeself": first_line("makeself", "--version")}


def of(results, figure, **wanted):
    return [row for row in results["rows"] if row["figure"] == figure and all(row[key] == value for key, value in wanted.items())]


def payload_of(row):
    return Payload(*(row[key] for key in Payload._fields))


def payloads(results, figure):
    return list(dict.fromkeys(map(payload_of, of(results, figure))))


def seconds(value):
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s" if value < 100 else f"{value:.0f} s"


def table(results, figure):
    lines = ["| payload | | median | slowest | ratio | peak memory |", "|---|---|---|---|---|---|"]
    for payload in payloads(results, figure):
        rows = of(results, figure, **payload._asdict())
        base = next((median(row["seconds"]) for row in rows if row["contender"] == REFERENCE.get(figure)), None)
        for row in rows:
            value = median(row["seconds"])
            ratio = f"{value / base:.2f}" if base else ""
            memory = f"{row['peak_kib'] / 1024:.1f} MiB" if row["peak_kib"] else ""
            name = row["contender"].replace("|", "\\|")
            lines.append(f"| {payload} | {name} | {seconds(value)} | {seconds(max(row['seconds']))} | {ratio} | {memory} |")
    return lines


# ---- where the time of a load goes ----

def load_table(results):
    lines = ["| payload | | wall | processors: the program, and docker's command line that it starts | the engine's | the engine's, to the wall |", "|---|---|---|---|---|---|"]
    for row in of(results, "load"):
        wall, ours, engine = (median(row[key]) for key in ("seconds", "cpu", "engine_cpu"))
        lines.append(f"| {payload_of(row)} | {row['contender']} | {seconds(wall)} | {seconds(ours)} | {seconds(engine)} | {engine / wall:.2f} |")
    lines += ["", "| payload | verify | ask docker | docker load | prove | calls of docker |", "|---|---|---|---|---|---|"]
    for row in of(results, "phases"):
        parts = {key: median([run[key] for run in row["runs"]]) for key in row["runs"][0]}
        lines.append(f"| {payload_of(row)} | {' | '.join(seconds(parts[key]) for key in ('verify', 'ask', 'load', 'prove'))} | {parts['calls']:.0f} |")
    return lines


# ---- goals ----

def worst_ratio(results, figure, ours, theirs):
    """The largest ratio of medians over all payloads, and where."""
    found = []
    for payload in payloads(results, figure):
        rows = {row["contender"]: median(row["seconds"]) for row in of(results, figure, **payload._asdict())}
        if ours in rows and theirs in rows:
            found.append((rows[ours] / rows[theirs], str(payload)))
    return max(found, default=(None, ""))


def size_table(results):
    """What the file has besides its images; a blob's price is what grows with their number."""
    lines = ["| payload | file | images | programs and files | the rest | of the images | the rest, a blob |", "|---|---|---|---|---|---|---|"]
    for row in of(results, "overhead"):
        parts = row["parts"]
        programs, rest = parts["program"] + parts["files"], row["file_bytes"] - parts["program"] - parts["files"] - parts["blobs"]
        lines.append(f"| {payload_of(row)} | {row['file_bytes'] / 2 ** 20:.1f} MiB | {parts['blobs'] / 2 ** 20:.1f} MiB | "
                     f"{programs / 2 ** 20:.1f} MiB | {rest / 2 ** 10:.0f} KiB | {100 * rest / parts['blobs']:.2f} % | {rest / row['layers']:.0f} B |")
    return lines


def worst(results, figure, contender):
    return max(((median(row["seconds"]), str(payload_of(row))) for row in of(results, figure, contender=contender)), default=(None, ""))


def memory(results):
    rows = [row for row in results["rows"] if row["contender"].startswith("installer") and row.get("peak_kib")]
    return max(((row["peak_kib"] / 1024, f"{row['contender']}, {payload_of(row)}") for row in rows), default=(None, ""))


def overhead(results):
    """Percent of the images' bytes that the file has on top, programs not counted."""
    found = []
    for row in of(results, "overhead"):
        parts = row["parts"]
        extra = parts["index"] + parts["manifest"] + parts["framing"] + parts["alignment"] + parts["signature"]
        found.append((100 * extra / parts["blobs"], str(payload_of(row))))
    return max(found, default=(None, ""))


def goals(results):
    """[(goal, limit, unit, measured, where)]"""
    return [
        ("verify, to openssl's pass over the same bytes", 1.1, "x", *worst_ratio(results, "verify", "installer verify", "openssl dgst -sha256")),
        ("verify on one core, to openssl on one", 1.1, "x", *worst_ratio(results, "verify", "installer verify, one core", "openssl, one core")),
        ("build of images built before, to one copy and one hash (openssl)", 1.3, "x", *worst_ratio(results, "build", "hardtack build", REFERENCE["build"])),
        ("build, to the same with sha256sum", 1.3, "x", *worst_ratio(results, "build", "hardtack build", "copy and hash (sha256sum)")),
        ("load, verified and proven, to docker load", 1.0, "x", *worst_ratio(results, "load", "installer load, verified and proven", REFERENCE["load"])),
        ("run again with everything present", 2.0, "s", *worst(results, "again", "installer install, everything present")),
        ("the first word", 0.05, "s", *worst(results, "first", "installer verify: first word")),
        ("the installer's peak memory", 24, "MiB", *memory(results)),
        ("the file's size over its images, without the programs", 0.5, "%", *overhead(results)),
    ]


USUAL_LAYERS = 100  # of one payload; real images have fewer


def goal_lines(results):
    lines = [f"| goal | at most | worst measured | at | | worst up to {USUAL_LAYERS} layers | |", "|---|---|---|---|---|---|---|"]
    usual = goals({**results, "rows": [row for row in results["rows"] if row["layers"] <= USUAL_LAYERS]})

    def judged(value, limit, unit):
        return [f"{value:.3g} {unit}", "held" if value <= limit else "missed"]
    for (goal, limit, unit, value, where), (*_, usual_value, _) in zip(goals(results), usual):
        if value is None:
            lines.append(f"| {goal} | {limit} {unit} | | | not measured | | |")
            continue
        measured, word = judged(value, limit, unit)
        cells = [measured, where, word, *(judged(usual_value, limit, unit) if usual_value is not None else ["", ""])]
        lines.append(f"| {goal} | {limit} {unit} | {' | '.join(cells)} |")
    return lines


# ---- plots ----

def plot(title, x_name, y_name, series):
    """SVG of {name: [(x, y)]}, both axes logarithmic: sizes and times span orders of magnitude."""
    import math
    points = [point for line in series.values() for point in line]
    width, height, left, bottom, top = 720, 420, 70, 50, 40
    bounds = [(math.floor(math.log10(min(p[i] for p in points))), math.ceil(math.log10(max(p[i] for p in points)) + 1e-9)) for i in (0, 1)]
    bounds = [(low, high if high > low else low + 1) for low, high in bounds]

    def place(value, axis):
        low, high = bounds[axis]
        share = (math.log10(value) - low) / (high - low)
        return left + share * (width - left - 210) if axis == 0 else height - bottom - share * (height - bottom - top)

    def text(x, y, words, more=""):
        return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{xml.sax.saxutils.escape(words)}</text>'
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>', text(left, 22, title, 'font-size="15"')]
    for axis in (0, 1):
        for power in range(bounds[axis][0], bounds[axis][1] + 1):
            at, label = place(10.0 ** power, axis), f"{10.0 ** power:g}"
            if axis == 0:
                out += [f'<path d="M{at:.1f} {top}V{height - bottom}" stroke="#ddd"/>', text(at, height - bottom + 16, label, 'text-anchor="middle"')]
            else:
                out += [f'<path d="M{left} {at:.1f}H{width - 210}" stroke="#ddd"/>', text(left - 6, at + 4, label, 'text-anchor="end"')]
    out += [text((left + width - 210) / 2, height - 12, x_name, 'text-anchor="middle"'), text(14, top - 6, y_name)]
    for number, (name, line) in enumerate(series.items()):
        colour, y = COLOURS[number % len(COLOURS)], top + 14 + 18 * number
        path = " ".join(f"{'L' if i else 'M'}{place(x, 0):.1f} {place(y_, 1):.1f}" for i, (x, y_) in enumerate(line))
        out += [f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>']
        out += [f'<circle cx="{place(x, 0):.1f}" cy="{place(y_, 1):.1f}" r="3" fill="{colour}"/>' for x, y_ in line]
        out += [f'<rect x="{width - 202}" y="{y - 9}" width="10" height="10" fill="{colour}"/>', text(width - 188, y, name)]
    return "\n".join(out + ["</svg>"]) + "\n"


def series_of(results, figure, over, value):
    """{contender: [(x, y)]}: over sizes (one layer a chunk), or over the numbers of layers at one size; as few images as can be."""
    rows = [row for row in of(results, figure) if payload_of(row) == payload_of(row)._replace(images=1).whole()]
    sizes = {}
    for row in rows:
        sizes.setdefault(row["size_mib"], set()).add(row["layers"])
    swept = max(sizes, key=lambda size: len(sizes[size]), default=None)
    lines = {}
    for row in rows:
        y = value(row)
        here = row["layers"] == min(sizes[row["size_mib"]]) if over == "size_mib" else row["size_mib"] == swept
        if here and y > 0:
            lines.setdefault(row["contender"], []).append((row[over], y))
    return {name: sorted(line) for name, line in lines.items() if len(line) > 1}


def plots(results):
    """{file name: SVG}"""
    def time_of(row):
        return median(row["seconds"])

    def memory_of(row):
        return row["peak_kib"] / 1024
    wanted = [(f"{figure}-{word}.svg", TITLES[figure], name, "seconds", series_of(results, figure, over, time_of))
              for figure in ("build", "verify", "load", "install") for word, over, name in (("size", "size_mib", "MiB of layers"), ("layers", "layers", "layers"))]
    wanted += [(f"memory-{figure}-{word}.svg", f"Peak memory: {figure}", name, "MiB", series_of(results, figure, over, memory_of))
               for figure in ("build", "verify", "load") for word, over, name in (("size", "size_mib", "MiB of layers"), ("layers", "layers", "layers"))]
    return {file: plot(title, x, y, series) for file, title, x, y, series in wanted if series}


# ---- the files ----

def document(results, files):
    about = results["machine"]
    lines = ["# Bench", "", f"Made by `make bench`: medians of {results['turns']} turns (above 1 GiB and from 1,000 layers of 2 at most), contenders in turn, {results['runs']} run{'s' * (results['runs'] > 1)} of {results['took_s']} s on {results['date']}, at most "
             f"{results['disk_mib']} MiB of disk; engine {results['engine']} (docs/testing-on-engines.md).",
             f"Measured on {about['cores']} cores, {about['cpu']}, {about['memory_gib']} GiB of memory, Linux {about['kernel']}, load {about['load_at_the_end']} at the "
             f"end; {', '.join(about[name] for name in ('hardtack', 'openssl', 'zstd', 'makeself') if about[name])}.",
             "Times are wall seconds, ratios those of medians to the row of the reference. `hardtack build` ends when its file is on the disk (fsync); of the peers "
             "only the one that says so. Peak memory is the program's own (VmHWM), not its children's. A payload's layers are half noise, half zeros, gzipped.", "", *goal_lines(results), ""]
    if results["left_out"]:
        lines += ["Left out:", "", *(f"- {why}" for why in results["left_out"]), ""]
    for figure, title in TITLES.items():
        if of(results, figure):
            lines += [f"## {title}", "", *table(results, figure), "", *([NOTES[figure], ""] if figure in NOTES else []), *(f"![{title}]({file})" for file in files if file.startswith(figure + "-")), ""]
    if of(results, "phases"):
        lines += ["## Where the time of a load goes", "", *load_table(results), "", LOAD_NOTE, ""]
    if of(results, "overhead"):
        lines += ["## Size", "", *size_table(results), "", "The rest is, a blob: its tar header and padding (which `docker load` wants), its rows in hardtack's manifest, its "
                  "line in docker's. So 0.5 % is held while blobs are larger than two hundred times that on average.", ""]
    memories = [file for file in files if file.startswith("memory-")]
    if memories:
        lines += ["## Memory", "", *(f"![Peak memory]({file})" for file in memories), ""]
    return "\n".join(lines).rstrip() + "\n"


def earlier_of(folder, hardtack):
    """What folder's bench.json has, if it is of this machine."""
    with open(os.path.join(folder, "bench.json"), encoding="utf-8") as file:
        earlier = json.load(file)
    here = machine(hardtack)
    if any(earlier["machine"][key] != here[key] for key in ("cpu", "cores", "memory_gib", "kernel")):
        raise SystemExit(f"{folder}/bench.json is of another machine: without --add it is measured anew")
    return earlier


def joined(earlier, results):
    """Earlier results, with these in the place of the same figures and payloads."""
    def key(row):
        return row["figure"], row["contender"], payload_of(row)
    again = {key(row) for row in results["rows"]}
    return {**results, "rows": [*(row for row in earlier["rows"] if key(row) not in again), *results["rows"]], "left_out": earlier["left_out"] + results["left_out"],
            "took_s": earlier["took_s"] + results["took_s"], "runs": earlier["runs"] + 1, "disk_mib": max(earlier["disk_mib"], results["disk_mib"])}


def write(results, folder):
    os.makedirs(folder, exist_ok=True)
    files = plots(results)
    texts = {**files, "bench.json": json.dumps(results, indent=1, sort_keys=True) + "\n", "bench.md": document(results, files)}
    for name, text in texts.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    print("\n".join(goal_lines(results)))
    print(f"{len(results['rows'])} rows, {results['took_s']} s, {results['disk_mib']} MiB of disk: {folder}/bench.md")
