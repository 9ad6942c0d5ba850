"""Build the report in odd places and ways, and show that it has the same bytes each time.

`python tests/anywhere.py` clones this checkout's last commit into a folder with spaces and
non-ASCII characters and builds it there: without a home folder, with one that cannot be written, in
the C locale, for a study whose path has a space, twice at once, and after builds that were killed.
Takes about half an hour, so no target runs it. Needs git; run `make clean report` here first.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLAIN = {"PATH": os.environ["PATH"]}
# Seconds after which a build is killed: set-up of the workflow, notebooks, pages, PDF.
KILLED_AFTER = (3, 10, 25, 45)


def built(checkout: Path, study: str = "rotherham") -> dict[str, str]:
    """Digest of everything that stands in a study's build folder, by name."""
    folder = checkout / "_build" / study
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def insist(checkout: Path, wanted: dict[str, str], how: object) -> None:
    """Insist that a build folder is as wanted; tell what is not."""
    other = {name for name, _ in built(checkout).items() ^ wanted.items()}
    assert not other, f"{how}: {', '.join(sorted(other)[:20])}"


def start(checkout: Path, *arguments: str, **env: str) -> subprocess.Popen[str]:
    """Start `make report` in a process group of its own, with nothing of this account."""
    return subprocess.Popen(
        ["make", "report", *arguments],
        cwd=checkout,
        env=PLAIN | env,
        text=True,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def build(checkout: Path, *arguments: str, **env: str) -> None:
    """Build from nothing and insist on success."""
    shutil.rmtree(checkout / "_build", ignore_errors=True)
    process = start(checkout, *arguments, **env)
    shown = process.communicate()[0]
    assert process.returncode == 0, shown[-3000:]


def in_odd_accounts(checkout: Path, wanted: dict[str, str]) -> None:
    """No home folder and the C locale; a home folder that is none."""
    for env in ({"LC_ALL": "C"}, {"HOME": "/dev/null", "LC_ALL": "C.UTF-8"}):
        build(checkout, **env)
        insist(checkout, wanted, env)
        print(f"same bytes with {env}", flush=True)


def a_study_with_a_space(checkout: Path) -> None:
    """The name of a study's folder may hold anything, also in links to what is printed."""
    shutil.copytree(checkout / "tests/studies/mini", checkout / "data/my pilot's $1")
    build(checkout, "STUDY=data/my pilot's $$1")
    assert "html/earlyhelp-my pilot's $1-report.pdf" in built(checkout, "my pilot's $1")
    page = (checkout / "_build/my pilot's $1/html/index.html").read_text("utf-8")
    assert "earlyhelp-my%20pilot%27s%20%241-report.pdf" in page
    shutil.rmtree(checkout / "data/my pilot's $1")
    print("a study whose path has a space, a quote and a dollar sign", flush=True)


def two_at_once(checkout: Path, wanted: dict[str, str]) -> None:
    """The second build waits, says so, and finds everything done."""
    shutil.rmtree(checkout / "_build")
    first = start(checkout)
    time.sleep(2)
    second = start(checkout)
    told = second.communicate()[0]
    first.communicate()
    assert (first.returncode, second.returncode) == (0, 0), told
    assert "waiting for it to end" in told
    insist(checkout, wanted, "two builds at once")
    print("two builds at once", flush=True)


def after_a_kill(checkout: Path, wanted: dict[str, str]) -> None:
    """Every process of a build is killed; the next one gives the same and leaves nothing behind."""
    for seconds in KILLED_AFTER:
        shutil.rmtree(checkout / "_build")
        process = start(checkout)
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        again = start(checkout)
        shown = again.communicate()[0]
        assert again.returncode == 0, shown[-3000:]
        insist(checkout, wanted, seconds)
        print(f"killed after {seconds} s and built again", flush=True)


def main() -> None:
    """Try everything in one clone."""
    wanted = built(ROOT)
    assert wanted, "run `make clean report` first"
    with tempfile.TemporaryDirectory(prefix="Früh – Hilfe ") as folder:
        checkout = Path(folder) / "One Drive - Council"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
        in_odd_accounts(checkout, wanted)
        a_study_with_a_space(checkout)
        build(checkout)
        two_at_once(checkout, wanted)
        after_a_kill(checkout, wanted)


if __name__ == "__main__":
    sys.exit(main())
