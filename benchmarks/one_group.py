"""Compare `possible.one_group` with drawing by pysprite and with listing by CLOSURE, in one run.

Run it in a virtual environment of its own (see README.md beside this file):

    python -m venv bench && bench/bin/pip install numpy progressbar2 pysprite
    PYTHONPATH=src bench/bin/python benchmarks/one_group.py CLOSURE.py
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from earlyhelp.possible.one_group import count, draw, size
from earlyhelp.possible.printed_group import Figures, TooLarge
from earlyhelp.possible.witness import witness

PROBLEMS = [
    Figures(30, "5.00", "2.78", 1, 7),  # CLOSURE's own example
    Figures(25, "3.5", "1.2", 1, 5),
    Figures(130, "2.7", "1.9", 1, 5),
    Figures(27, "69.2", "5.1", 12, 84),
    Figures(17, "70.5", "3.9", 12, 84),
    Figures(18, "66.3", "7.0", 12, 84),
    Figures(22, "66.9", "4.2", 12, 84),
    Figures(150, "3", "1", 1, 7),
]
LARGE = [
    Figures(200, "3.41", "1.22", 1, 7),
    Figures(1151, "14.66", "5.61", 4, 28),
    Figures(5000, "3.41", "1.22", 1, 7),
]
DRAWS = 100_000
HOW_TO_INSTALL = (
    "a peer is missing: install pysprite, and progressbar2 for CLOSURE, from PyPI (python -m venv "
    "bench && bench/bin/pip install numpy progressbar2 pysprite), then run this file with that "
    "environment's Python and PYTHONPATH=src"
)


def name(figures: Figures) -> str:
    """Write a problem in short."""
    scale = f"{figures.minimum} to {figures.maximum}"
    return f"n = {figures.n}, {figures.mean} ({figures.sd}), {scale}"


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return seconds, the best of three, and the result."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def memory(work: Callable[[], Any]) -> float:
    """Return the peak of allocated memory in 10**6 bytes."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def half_unit(printed: str) -> float:
    """Half a unit of the last decimal."""
    return 0.5 * 10.0 ** -len(printed.partition(".")[2])


def listed_by_closure(program: Path, figures: Figures, limit: float) -> tuple[float, int | None]:
    """Return seconds and data sets listed on all cores; None of them where the time ran out."""
    n, mean, sd = figures.n, float(figures.mean), float(figures.sd)
    around = half_unit(figures.mean) * n, half_unit(figures.sd)
    code = f"""
import os, sys
sys.path.insert(0, {str(program.resolve().parent)!r})
from {program.stem} import parallel_dfs
low, high, workers = {figures.minimum}, {figures.maximum}, os.cpu_count()
parallel_dfs(low, high, {n}, {mean * n}, {sd}, *{around}, workers, "listed.csv")
"""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        try:
            told = process.communicate(timeout=limit)[0]
        except subprocess.TimeoutExpired:
            # With the processes that it started.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return time.perf_counter() - start, None
    seconds, found = re.findall(r"(?:time|combinations): ([0-9.]+)", told)
    return float(seconds), int(found)


def drawn_by_pysprite(figures: Figures, sprite: Any, limit: float) -> tuple[float, int, int]:
    """Return seconds, data sets found and tries within about the time."""
    peer = sprite(
        figures.n,
        float(figures.mean),
        float(figures.sd),
        len(figures.mean.partition(".")[2]),
        len(figures.sd.partition(".")[2]),
        figures.minimum,
        figures.maximum,
    )
    start, found, tries = time.perf_counter(), 0, 0
    while time.perf_counter() - start < limit:
        tries += 1
        found += peer.find_possible_distribution(init_method="random")[0] == "Success"
    return time.perf_counter() - start, found, tries


