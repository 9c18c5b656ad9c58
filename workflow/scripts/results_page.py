"""Write a Markdown page on what a finished study shows of each of the paper's claims."""

import argparse
import json
import shutil
from pathlib import Path

import jinja2
import pandas as pd

from trajectories import (
    cli,
    figure_categories,
    figure_data,
    figure_stability,
    measured_claims,
    provenance,
    results_page,
    tables,
    trajectory,
)
from trajectories.analyses import claims
from trajectories.errors import UserError
from trajectories.files import atomic

HERE = Path(__file__).resolve().parent
FIGURES = ("figure1_stability.png", "figure2_categories.png", "training.png")


def main(arguments: argparse.Namespace) -> None:
    """Write the page that the arguments describe, and copy its figures beside it."""
    results = arguments.results
    recipe = read_recipe(results / arguments.condition / "recipe.json")
    study, hours = read_instances(results, arguments.condition)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE.parent / "report"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    stability, categories = map(tables.summarise, (study.stability, study.categories))
    page = environment.get_template("results.md.jinja").render(
        experiment=results.name,
        recipe=recipe,
        seeds=[each.attributes["seed"] for each in study.trajectories],
        epochs=study.epoch[-1],
        n_checkpoints=len(study.epoch),
        n_stimuli=len(study.trajectories[0].stimulus),
        batchnorm=study.trajectories[0].attributes["batchnorm"],
        command=arguments.command,
        hours=hours,
        machine=provenance.machine(),
        note=f" {arguments.note}" if arguments.note else "",
        versions=provenance.versions(),
        commit=provenance.commit(HERE),
        captions={
            "stability": figure_stability.caption(stability, "pearson", 0),
            "categories": figure_categories.caption(categories, 0),
        },
        quality=results_page.markdown(results_page.quality(study)),
        decided=results_page.markdown(
            results_page.decided(read_claims(results, arguments.condition))
        ),
        claims=[
            {
                "title": claim.title,
                "tables": [results_page.markdown(table) for table in claim.tables],
                "verdicts": claim.verdicts,
            }
            for claim in measured_claims.claims(study)
        ],
    )
    figures = arguments.output.parent / "figures" / results.name
    figures.mkdir(parents=True, exist_ok=True)
    for name in FIGURES:
        shutil.copyfile(results / "figures" / name, figures / name)
    with atomic(arguments.output) as temporary:
        temporary.write_text(page, encoding="utf-8")


def read_recipe(path: Path) -> dict[str, object]:
    """The settings of the condition."""
    try:
        recipe: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}): finish the run first.") from error
    return recipe


def read_claims(results: Path, condition: str) -> pd.DataFrame:
    """What was decided of the condition."""
    path = results / "tables" / "claims.csv"
    if not path.exists():
        raise UserError(f"There is no {path}: finish the run first.")
    table = tables.read_columns(path, claims.COLUMNS, claims.TEXT)
    return table[table["condition"] == condition]


def read_instances(
    results: Path, condition: str
) -> tuple[measured_claims.Instances, dict[str, float]]:
    """All instances of a condition, and the hours that its jobs took."""
    paths = sorted((results / condition).glob("seed-*/trajectory.h5"))
    if not paths:
        raise UserError(f"{results / condition} has no seed-*/trajectory.h5: finish the run first.")
    stability, categories = (
        table[table["condition"] == condition]
        for table in (
            tables.read(results / "tables" / f"{name}.csv") for name in ("stability", "categories")
        )
    )
    study = measured_claims.Instances(
        trajectories=[trajectory.read(path) for path in paths],
        stability=stability,
        categories=categories,
        history=figure_data.read_histories([path.parent / "history.csv" for path in paths]),
    )
    benchmarks = [pd.read_csv(path, sep="\t") for path in results.glob("**/benchmarks/*.tsv")]
    return study, results_page.job_hours(benchmarks)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="results/<experiment>")
    parser.add_argument("--condition", default="moco", help="condition to write of")
    parser.add_argument("--command", required=True, help="what the run was started with")
    parser.add_argument("--note", help="sentences to add on machine, time or images")
    parser.add_argument("--output", type=Path, required=True, help="page (Markdown) to write")
    cli.run(main, parser)
