"""The report: tables as text and markdown, and an SVG chart, all from the JSON of a run."""

from .measure import geometric_mean

GROUPS = {"scalar": "Scalar programs", "simd": "SIMD programs", "simd-scalar": "SIMD programs, scalar build",
          "real": "Real modules"}
COLOURS = ["#7f8c8d", "#c0392b", "#e67e22", "#2980b9", "#27ae60", "#8e44ad", "#16a085", "#d35400", "#2c3e50", "#f39c12"]


def rows_of(data, group):
    return [p for p in data["programs"] if p["group"] == group]


def seconds(data, program, engine, clock):
    cell = data["results"].get(program, {}).get(engine)
    return cell.get(clock) if cell else None


def ratio(data, program, engine, base, clock):
    a, b = seconds(data, program, engine, clock), seconds(data, program, base, clock)
    return a / b if a and b else None


def mean_ratio(data, group, engine, base, clock):
    """The geometric mean over the group's programs that both ran, and how many those are."""
    ratios = [ratio(data, p["name"], engine, base, clock) for p in rows_of(data, group)]
    ratios = [r for r in ratios if r]
    return geometric_mean(ratios), len(ratios)


def text_table(header, rows):
    widths = [max(len(str(r[i])) for r in [header, *rows]) for i in range(len(header))]
    lines = ["  ".join(str(c).ljust(w) if i == 0 else str(c).rjust(w) for i, (c, w) in enumerate(zip(r, widths)))
             for r in [header, *rows]]
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(line.rstrip() for line in lines)


def markdown_table(header, rows):
    lines = ["| " + " | ".join(str(c) for c in r) + " |" for r in [header, *rows]]
    lines.insert(1, "| --- |" + " ---: |" * (len(header) - 1))
    return "\n".join(lines)


def base_of(data, program, engines, clock):
    """Ratios are to native where there is a native build, else to the first engine that ran."""
    for engine in engines:
        if seconds(data, program, engine, clock):
            return engine
    return None


def program_rows(data, group, engines, clock):
    spread = clock.replace("_s", "_spread")
    rows = []
    for p in rows_of(data, group):
        base = base_of(data, p["name"], engines, clock)
        row = [p["name"]]
        for engine in engines:
            cell = data["results"].get(p["name"], {}).get(engine)
            if cell is None:
                row.append("-")
            elif "failure" in cell:
                row.append("FAILED")
            else:
                text = f"{cell[clock] * 1000:.0f} ms ±{cell[spread] * 50:.0f}%"
                if engine != base:
                    text += f" {ratio(data, p['name'], engine, base, clock):.2f}x"
                row.append(text)
        rows.append(row)
    return rows


def mean_rows(data, engines, clock):
    rows = []
    for group in ("scalar", "simd", "simd-scalar"):
        if not rows_of(data, group):
            continue
        for base in [b for b in ("native", "wasm3") if b in engines]:
            row = [f"{GROUPS[group]}, to {base}"]
            for engine in engines:
                mean, count = mean_ratio(data, group, engine, base, clock)
                row.append(f"{mean:.2f} ({count})" if mean else "-")
            rows.append(row)
    return rows


def start_rows(data, engines):
    cells = data["results"].get("empty", {})
    time_row, peak_row, load_row = ["start-up of an empty program, ms"], ["its peak memory, MB"], ["largest peak memory, MB"]
    compile_row, size_row = ["compile time, all programs, s"], ["compiled size, all programs, KB"]
    for engine in engines:
        cell = cells.get(engine, {})
        ok = "wall_s" in cell
        time_row.append(f"{cell['wall_s'] * 1000:.2f}" if ok else "-")
        peak_row.append(f"{cell['peak_kib'] / 1024:.1f}" if ok else "-")
        peaks = [r[engine]["peak_kib"] for r in data["results"].values() if "peak_kib" in r.get(engine, {})]
        load_row.append(f"{max(peaks) / 1024:.0f}" if peaks else "-")
        steps = [r[engine]["compile"] for r in data["results"].values() if "compile" in r.get(engine, {})]
        if engine == "native":
            own = [p for p in data["programs"] if p["group"] != "simd-scalar"]
            compile_row.append(f"{sum(p['native_compile_s'] for p in own):.1f}")
            size_row.append(f"{sum(p['native_bytes'] for p in own) / 1024:.0f}")
        else:
            compile_row.append(f"{sum(s['wall_s'] for s in steps):.1f}" if steps else "-")
            size_row.append(f"{sum(s['bytes'] for s in steps) / 1024:.0f}" if steps else "-")
    wasm = sum(p["wasm_bytes"] for p in data["programs"] if p["group"] not in ("real",))
    return [time_row, peak_row, load_row, compile_row, size_row], wasm


def sections(data, clock):
    """(title, header, rows) for every table of the report."""
    engines = [e["name"] for e in data["engines"]]
    result = []
    for group, title in GROUPS.items():
        rows = program_rows(data, group, engines, clock)
        if rows:
            result.append((title, ["program", *engines], rows))
    result.append(("Geometric means of ratios (programs counted)", ["", *engines], mean_rows(data, engines, clock)))
    rows, wasm = start_rows(data, engines)
    result.append((f"Start, memory, compilation (the wasm files: {wasm / 1024:.0f} KB)", ["", *engines], rows))
    if data.get("micro"):
        result.append(("Parts", ["name", "value", "unit"], [[m["name"], f"{m['value']:g}", m["unit"]] for m in data["micro"]]))
    return result


