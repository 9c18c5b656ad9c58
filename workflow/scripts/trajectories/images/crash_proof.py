"""Parts of a set of images made by several processes, none of which can end the job by dying.

A damaged picture can kill the process that decodes it. A pool of the standard library then hangs
or gives up; here the part is tried again, and a picture at which two processes have died is left
out.
"""

import logging
import multiprocessing
import signal
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext

from trajectories.errors import UserError
from trajectories.failures import explained
from trajectories.images import jpeg_parts
from trajectories.images.jpeg_parts import Part, PartIndex
from trajectories.images.sources.source import shown

log = logging.getLogger("trajectories")

_DEATHS_OF_A_PICTURE = 2
_MOST_DEATHS = 100  # beyond, it is not the pictures


class _Maker:
    """A process that makes one part after the other.

    Attributes
    ----------
    connection : Connection
        Takes parts; gives ("at", place) before each picture and then ("made", index),
        ("refused", sentence) or ("failed", traceback).
    task : int
        Number of the current part.
    at : int
        Place of the current picture; -1 before the first.
    """

    def __init__(self, context: SpawnContext) -> None:
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_make_parts, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()  # so that its end is seen here
        self.task = self.at = -1

    def give(self, task: int, part: Part) -> None:
        """Have a part made."""
        self.task, self.at = task, -1
        with suppress(OSError):  # it has died: that shows when it is listened to
            self.connection.send(part)

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.terminate()
        self.process.join()
        self.connection.close()


def make_all(
    parts: Sequence[Part], processes: int, advance: Callable[[int], object]
) -> Iterator[tuple[int, PartIndex]]:
    """Make parts, several at a time.

    Parameters
    ----------
    parts : sequence of Part
    processes : int
    advance : callable
        Called with the number of pictures that are done; negative for those to be done again.

    Yields
    ------
    number of the part in `parts`, and its index, in the order in which they are done

    Raises
    ------
    UserError
        If a part cannot be written, or processes die again and again.
    """
    context = multiprocessing.get_context("spawn")  # no copy of whatever this process holds
    tasks = dict(enumerate(parts))
    waiting = deque(tasks)
    deaths: Counter[tuple[int, int]] = Counter()
    makers: dict[Connection, _Maker] = {}
    try:
        while waiting or makers:
            while waiting and len(makers) < processes:
                maker = _Maker(context)
                makers[maker.connection] = maker
                maker.give(task := waiting.popleft(), tasks[task])
            for connection in wait(list(makers)):
                assert isinstance(connection, Connection)
                maker = makers[connection]
                try:
                    kind, content = connection.recv()
                except (EOFError, OSError):
                    del makers[connection]
                    advance(-max(maker.at, 0))
                    deaths[maker.task, maker.at] += 1
                    tasks[maker.task] = _after_death(tasks[maker.task], maker, deaths)
                    waiting.appendleft(maker.task)
                    continue
                if kind == "at":
                    advance(content - max(maker.at, 0))
                    maker.at = content
                elif kind == "made":
                    advance(len(tasks[maker.task].files) - max(maker.at, 0))
                    yield maker.task, content
                    if waiting:
                        maker.give(task := waiting.popleft(), tasks[task])
                    else:
                        del makers[connection]
                        maker.end()
                elif kind == "refused":
                    raise UserError(content)
                else:
                    raise RuntimeError(f"making {tasks[maker.task].path} failed:\n{content}")
    finally:
        for maker in makers.values():
            maker.end()


def _after_death(part: Part, maker: _Maker, deaths: "Counter[tuple[int, int]]") -> Part:
    """The part to try again, without its current picture if that has killed two processes."""
    maker.process.join()
    code = maker.process.exitcode or 0
    how = signal.Signals(-code).name if code < 0 else f"status {code}"
    name = shown(part.files[maker.at]) if 0 <= maker.at < len(part.files) else "no picture"
    if deaths.total() >= _MOST_DEATHS or (maker.at < 0 and deaths[maker.task, -1] > 2):
        raise UserError(
            f"{deaths.total()} processes that pack images have died, the last ({how}) while reading"
            f" {name}: give the job more memory (resource mem_mb), then start it again"
        )
    log.warning("a process died (%s) while reading %s; trying again", how, name)
    if maker.at >= 0 and deaths[maker.task, maker.at] >= _DEATHS_OF_A_PICTURE:
        reason = f"decoding it crashes the process ({how})"
        return replace(part, refused={**part.refused, maker.at: reason})
    return part


def _make_parts(connection: Connection) -> None:
    """What a process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with the process that started it
    while True:
        try:
            part = connection.recv()
        except EOFError:
            return
        try:
            index = jpeg_parts.make(part, lambda place: connection.send(("at", place)))
            connection.send(("made", index))
        except BrokenPipeError:
            return
        except UserError as error:
            connection.send(("refused", str(error)))
        except Exception as error:
            if known := explained(error, part.path):
                connection.send(("refused", str(known)))
            elif isinstance(error, OSError | RuntimeError):  # HDF5's errors are of both kinds
                sentence = (
                    f"{part.path} cannot be written ({error}): free disk space or get write"
                    " permission there, then start again"
                )
                connection.send(("refused", sentence))
            else:
                connection.send(("failed", traceback.format_exc()))
