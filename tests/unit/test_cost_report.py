"""The cost that a config states in its comment is the one that the command computes."""

import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from trajectories.errors import UserError
from trajectories.planning import cost_report
from trajectories.study import config

HOME = Path(__file__).parents[2]
SCRIPT = HOME / "workflow" / "scripts" / "plan_cost.py"
PAPER = HOME / "config" / "paper.yaml"
DEFAULT = HOME / "config" / "config.yaml"
PUBLISHED = HOME.parent / "shared/data/kriegeskorte92/Kriegeskorte_Neuron2008_supplementalData.mat"
FALLING = {"change": "blur", "at": [[0, 4], [8, 1], [2, 0]]}
BLOCK = f"# first\n{cost_report.BEGIN}mine.yaml\n# old\n#\n{cost_report.END}\n\nexperiment: mine\n"


@pytest.fixture
def command(monkeypatch, capsys) -> Callable[..., list[str]]:
    """The script, run by hand; gives the lines that it prints."""

    def run(*flags: str) -> list[str]:
        monkeypatch.setattr(sys, "argv", ["plan_cost.py", *flags])
        runpy.run_path(str(SCRIPT), run_name="__main__")
        return capsys.readouterr().out.splitlines()

    return run


def value(lines: list[str], label: str) -> list[str]:
    [line] = [line for line in lines if line.startswith(label)]
    return line.removeprefix(label).split()


def test_the_papers_config_states_what_the_command_prints(command) -> None:
    printed = command("--config", str(PAPER))
    block = cost_report.read_block(PAPER)
    assert block == printed[: len(block)]
    # 53 hours on 8 GPUs, ten times.
    assert value(printed, "GPU hours of training") == ["424", "4,240"]


def test_a_plan_says_how_precise_claims_will_be(command, tmp_path, monkeypatch) -> None:
    text = " ".join(" ".join(command("--config", str(PAPER))).split())
    assert "vary as in config/pilot.csv:" in text
    assert text.count("with 10 networks and 92 images") >= 5
    assert text.count("more networks") >= 5
    # The study's own results, where it has been run, or those that are named.
    own = tmp_path / "results" / "paper" / "tables" / "study_size.csv"
    own.parent.mkdir(parents=True)
    for suffix in ("", ".sha256"):
        copied = Path(f"{HOME / 'config' / 'pilot.csv'}{suffix}").read_text("utf-8")
        Path(f"{own}{suffix}").write_text(copied.replace("pilot.csv", own.name), "utf-8")
    monkeypatch.chdir(tmp_path)
    assert "tables/study_size.csv:" in " ".join(command("--config", str(PAPER)))
    with pytest.raises(SystemExit):
        command("--config", str(PAPER), "--pilot", str(tmp_path / "none.csv"))


def test_the_default_config_has_a_cost(command) -> None:
    printed = command()
    settings = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    epochs = settings["training"]["epochs"]
    assert value(printed, "epochs") == [f"{epochs:,}", f"{epochs * len(settings['seeds']):,}"]


@pytest.mark.parametrize(
    ("flag", "number", "label", "per_second"),
    [
        ("--images-per-second", "2", "images, each in two views", 2),
        ("--tflops", "0.0001", "operations of training", 1e8),
    ],
)
def test_the_rate_may_be_given(command, flag, number, label, per_second: float) -> None:
    printed = command(flag, number)
    work = float(value(printed, label)[0].replace(",", ""))
    hours = float(value(printed, "GPU hours of training")[0])
    assert hours == pytest.approx(work / per_second / 3600, rel=0.01)
    assert f"given by {flag}" in printed[printed.index("") - 1]


@pytest.mark.parametrize("flag", ["--tflops", "--images-per-second"])
@pytest.mark.parametrize("number", ["0", "-1", "inf", "nan"])
def test_an_impossible_rate(command, caplog, flag: str, number: str) -> None:
    with pytest.raises(SystemExit, match="1"):
        command(f"{flag}={number}")
    assert f"{flag} must be a number above 0" in caplog.text


def with_table(folder: Path, table: str | Path) -> Path:
    """The default config with another table of test images."""
    path = folder / f"{Path(table).stem}.yaml"
    text = DEFAULT.read_text(encoding="utf-8")
    path.write_text(text.replace("config/stimuli/openmoji96.csv", str(table)), encoding="utf-8")
    return path


