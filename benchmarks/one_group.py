"""Compare `possible.one_group` with drawing by pysprite and with exhaustive listing, in one run.

Run it in a virtual environment of its own (see README.md beside this file):

    python -m venv bench && bench/bin/pip install numpy pysprite
    PYTHONPATH=src bench/bin/python benchmarks/one_group.py
"""

from __future__ import annotations

import argparse
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from earlyhelp.possible.one_group import count, draw, size
from earlyhelp.possible.printed_group import Figures, TooLarge
from earlyhelp.possible.witness import witness

PROBLEMS = [
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
    "the peer is missing: install pysprite from PyPI (python -m venv bench && "
    "bench/bin/pip install numpy pysprite), then run this file with that environment's Python and "
    "PYTHONPATH=src"
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


def listing(figures: Figures, deadline: float) -> Iterator[list[int]]:
    """List all data sets depth first: people in ascending order of score, hopeless branches cut.

    A branch is cut when no scores of the rest can bring the sum into its interval, or when the
    sum of squares so far is already too large. Raises TimeoutError after the deadline.
    """
    n, low, high = figures.n, figures.minimum, figures.maximum
    first, last = figures.mean_interval.whole(n)
    variance_low, variance_high = (end**2 for end in figures.sd_interval[:2])
    squares_most = int(variance_high * (n - 1) + last**2 / n) + 1
    scores: list[int] = []

    def extend(total: int, squares: int, least: int) -> Iterator[list[int]]:
        rest = n - len(scores)
        if rest == 0:
            # half-up: the lower end is included, the upper is not
            if variance_low * n * (n - 1) <= n * squares - total**2 < variance_high * n * (n - 1):
                yield scores.copy()
            return
        if rest % 4 == 0 and time.perf_counter() > deadline:
            raise TimeoutError
        for score in range(least, high + 1):
            if total + score * rest > last or squares + score * score * rest > squares_most:
                break
            if total + score + high * (rest - 1) < first:
                continue
            scores.append(score)
            yield from extend(total + score, squares + score * score, score)
            scores.pop()

    yield from extend(0, 0, low)


def listed_within(figures: Figures, limit: float) -> tuple[float, int, bool]:
    """Return seconds, data sets found and whether the listing ended in the time."""
    start, found, ended = time.perf_counter(), 0, True
    try:
        for _ in listing(figures, start + limit):
            found += 1
    except TimeoutError:
        ended = False
    return time.perf_counter() - start, found, ended


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


def compare_counting(limit: float) -> None:
    """Print counts, time, memory and how many times faster than listing."""
    print("## Counting\n")
    print("| problem | data sets | count, s | memory, MB | listing, s | times faster |")
    print("|---|--:|--:|--:|--:|--:|")
    for figures in PROBLEMS:
        seconds, number = timed(lambda f=figures: count(f))
        megabytes = memory(lambda f=figures: count(f))
        peer_seconds, found, ended = listed_within(figures, limit)
        if ended and found != number:
            sys.exit(f"{name(figures)}: counted {number} but listed {found}")
        shown = f"{peer_seconds:.1f}" if ended else f"> {peer_seconds:.0f} ({found:,} found)"
        ratio = f"{peer_seconds / seconds:,.0f}"
        print(
            f"| {name(figures)} | {number:,} | {seconds:.3f} | {megabytes:.0f} | {shown} "
            f"| {ratio if ended else '> ' + ratio} |",
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
    parser.add_argument("--listing-seconds", type=float, default=120)
    parser.add_argument("--drawing-seconds", type=float, default=30)
    args = parser.parse_args()
    try:
        from pysprite import Sprite
    except ImportError:
        sys.exit(HOW_TO_INSTALL)
    warnings.simplefilter("ignore")  # pysprite warns that GRIM has little power for large n
    compare_existence(Sprite, args.drawing_seconds)
    compare_drawing(Sprite, args.drawing_seconds)
    compare_counting(args.listing_seconds)
    growth()


if __name__ == "__main__":
    main()