def compare_counting(closure: Path, limit: float) -> None:
    """Print counts, time, memory and how many times faster than listing."""
    print("## Counting\n")
    print("| problem | data sets | count, s | memory, MB | CLOSURE, s | times faster |")
    print("|---|--:|--:|--:|--:|--:|")
    for figures in PROBLEMS:
        seconds, number = timed(lambda f=figures: count(f))
        megabytes = memory(lambda f=figures: count(f))
        peer_seconds, found = listed_by_closure(closure, figures, limit)
        if found not in (None, number):
            sys.exit(f"{name(figures)}: counted {number} but CLOSURE listed {found}")
        least = "> " if found is None else ""
        print(
            f"| {name(figures)} | {number:,} | {seconds:.3f} | {megabytes:.0f} "
            f"| {least}{peer_seconds:.1f} | {least}{peer_seconds / seconds:,.0f} |",
            flush=True,
        )


def compare_drawing(sprite: Any, limit: float) -> None:
    """Print data sets drawn per second and the ratio to pysprite."""
    print("\n## Drawing\n")
    print("| problem | drawn per second | pysprite: found of tries in s | times more |")
    print("|---|--:|--:|--:|")
    for figures in PROBLEMS:
        seconds, _ = timed(lambda f=figures: draw(f, DRAWS, seed=1))
        rate = DRAWS / seconds
        peer_seconds, found, tries = drawn_by_pysprite(figures, sprite, limit)
        ratio = rate * peer_seconds / max(found, 1)
        print(
            f"| {name(figures)} | {rate:,.0f} | {found} of {tries} in {peer_seconds:.0f} "
            f"| {'' if found else '> '}{ratio:,.0f} |",
            flush=True,
        )


def compare_existence(sprite: Any, limit: float) -> None:
    """Print seconds to a first data set of a large group and the ratio to pysprite."""
    print("\n## One data set\n")
    print("| problem | seconds | pysprite: seconds a data set | times faster |")
    print("|---|--:|--:|--:|")
    for figures in LARGE:
        seconds, _ = timed(lambda f=figures: witness(f))
        peer_seconds, found, _ = drawn_by_pysprite(figures, sprite, limit)
        sign, each = "" if found else "> ", peer_seconds / max(found, 1)
        print(
            f"| {name(figures)} | {seconds:.4f} | {sign}{each:.2f} | {sign}{each / seconds:,.0f} |",
            flush=True,
        )


def growth() -> None:
    """Print time and memory as n and the scale grow, until the exact way ends."""
    print("\n## Where the exact way ends\n")
    print("| problem | cells | data sets | count, s | memory, MB |")
    print("|---|--:|--:|--:|--:|")
    people = [Figures(n, "4.0", "1.5", 1, 7) for n in (25, 50, 100, 200, 400, 800)]
    scales = [Figures(30, str(w // 2), str(w // 5), 0, w) for w in (10, 20, 40, 60, 80, 120)]
    for figures in people + scales:
        cells = size(figures).cells
        try:
            start = time.perf_counter()
            number = count(figures)
            seconds = time.perf_counter() - start
            told = f"{number:,} | {seconds:.2f} | {memory(lambda f=figures: count(f)):.0f}"
        except TooLarge:
            told = "refused | |"
        print(f"| {name(figures)} | {cells:,} | {told} |", flush=True)


def main() -> None:
    """Run all comparisons."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("closure", type=Path, help="CLOSURE.py (larigaldie-n/CLOSURE-Python)")
    parser.add_argument("--listing-seconds", type=float, default=120)
    parser.add_argument("--drawing-seconds", type=float, default=30)
    args = parser.parse_args()
    if not args.closure.is_file():
        parser.error(f"no such file: {args.closure}")
    try:
        import progressbar  # noqa: F401  (CLOSURE's)
        from pysprite import Sprite
    except ImportError:
        sys.exit(HOW_TO_INSTALL)
    warnings.simplefilter("ignore")  # pysprite warns that GRIM has little power for large n
    compare_existence(Sprite, args.drawing_seconds)
    compare_drawing(Sprite, args.drawing_seconds)
    compare_counting(args.closure, args.listing_seconds)
    growth()


if __name__ == "__main__":
    main()
