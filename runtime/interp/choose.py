#!/usr/bin/env python3
"""Chooses what to fuse, from what programs execute: writes measured.txt and sequences.txt.

  cmake --preset release -B build/count -DWASMRUN_COUNT=ON && ninja -C build/count wasmrun
  WASMRUN_COUNTS=counts/NAME.txt build/count/bin/wasmrun PROGRAM …        (for each of many programs)
  runtime/interp/choose.py COUNT counts/*.txt

COUNT is how many sequences to choose. Each program weighs the same, however long it ran: what is
made small is the sum of the logarithms of the programs' numbers of dispatches. The sequences come
first which save most for a handler more; then the programs are read again with those, and so on.
"""
import os
import sys
import tempfile
from collections import defaultdict
from math import exp, log

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from generate import generate  # noqa: E402
from sequences import LAST, WITHIN, control_names  # noqa: E402

MAX_PARTS = 4
ROUNDS = 40
OFTEN, MATTERS = 4, 1e-4  # how often translation must have chosen a handler, or its share of a program


def read_counts(path):
    """{handler: choices}, [(share, run)]: the runs that make up nearly all of what was executed."""
    choices, runs = {}, []
    for line in open(path):
        words = line.split()
        if line[0] == "=":
            runs.append((int(words[0][1:]), tuple(words[1:])))
        else:
            choices[words[1]] = int(words[0])
    total = sum(count * len(run) for count, run in runs) or 1
    runs.sort(key=lambda r: -r[0] * len(r[1]))
    kept, mass = [], 0
    for count, run in runs[:2500]:
        if mass > 0.995 * total:
            break
        mass += count * len(run)
        kept.append((count / total, run))
    return choices, kept


def parse(run, known):
    """The run as the fewest parts: a list of (start, end)."""
    n = len(run)
    cost, step = [0] * (n + 1), [0] * n
    for k in range(n - 1, -1, -1):
        best, best_end = cost[k + 1], k + 1
        for end in range(k + 2, min(n, k + MAX_PARTS) + 1):
            if run[k:end] not in known:
                break
            if cost[end] <= best:
                best, best_end = cost[end], end
        cost[k], step[k] = best + 1, best_end
    parts, k = [], 0
    while k < n:
        parts.append((k, step[k]))
        k = step[k]
    return parts


def allowed(sequence, handlers):
    return all(m in handlers or m in WITHIN for m in sequence[:-1]) and (
        sequence[-1] in handlers or sequence[-1] in WITHIN or sequence[-1] in LAST)


def gains(programs, known, found):
    """What each sequence that is not known yet would save; and how many dispatches programs need."""
    gain, costs = defaultdict(float), []
    for p, runs in enumerate(programs):
        mine, cost = defaultdict(float), 0.0
        for share, run in runs:
            parts = parse(run, known)
            cost += share * len(parts)
            for (a, b), (c, d) in zip(parts, parts[1:]):
                for end in range(b + 1, min(d, a + MAX_PARTS) + 1):
                    mine[run[a:end]] += share * (1.0 if end == d else 0.3)
        costs.append(cost)
        for sequence, saved in mine.items():
            gain[sequence] += saved / cost
            found[sequence].add(p)
    return gain, costs


def missing(sequence, known):
    return [sequence[:n] for n in range(2, len(sequence) + 1) if sequence[:n] not in known]


def choose(programs, count, handlers, report):
    known, order, found = set(), [], defaultdict(set)
    for r in range(ROUNDS):
        gain, costs = gains(programs, known, found)
        report(len(known), costs)
        ranked = sorted(((saved * (1 if len(found[s]) > 1 else 0.5) / sum(map(len, missing(s, known))), s)
                         for s, saved in gain.items() if s not in known and allowed(s, handlers)), reverse=True)
        target = count * (r + 1) // ROUNDS
        for _, sequence in ranked:
            if len(known) >= target:
                break
            for part in missing(sequence, known):
                known.add(part)
                order.append(part)
    report(len(known), gains(programs, known, found)[1])
    return order


def measure(all_choices, programs):
    """The fused forms and variants that matter to a program, or that translation often chose."""
    chosen = defaultdict(int)
    for choices in all_choices:
        for name, n in choices.items():
            chosen[name] += n
    shares = defaultdict(float)
    for runs in programs:
        mine = defaultdict(float)
        for share, run in runs:
            for name in run:
                mine[name] += share
        for name, share in mine.items():
            shares[name] = max(shares[name], share)
    names = {n for n in chosen if chosen[n] >= OFTEN} | {n for n in shares if shares[n] >= MATTERS}
    names |= {n[:-2] for n in names if n.endswith("_z_t")}  # it is found by way of this one
    return names - set(control_names())


def write_list(name, comment, lines):
    with open(os.path.join(HERE, name), "w") as f:
        f.write("# %s Made by choose.py.\n" % comment)
        f.write("".join(line + "\n" for line in sorted(lines)))


def main():
    count, paths = int(sys.argv[1]), sys.argv[2:]
    counted = [read_counts(path) for path in paths]
    programs = [runs for _, runs in counted if runs]

    def report(known, costs):
        print("%5d sequences: %.3f of the dispatches" % (known, exp(sum(map(log, costs)) / len(costs))), flush=True)

    measured = measure([choices for choices, _ in counted], programs)
    write_list("measured.txt", "Handlers of fused forms, and variants of handlers, that programs use.", measured)
    with tempfile.TemporaryDirectory() as directory:
        handlers = set(generate(os.path.join(HERE, "..", "opcodes.def"), directory, measured, []).names)
    print("%d handlers" % len(handlers))
    order = choose(programs, count, handlers, report)
    write_list("sequences.txt", "Sequences of handlers that share a dispatch.", [" ".join(s) for s in order])


if __name__ == "__main__":
    main()
