"""Draw the made-up people of `three_arms` and `single_arm`: `python tests/studies/draw.py`."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).parent


def field(name: str, kind: str, title: str, required: bool = False, **limits: Any) -> dict:
    """One field of a data dictionary."""
    constraints = limits | ({"required": True} if required else {})
    return {"name": name, "type": kind, "title": title, "constraints": constraints}


def survey(stem: str, title: str, teams: list[str], month: str, *fields: dict) -> dict:
    """One survey of a data dictionary, its dates within a month."""
    days = {"minimum": f"{month}-01", "maximum": f"{month}-28"}
    known = [
        field("practitioner_id", "string", "Person", True, unique=True, pattern="[A-Z][0-9]{2}"),
        field("team", "string", "Team", True, enum=teams),
        field("completed_on", "date", "Day of the answer", True, **days),
    ]
    schema = {"primaryKey": "practitioner_id", "fields": [*known, *fields]}
    resource = {"name": stem, "path": f"raw/{stem}.csv", "title": title, "schema": schema}
    return resource | {"description": "One row per response"}


def write(study: str, resources: list[dict], rows: dict[str, list[dict]]) -> None:
    """Write a data dictionary and the files that it describes."""
    folder = HERE / study
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    title = f"Made-up people, {study.replace('_', ' ')}"
    package = {"name": study.replace("_", "-"), "title": title, "resources": resources}
    text = json.dumps(package, indent=2, ensure_ascii=False)
    (folder / "datapackage.json").write_text(f"{text}\n", "utf-8")
    for resource in resources:
        names = [one["name"] for one in resource["schema"]["fields"]]
        lines = [names, *([str(row[name]) for name in names] for row in rows[resource["name"]])]
        content = "".join(f"{','.join(line)}\n" for line in lines)
        (folder / resource["path"]).write_text(content, "utf-8")


def three_arms(rng: Random) -> None:
    """Three arms of three clusters each, three waves, a total of distress: lower is better."""
    months = {"start": "2024-01", "after": "2024-04", "later": "2024-10"}
    teams = [f"{arm}{number}" for arm in "GIU" for number in (1, 2, 3)]
    total = field("distress", "integer", "Distress", minimum=0, maximum=27)
    years = field("years_practising", "integer", "Years practising", minimum=0, maximum=60)
    who = [
        field("sex", "string", "Sex", enum=["female", "male", "not said"]),
        field("age", "integer", "Age in years", minimum=18, maximum=80),
    ]
    # Drawn by themselves, so that what was drawn before them stays.
    whose = Random(3)
    fields = {wave: [*who, years, total] if wave == "start" else [total] for wave in months}
    resources = [
        survey(f"{wave}_scores", wave.capitalize(), teams, month, *fields[wave])
        for wave, month in months.items()
    ]
    rows: dict[str, list[dict]] = {f"{wave}_scores": [] for wave in months}
    gains = {"G": (4, 6), "I": (3, 3), "U": (1, 1)}
    for number, team in enumerate(team for team in teams for _ in range(5)):
        level = 15 + rng.randint(-4, 5) + {"1": 1, "2": 0, "3": -1}[team[1]]
        levels = (level, *(level - gain for gain in gains[team[0]]))
        for (wave, month), mean in zip(months.items(), levels, strict=True):
            # Not everybody answers again, and some leave the score out.
            if wave != "start" and rng.random() < 0.15:
                continue
            score = max(0, min(27, mean + rng.randint(-2, 2)))
            rows[f"{wave}_scores"].append(
                {
                    "practitioner_id": f"{team[0]}{number:02}",
                    "team": team,
                    "completed_on": f"{month}-{rng.randint(1, 28):02}",
                    "sex": whose.choice(["female", "female", "male", "not said", ""]),
                    "age": whose.randint(21, 64),
                    "years_practising": rng.randint(0, 20),
                    "distress": "" if rng.random() < 0.04 else score,
                }
            )
    write("three_arms", resources, rows)


def single_arm(rng: Random) -> None:
    """One arm, before and after, a total of wellbeing."""
    months = {"before": "2024-02", "after": "2024-05"}
    total = field("wellbeing", "integer", "Wellbeing", minimum=7, maximum=35)
    resources = [
        survey(wave, wave.capitalize(), ["T1", "T2"], month, total)
        for wave, month in months.items()
    ]
    rows: dict[str, list[dict]] = {wave: [] for wave in months}
    for number in range(14):
        level = 20 + rng.randint(-5, 5)
        for wave, month in months.items():
            if wave == "after" and number in (3, 8):
                continue
            score = level + (rng.randint(-1, 5) if wave == "after" else 0)
            rows[wave].append(
                {
                    "practitioner_id": f"S{number:02}",
                    "team": f"T{1 + number % 2}",
                    "completed_on": f"{month}-{rng.randint(1, 28):02}",
                    "wellbeing": score,
                }
            )
    write("single_arm", resources, rows)


if __name__ == "__main__":
    three_arms(Random(3))
    single_arm(Random(1))