def test_the_published_test_images_are_counted_before_they_are_there(command, tmp_path) -> None:
    rows = "".join(f"{index},a.png,1\n" for index in range(92))
    (tmp_path / "92.csv").write_text(f"stimulus,file,face\n{rows}", encoding="utf-8")
    there, absent = (with_table(tmp_path, name) for name in (tmp_path / "92.csv", "no/file.mat"))
    assert command("--config", str(absent)) == command("--config", str(there)) != command()


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="the published test images are not here")
def test_the_published_test_images_are_as_many_as_they_are_counted(command, tmp_path) -> None:
    there, absent = (with_table(tmp_path, name) for name in (PUBLISHED, "no/file.mat"))
    assert command("--config", str(absent)) == command("--config", str(there))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no config"),
        ("a: [", "cannot be read as YAML"),
        ("- a\n", "is not a config"),
        ("experiment: mine\n", "`seeds` is missing"),
    ],
)
def test_a_config_that_cannot_be_read(command, caplog, tmp_path, content, said: str) -> None:
    path = tmp_path / "mine.yaml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit, match="1"):
        command("--config", str(path))
    assert said in caplog.text
    assert len(caplog.records) == 1


def test_writing_replaces_the_block_and_nothing_else(command, tmp_path) -> None:
    path = tmp_path / "mine.yaml"
    text = DEFAULT.read_text(encoding="utf-8")
    path.write_text(BLOCK.replace("experiment: mine\n", text), encoding="utf-8")
    before = config.read(path)
    printed = command("--config", str(path))
    assert command("--config", str(path), "--write") == []
    block = cost_report.read_block(path)
    printed = printed[: printed.index("")]
    assert block == printed
    assert path.read_text(encoding="utf-8") == (
        f"# first\n{cost_report.BEGIN}mine.yaml\n"
        + "".join(f"# {line}\n" for line in printed)
        + f"{cost_report.END}\n\n{text}"
    )
    assert config.read(path) == before


@pytest.mark.parametrize("mark", [cost_report.BEGIN, cost_report.END])
def test_a_config_without_a_place_for_the_cost(tmp_path, mark: str) -> None:
    path = tmp_path / "mine.yaml"
    text = BLOCK.replace(mark, "# no mark")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"mine\.yaml has no place for the cost: add the lines"):
        cost_report.write_block(path, ["new"])
    assert path.read_text(encoding="utf-8") == text


def test_parts_add_up_to_disk_space(command) -> None:
    """In a config whose numbers are large enough not to drown in rounding."""
    printed = command("--config", str(PAPER))
    parts = [float(value(printed, f"{name} ")[2]) for name in ("checkpoints", "training states")]
    assert float(value(printed, "disk at rest")[2]) == pytest.approx(sum(parts), rel=0.01)
    [passing] = [line for line in printed if line.startswith("One segment")]
    one = float(passing.split()[passing.split().index("hours,") + 1])
    rest, peak = (float(value(printed, name)[2]) for name in ("disk at rest", "disk at its peak"))
    assert peak - rest == pytest.approx(10 * one, rel=0.02)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.04, "under 0.1"), (0.5, "0.5"), (42.41, "42.4"), (99.96, "100"), (4240.4, "4,240")],
)
def test_hours_read_well(number: float, text: str) -> None:
    assert cost_report.hours(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(15_000, "0.015 MB"), (2_480_000, "2.48 MB"), (226_900_000_000, "227 GB"), (1.5e12, "1.5 TB")],
)
def test_sizes_read_well(number: int, text: str) -> None:
    assert cost_report.size(number) == text


def test_activations_that_are_kept_lie_at_rest(command, tmp_path) -> None:
    settings = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    settings["conditions"] = {"moco": {}, "wide": {"network": {"architecture": "resnet18"}}}
    settings["activations"]["keep"] = True
    path = tmp_path / "two.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    printed = command("--config", str(path))
    assert "largest instance" in printed[1]
    assert len(value(printed, "activations  ")) == 4
    assert not [line for line in printed if line.startswith("At its peak")]
    assert value(printed, "disk at rest") == value(printed, "disk at its peak")


def test_a_study_of_own_checkpoints_costs_no_training(command, tmp_path) -> None:
    settings = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    own = {"folder": str(tmp_path / "own"), "pattern": "{epoch}.pt"}
    settings["conditions"] = {"own": {"checkpoints": own}}
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    printed = command("--config", str(path))
    assert printed[0] == "Nothing is trained: all networks are from existing checkpoints."
    with pytest.raises(SystemExit):
        command("--config", str(path), "--write")


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({"late": {"from": {"condition": "moco", "epoch": 100}}}, "so that it would train none"),
        (
            {
                "own": {"checkpoints": {"folder": "own", "pattern": "{epoch}.pt"}},
                "late": {"from": {"condition": "own", "epoch": 20}},
            },
            "conditions.late.from.condition` is own, whose checkpoints are imported",
        ),
        ({"fed": {"training": {"diet": {"changes": [FALLING]}}}}, "has 2 after 8"),
    ],
)
def test_a_study_that_cannot_be_has_no_cost(command, caplog, tmp_path, conditions, said) -> None:
    settings = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    settings["conditions"] = {"moco": {}, **conditions}
    settings["training"] |= {"epochs": 100, "schedule_epochs": 100, "segment_epochs": 20}
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    with pytest.raises(SystemExit, match="1"):
        command("--config", str(path))
    assert said in caplog.text
    assert len(caplog.records) == 1
