"""How a study stands, in lines for a terminal."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from trajectories.status.instances import Progress
from trajectories.status.progress_line import duration

_BAR = 24  # characters


@dataclass(frozen=True)
class Standing:
    """How a study stands at a moment.

    Attributes
    ----------
    name : str
    instances : sequence of Progress
    results : str
        What of the analyses exists: "2 of 8 trajectories".
    cluster : str or None
        What SLURM says.
    alarms : sequence of str
    """

    name: str
    instances: Sequence[Progress]
    results: str
    cluster: str | None = None
    alarms: Sequence[str] = field(default=())

    @property
    def done(self) -> float:
        """Share of the operations of all training that is done."""
        whole = sum(each.operations for each in self.instances)
        left = sum(each.operations * each.remaining for each in self.instances)
        return 1 - left / whole if whole else 1.0

    @property
    def seconds_left(self) -> float | None:
        """Of training, if as many networks train at once as now; None if nothing can tell.

        An instance of which no speed is known is as fast, per operation, as the others.
        """
        known = [each for each in self.instances if each.seconds is not None]
        if not known:
            return None
        pace = sum(each.seconds or 0.0 for each in known) / sum(map(_per_epoch, known))
        left = sum(
            each.epochs_left * (each.seconds or pace * _per_epoch(each)) for each in self.instances
        )
        at_once = max(1, sum(each.training for each in self.instances))
        longest = max(
            each.epochs_left * (each.seconds or pace * _per_epoch(each)) for each in self.instances
        )
        return max(left / at_once, longest)


def summary(standing: Standing) -> str:
    """One sentence: how much of the work is done, who works, what time is left."""
    n = sum(each.training for each in standing.instances)
    parts = [f"{standing.done:.0%} of the training done"]
    if standing.done < 1:
        parts.append(f"{n} of {len(standing.instances)} networks in training")
        if standing.seconds_left is not None:
            parts.append(f"about {duration(standing.seconds_left)} of training left")
    return ", ".join(parts)


def lines(standing: Standing) -> list[str]:
    """All that is known of a study, in lines.

    Parameters
    ----------
    standing : Standing
    """
    width = max((len(each.name) for each in standing.instances), default=0)
    shown = [f"{standing.name}: {summary(standing)}", ""]
    shown += [
        f"{each.name:<{width}}  {bar(each)}  {epochs(each):<16}  {'; '.join(words(each))}".rstrip()
        for each in standing.instances
    ]
    shown += ["", standing.results]
    if standing.cluster:
        shown.append(standing.cluster)
    if standing.alarms:
        shown += ["", "Look at:", *(f"  {alarm}" for alarm in standing.alarms)]
    return shown


def bar(each: Progress) -> str:
    """What is done of an instance's training, as a bar."""
    full = int(_BAR * (1 - each.remaining))
    return "█" * full + "░" * (_BAR - full)


def epochs(each: Progress) -> str:
    """Epochs done, of the whole study."""
    return f"{each.done} of {each.epochs}"


def words(each: Progress) -> list[str]:
    """What else is known of an instance: loss beside chance, who trains it."""
    said = []
    row = each.row or {}
    if (loss := row.get("loss")) is not None:
        chance = row.get("chance_loss")
        said.append(f"loss {loss:.2f}" + ("" if chance is None else f" (chance {chance:.2f})"))
    if (views := row.get("view_top1")) is not None:
        said.append(f"views {views:.0%} matched")
    if each.training:
        said.append(f"{each.owner}")
    elif each.done >= each.epochs:
        said.append("RDMs done" if each.finished else "trained")
    elif each.owner is None:
        said.append("waiting" if not each.done else "interrupted or waiting")
    return said


def _per_epoch(each: Progress) -> float:
    return each.operations / (each.epochs - each.begins)
