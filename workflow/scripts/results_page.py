"""Write a Markdown page on what a finished study shows: the paper's claims, and all analyses."""

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from trajectories import cli
from trajectories.analyses import claims, registry
from trajectories.analyses.categories import figure as figure_categories
from trajectories.analyses.stability import figure as figure_stability
from trajectories.errors import UserError
from trajectories.failures import reading
from trajectories.plotting import figure_data
from trajectories.provenance import provenance
from trajectories.rdms import trajectory
from trajectories.report import findings, results_page
from trajectories.report import provenance as report_provenance
from trajectories.storage import pages, tables
from trajectories.storage.files import atomic
from trajectories.training.objectives import registry as objectives

HERE = Path(__file__).resolve().parent
FIGURES = {
    "figure1_stability": "Similarity of RDMs of consecutive epochs",
    "figure2_categories": "Dissimilarity within and between categories",
    "training": "Diagnostics of training",
}


def main(arguments: argparse.Namespace) -> None:
    """Write the page that the arguments describe, and its figures beside it."""
    results = arguments.results
    made = provenance.read(results / "provenance.json")
    conditions = list(made["config"]["conditions"])
    condition = arguments.condition or conditions[0]
    recipe = read_recipe(results / condition / "recipe.json")
    confidence = made["config"]["statistics"]["confidence"]
    shown = read_subjects(results, condition, made["config"], made["results"])
    titles = FIGURES | {
        figure["name"]: figure["title"] for each in shown for figure in each["figures"]
    }
    decided = read_claims(results, condition)
    paths = read_paths(results, condition)
    history = figure_data.read_histories([path.parent / "history.csv" for path in paths])
    first = trajectory.read(paths[0])
    benchmarks = [pd.read_csv(path, sep="\t") for path in results.glob("**/benchmarks/*.tsv")]
    page = pages.filled(
        HERE.parent / "report" / "results.md.jinja",
        escape=False,
        experiment=results.name,
        recipe=recipe,
        objective=objectives.describe(recipe["training"].get("objective", "moco")).title,
        named=f" (condition {condition})" if len(conditions) > 1 else "",
        n_networks=len(paths),
        epochs=first.epoch[-1],
        n_checkpoints=len(first.epoch),
        n_stimuli=len(first.stimulus),
        batchnorm=first.attributes["batchnorm"],
        confidence=confidence,
        counts=results_page.counts(decided),
        at_a_glance=results_page.markdown(results_page.at_a_glance(decided)),
        decided=results_page.markdown(results_page.decided(decided)),
        captions=captions(results, condition, made["config"]),
        subjects=shown,
        pictures={
            name: results_page.picture(
                results / "figures" / f"{name}.png", f"figures/{results.name}", title
            )
            for name, title in titles.items()
        },
        quality=results_page.markdown(results_page.quality(history)),
        by_condition=by_condition(results, conditions, confidence),
        schedule=results_page.schedule(history),
        command=arguments.command,
        times=results_page.job_times(benchmarks),
        note=arguments.note,
        made_with=report_provenance.made_with(made),
    )
    figures = arguments.output.parent / "figures" / results.name
    figures.mkdir(parents=True, exist_ok=True)
    for name in titles:
        results_page.copy_picture(results / "figures" / f"{name}.png", figures / f"{name}.png")
    with atomic(arguments.output) as temporary:
        temporary.write_text(page, encoding="utf-8")


def by_condition(results: Path, conditions: list[str], confidence: float) -> str:
    """How well networks of each condition see; nothing of one alone, which is told anyhow."""
    trained = [name for name in conditions if list((results / name).glob("seed-*/history.csv"))]
    if len(trained) < 2:
        return ""
    histories = [
        path.parent / "history.csv" for name in trained for path in read_paths(results, name)
    ]
    table = results_page.by_condition(figure_data.read_histories(histories), confidence)
    return results_page.markdown(table)


def read_recipe(path: Path) -> dict[str, Any]:
    """The settings of the condition."""
    try:
        with reading(path):
            recipe: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}): finish the run first.") from error
    return recipe


def read_claims(results: Path, condition: str) -> pd.DataFrame:
    """The decisions on the claims, for the condition."""
    path = results / "tables" / "claims.csv"
    if not path.exists():
        raise UserError(f"There is no {path}: finish the run first.")
    table = tables.read_columns(path, claims.COLUMNS, claims.TEXT)
    return table[table["condition"] == condition]


def read_paths(results: Path, condition: str) -> list[Path]:
    """The trajectories of all networks of the condition."""
    paths = sorted((results / condition).glob("seed-*/trajectory.h5"))
    if not paths:
        raise UserError(f"{results / condition} has no seed-*/trajectory.h5: finish the run first.")
    return paths


def read_subjects(
    results: Path, condition: str, config: dict[str, Any], files: dict[str, str]
) -> list[dict[str, Any]]:
    """What each analysis of this study says; `files` are those of its provenance."""
    found = []
    for name, analysis in registry.analyses().items():
        needed = analysis.findings.tables if analysis.findings else ()
        if any(f"tables/{table}.csv" not in files for table in needed):
            continue
        sentences = findings.told(name, results / "tables", condition, config)
        if not sentences:
            continue
        figures = []
        for figure in analysis.figures:
            text = (results / "figures" / f"{figure}.txt").read_text(encoding="utf-8")
            title, _, caption = text.partition("\n\n")
            figures.append({"name": figure, "title": title, "caption": caption.strip()})
        found.append(
            {
                "title": analysis.question,
                "docs": analysis.docs,
                "sentences": sentences,
                "figures": figures,
            }
        )
    return found


def captions(results: Path, condition: str, config: dict[str, Any]) -> dict[str, str]:
    """Captions of both figures of the paper."""
    stability, categories = (
        tables.summarise(table[table["condition"] == condition])
        for table in (
            tables.read(results / "tables" / f"{name}.csv") for name in ("stability", "categories")
        )
    )
    first = config["figures"]["first_epoch"]
    measure = config["metrics"]["similarity"]
    return {
        "stability": figure_stability.caption(stability, measure, first),
        "categories": figure_categories.caption(categories, first),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="results/<experiment>")
    parser.add_argument(
        "--condition", help="condition to report; by default, the first of the configuration"
    )
    parser.add_argument("--command", required=True, help="command that started the run")
    parser.add_argument("--note", default="", help="sentences to add about machine, time or images")
    parser.add_argument("--output", type=Path, required=True, help="page (Markdown) to write")
    cli.run(main, parser)
