"""The end of a script, without the time that Python takes to take PyTorch apart."""

import atexit
import os
import sys
import threading


def at_once() -> None:
    """End this process with status 0, if the script that it was started for is all it does.

    What was registered for the end is done and all output written; but nothing that the process
    has loaded is taken down first, which takes half a second where PyTorch is, a quarter of what
    such a script needs to start. Returns, so that Python ends the process in its own way, where a
    thread still works or the output can no longer be written.
    """
    if not _is_all() or any(not thread.daemon for thread in _others()):
        return
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return
    os._exit(0)


def _is_all() -> bool:
    """Whether the process was started with this script, and not to test or to import it."""
    script = getattr(sys.modules["__main__"], "__file__", None) or ""
    given, command = sys.argv[0], sys.orig_argv
    if given not in command or {"-c", "-m"} & set(command[: command.index(given)]):
        return False
    return os.path.abspath(given) == os.path.abspath(script)


def _others() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread is not threading.current_thread()]
