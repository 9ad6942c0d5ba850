"""Hostile input thrown at every parser and every command: told, never traced, never for long."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from earlyhelp import cli
from earlyhelp.paper.audit import audit as audit_paper
from earlyhelp.paper.form import EXAMPLES, PAPER_COLUMNS
from earlyhelp.possible.printed_group import Figures
from earlyhelp.published.claims import parse_interval, read_claims
from earlyhelp.published.numbers import printed_number
from earlyhelp.qualitative.refi_import import codebook_skeleton, import_project
from earlyhelp.qualitative.theory import File
from earlyhelp.study.design import Study
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import read_number
from earlyhelp.study.yamlfile import read_yaml
from earlyhelp.trial.design_grid import Sweep
from earlyhelp.trial.next_steps import ThemeNumber

ROOT = Path(__file__).parents[1]
LONGEST = 10  # seconds
NASTY = (
    *("", " ", "nan", "-nan", "inf", "-Infinity", "1_0", "1__0", " 5", "5 ", "5\n", "+5", "-5"),
    *("05", "5.", ".5", "5.0", "1e3", "1e-400", "1e400", "0x10", "0b1", "1,5", "1,000", "10,00"),
    *(
        "٣",
        "３",
        "²",
        "½",
        "−5",
        "5%",
        "true",
        "null",
        "9" * 5000,
        "-" + "9" * 400,
        "0." + "1" * 5000,
    ),
    *("2022-13-45", "2022-W37-3", "20220914", "\0", "\x1b[2J", "\ud800", "\u202e", "é" * 3000),
    *("../../../etc/passwd", "/dev/null", "/dev/stdin", "-", "--", "--help", "[", "{", "*", "&a"),
    *("1/0", "1/2", "(1,2]", "[2,1)", "[a,b]", "[1,2", "(nan,inf)", "!!int", "$(x)", "'", '"', ";"),
)
nasty = st.sampled_from(NASTY) | st.text(max_size=20)
numbers = st.integers(-(10**13), 10**13).map(str) | st.floats().map(str) | nasty
bounded = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=100,
    suppress_health_check=list(HealthCheck),
)
few = settings(bounded, max_examples=25)


@contextmanager
def in_time() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise AssertionError(f"more than {LONGEST} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def told(read: Callable[[], Any]) -> Any:
    """What is read, or None where it was refused; anything but an `InputError` goes on up."""
    with in_time():
        try:
            return read()
        except InputError as error:
            refused = error
    assert all(problem.found and problem.expected for problem in refused.problems)
    assert "Input should" not in str(refused)
    str(refused).encode()
    return None


# Parsers ------------------------------------------------------------------------------------------


@bounded
@given(numbers)
@example("9" * 15)
def test_a_number_is_the_value_of_its_digits(text: str) -> None:
    value = read_number(text)
    if value is not None:
        assert re.fullmatch(r"[-+.0-9eE]{1,24}", text)
        assert value == float(text)
        assert abs(value) < float("inf")


@bounded
@given(numbers)
def test_a_printed_number_is_the_value_of_its_digits(text: str) -> None:
    try:
        value = printed_number(text)
    except ValueError:
        return
    assert len(text.strip()) <= 15
    assert text.isascii()
    assert text.strip().isalpha() or value == type(value)(text.strip().replace(",", ""))


@bounded
@given(numbers, numbers)
def test_an_interval_has_ends_that_are_numbers(low: str, high: str) -> None:
    try:
        interval = parse_interval(f"[{low},{high}]")
    except ValueError:
        return
    assert float("-inf") < interval.low <= interval.high < float("inf")


YAML = st.lists(
    st.sampled_from(
        (
            *"[]{}:,-?#&*!|>'\"%@`~=\n\t\\",
            *("!!float ", "!!python/name:os ", "id: ", "title: ", "teams: ", "waves: ", "wai: "),
            ": ",
            "- ",
            "\n  ",
            "---\n",
            "...\n",
            "<<: ",
            "*a ",
            "&a ",
        )
    )
    | nasty,
    max_size=30,
).map("".join)


@bounded
@given(YAML, st.sampled_from([Study, Sweep, File, list[ThemeNumber]]))
def test_any_text_as_yaml(tmp_path_factory: pytest.TempPathFactory, text: str, model: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    told(lambda: read_yaml(path, model))


@bounded
@given(st.integers(0), st.integers(0), nasty)
def test_a_study_with_one_value_replaced(
    tmp_path_factory: pytest.TempPathFactory, line: int, where: int, text: str
) -> None:
    lines = (ROOT / "tests/studies/mini/study.yml").read_text("utf-8").splitlines()
    values = list(re.finditer(r"[^\s:,{}\[\]]+", lines[line % len(lines)]))
    chosen = values[where % len(values)]
    lines[line % len(lines)] = (
        chosen.string[: chosen.start()] + text + chosen.string[chosen.end() :]
    )
    path = tmp_path_factory.getbasetemp() / "study.yml"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    told(lambda: read_yaml(path, Study))


@few
@given(st.integers(0), st.integers(0), nasty)
def test_claims_with_one_cell_replaced(
    tmp_path_factory: pytest.TempPathFactory, row: int, column: int, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    shutil.copy(ROOT / "data/rotherham/words.yml", folder)
    rows = (ROOT / "data/rotherham/claims.csv").read_text("utf-8").splitlines()[:60]
    cells = rows[row % len(rows)].split(",")
    cells[column % len(cells)] = text
    rows[row % len(rows)] = ",".join(cells)
    path = folder / "claims.csv"
    path.write_bytes("\n".join(rows).encode("utf-8", "surrogatepass"))
    told(lambda: read_claims(path))


@bounded
@given(st.sampled_from(list(PAPER_COLUMNS)), numbers)
def test_a_paper_with_one_cell_replaced(
    tmp_path_factory: pytest.TempPathFactory, column: str, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "paper.csv"
    rows = [row | {column: text} for row in EXAMPLES]
    lines = [",".join(row.get(name, "") for name in PAPER_COLUMNS) for row in rows]
    content = "\n".join([",".join(PAPER_COLUMNS), *lines])
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    told(lambda: audit_paper(path))


@few
@given(st.binary(max_size=200) | nasty.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_as_a_qualitative_project(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.qdpx"
    path.write_bytes(content)
    told(lambda: import_project(path))
    codebook = path.with_suffix(".qdc")
    codebook.write_bytes(content)
    told(lambda: codebook_skeleton(codebook))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("project.qde", content)
    path.write_bytes(archive.getvalue())
    told(lambda: import_project(path))


@bounded
@given(st.tuples(*[numbers] * 6))
def test_any_texts_as_printed_figures(texts: tuple[str, ...]) -> None:
    told(lambda: Figures.parse(*texts))


# Commands -----------------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> int:
    """Exit status of a command that is told what is wrong with its input."""
    with in_time():
        status = cli.main(argv)
    shown = "".join(capsys.readouterr())
    assert "Traceback" not in shown
    assert "fault of earlyhelp" not in shown, argv
    assert status in (0, 1, 2)
    return status


small = st.sampled_from(["1", "2", "5", "10", "2.5", "0.5", "0", "-1", "3.14", "1000000"])


@bounded
@given(
    action=st.sampled_from(["count", "draw", "bounds", "list"]),
    figures=st.tuples(*[small | numbers] * 5),
    more=st.lists(
        st.tuples(st.sampled_from(["--items", "--rounding", "--k", "--seed", "--cutoff"]), numbers),
        max_size=2,
    ),
)
@example("count", ("1000000000000", "2.5", "1.0", "1", "5"), [])
@example("count", ("1000", "500000000000.5", "1.0", "0", "999999999999"), [])
@example("draw", ("10", "2.5", "1.0", "1", "5"), [("--k", "999999999999")])
@example("draw", ("10", "2.5", "1.0", "1", "5"), [("--seed", "-1")])
@example("bounds", ("10", "2.5", "1.0", "1", "5"), [("--cutoff", "-999999999999")])
@example("bounds", ("10", "2.5", "1.0", "1", "5"), [("--items", "999999999999")])
def test_samples(
    capsys: pytest.CaptureFixture[str],
    action: str,
    figures: tuple[str, ...],
    more: list[tuple[str, str]],
) -> None:
    names = ("--n", "--mean", "--sd", "--min", "--max")
    options = [f"{name}={text}" for name, text in (*zip(names, figures, strict=True), *more)]
    run(capsys, "samples", action, *options)


TRIAL = (
    *("--effect", "--icc", "--sd", "--control", "--intervention", "--cac", "--iac", "--alpha"),
    *("--cluster-size", "--cv", "--attrition", "--sequences"),
)


@bounded
@given(
    st.sampled_from(["power", "size"]),
    st.sampled_from(["individual", "parallel", "baseline", "stepped-wedge", "x"]),
    st.dictionaries(st.sampled_from(TRIAL), small | numbers, max_size=4),
    small | numbers,
)
@example("power", "parallel", {"--intervention": "0.5"}, "10")
@example("power", "parallel", {"--effect": "0.3"}, "999999999999999")
@example("power", "stepped-wedge", {"--effect": "0.3", "--sequences": "999999999999999"}, "10")
@example("power", "stepped-wedge", {"--effect": "0.3", "--sequences": "100000"}, "10")
@example("size", "parallel", {"--effect": "1e-99"}, "0.8")
@example("size", "stepped-wedge", {"--effect": "1e-9"}, "0.8")
@example("size", "parallel", {"--effect": "0.3", "--alpha": "1e-99"}, "0.8")
@example("size", "parallel", {"--effect": "0.3", "--cluster-size": "1e99"}, "0.999999999999999")
def test_trial(
    capsys: pytest.CaptureFixture[str],
    kind: str,
    design: str,
    options: dict[str, str],
    last: str,
) -> None:
    given_ = [f"{name}={text}" for name, text in options.items()]
    asked = "--clusters" if kind == "power" else "--power"
    run(capsys, "trial", kind, f"--design={design}", f"{asked}={last}", *given_)


@few
@given(
    st.sampled_from(
        [
            ("validate",),
            ("audit",),
            ("ledger",),
            ("datapackage",),
            ("determine",),
            ("execute", "--output=OUT"),
            ("html", "--results=OUT", "--output=OUT"),
            ("volumes", "--html=OUT", "--output=OUT"),
            ("qualitative", "export", "OUT.qdpx"),
            ("qualitative", "import", "--output=OUT.csv"),
            ("qualitative", "import", "--output=OUT.yml"),
            ("import", "--to=OUT"),
            ("trial", "gather", "--output=OUT"),
            ("trial", "simulate", "--output=OUT"),
        ]
    ),
    st.sampled_from(
        [text for text in NASTY if "\0" not in text and text not in ("/dev/stdin", "5")]
    ),
)
def test_a_path_or_value_that_is_none(
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
    command: tuple[str, ...],
    text: str,
) -> None:
    out = str(tmp_path_factory.getbasetemp() / "out")
    words = [word.replace("OUT", out) for word in command]
    place = 2 if command[:2] == ("qualitative", "export") else len(words)
    words.insert(place, text)
    run(capsys, *words)


# The boundary -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raised", "status", "shown"),
    [
        (InputError([Problem("a", None, "", "b", "c")]), 1, "a: found b; expected c"),
        (FileNotFoundError(2, "No such file", "x"), 1, "x: found No such file; expected a file"),
        (OSError(28, "No space left on device"), 1, "earlyhelp: found No space left on device"),
        (ValueError("odd\x1b"), 1, "earlyhelp: found ValueError: odd\\x1b; expected input"),
        (RecursionError("deep"), 1, "earlyhelp: found RecursionError: deep; expected input"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), 1, "earlyhelp: found UnicodeDecodeEr"),
        (MemoryError(), 1, "earlyhelp: found more work than there is memory for"),
        (KeyboardInterrupt(), 130, "stopped"),
        (BrokenPipeError(32, "Broken pipe"), 1, ""),
        (KeyError("x"), 1, "earlyhelp: found KeyError: 'x'; expected no fault of earlyhelp"),
    ],
)
def test_everything_foreign_is_told(
    raised: BaseException,
    status: int,
    shown: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setattr("earlyhelp.validate.validate", fail)
    assert cli.main(["validate", "x"]) == status
    err = capfd.readouterr().err
    assert err.startswith(shown)
    assert err.count("\n") == bool(shown)


def test_a_reader_that_has_read_enough_is_told_nothing() -> None:
    command = [sys.executable, "-m", "earlyhelp", "samples", "list", "--n=40", "--mean=2.5"]
    command += ["--sd=1.0", "--min=1", "--max=4"]
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, b"")