def heading(data, clock):
    lines = [f"{data['date']}, {data['machine']}, {data['rounds']} rounds, median {clock.replace('_s', ' time')} ± half the spread"]
    lines += [f"{e['name']}: {e['version']}" for e in data["engines"] if e["version"]]
    return lines


def as_text(data, clock):
    parts = ["\n".join(heading(data, clock))]
    parts += [f"{title}\n\n{text_table(header, rows)}" for title, header, rows in sections(data, clock)]
    failures = failure_lines(data)
    return "\n\n".join(parts + (["Failures\n\n" + "\n".join(failures)] if failures else [])) + "\n"


def as_markdown(data, clock):
    parts = ["# Benchmarks", "\n".join("- " + line for line in heading(data, clock))]
    parts += [f"## {title}\n\n{markdown_table(header, rows)}" for title, header, rows in sections(data, clock)]
    failures = failure_lines(data)
    return "\n\n".join(parts + (["## Failures\n\n" + "\n".join("- " + f for f in failures)] if failures else [])) + "\n"


def failure_lines(data):
    return [f"{program}, {engine}: {cell['failure']}" for program, row in data["results"].items()
            for engine, cell in row.items() if "failure" in cell]


def as_svg(data, clock):
    """A bar for each engine on each program: times native, on a logarithmic axis; geometric means on top."""
    import math
    engines = [e["name"] for e in data["engines"] if e["name"] != "native"]
    entries = []
    for group in ("scalar", "simd"):
        means = {e: mean_ratio(data, group, e, "native", clock)[0] for e in engines}
        if any(means.values()):
            entries.append((f"geometric mean, {group}", means, True))
    for group in ("scalar", "simd"):
        for p in rows_of(data, group):
            entries.append((p["name"], {e: ratio(data, p["name"], e, "native", clock) for e in engines}, False))
    top = max([r for _, values, _ in entries for r in values.values() if r] or [10])
    low, high = 0.5, 10 ** math.ceil(math.log10(max(top, 10)))
    bar, left, width = 9, 190, 720
    row_height = bar * max(len(engines), 1) + 8
    header = 34 + 16 * ((len(engines) + 5) // 6)
    height = header + row_height * len(entries) + 30

    def x_of(value):
        return left + width * math.log(max(value, low) / low) / math.log(high / low)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 60}" height="{height}" '
           'font-family="sans-serif" font-size="11">', f'<rect width="100%" height="100%" fill="white"/>',
           '<text x="10" y="18" font-size="14">Times native (clang -O3), logarithmic: shorter is faster</text>']
    for i, engine in enumerate(engines):
        x, y = 10 + 140 * (i % 6), 26 + 16 * (i // 6)
        out.append(f'<rect x="{x}" y="{y}" width="10" height="10" fill="{COLOURS[(i + 1) % len(COLOURS)]}"/>'
                   f'<text x="{x + 14}" y="{y + 9}">{engine}</text>')
    tick = 1
    while tick <= high:
        out.append(f'<line x1="{x_of(tick):.1f}" y1="{header}" x2="{x_of(tick):.1f}" y2="{height - 24}" stroke="#ccc"/>'
                   f'<text x="{x_of(tick):.1f}" y="{height - 10}" text-anchor="middle">{tick}</text>')
        tick *= 10 if tick % 5 == 0 and tick % 10 else 5 if tick % 10 == 0 or tick == 1 else 2
    for n, (name, values, bold) in enumerate(entries):
        y = header + 4 + n * row_height
        weight = ' font-weight="bold"' if bold else ""
        out.append(f'<text x="{left - 6}" y="{y + row_height / 2:.0f}" text-anchor="end"{weight}>{name}</text>')
        for i, engine in enumerate(engines):
            if values.get(engine):
                end = x_of(values[engine])
                out.append(f'<rect x="{left}" y="{y + i * bar}" width="{max(end - left, 1):.1f}" height="{bar - 1}" '
                           f'fill="{COLOURS[(i + 1) % len(COLOURS)]}"/>'
                           f'<text x="{end + 3:.1f}" y="{y + i * bar + 8}" font-size="8">{values[engine]:.1f}</text>')
    return "\n".join(out + ["</svg>"]) + "\n"


def as_comparison(a, b, names, clock):
    """Run b against run a: the ratio of times for each engine that both have."""
    engines = [e["name"] for e in a["engines"] if e["name"] in [x["name"] for x in b["engines"]]]
    rows, gathered = [], {e: [] for e in engines}
    for p in a["programs"]:
        row = [p["name"]]
        for engine in engines:
            x, y = seconds(a, p["name"], engine, clock), seconds(b, p["name"], engine, clock)
            row.append(f"{x * 1000:.0f} -> {y * 1000:.0f} ms {y / x:.2f}" if x and y else "-")
            if x and y and p["group"] != "startup":
                gathered[engine].append(y / x)
        rows.append(row)
    means = [geometric_mean(gathered[e]) for e in engines]
    rows.append(["geometric mean", *[f"{m:.3f}" if m else "-" for m in means]])
    title = f"{names[1]} against {names[0]}: time in ms, then the ratio (below 1: {names[1]} is faster)"
    return f"{title}\n\n{text_table(['program', *engines], rows)}\n"
