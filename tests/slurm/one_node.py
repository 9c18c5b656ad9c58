"""A real SLURM of one node on this machine, with two GPUs that are none; no tests.

Controller, node and authentication run as children of the tests, from a folder of their own: no
file of the system is read or written, and nothing is left behind. There is no accounting database.
"""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol", "srun")

# Jobs are looked after as quickly as SLURM can; ended ones stay on record.
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/controller
SlurmdSpoolDir={folder}/node
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MinJobAge=3600
KillWait=5
OverTimeLimit=0
GresTypes=gpu
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=16 RealMemory=100000 Gres=gpu:2
PartitionName=cpu Nodes=ALL Default=YES MaxTime=02:00:00
PartitionName=gpu Nodes=ALL MaxTime=02:00:00
"""
# Each GPU is a device: any will do.
GPUS = "Name=gpu File=/dev/null\nName=gpu File=/dev/zero\n"
CGROUP = "CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n"


def obstacle() -> str | None:
    """Why no SLURM can be started here, if so."""
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin"])
    missing = [program for program in PROGRAMS if shutil.which(program, path=path) is None]
    if missing:
        return f"{', '.join(missing)} not installed (Debian: slurm-wlm, munge)"
    if "SLURM_CONF" in os.environ or Path("/etc/slurm/slurm.conf").exists():
        return "this machine belongs to a SLURM cluster"
    return None


def wait(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain: {what}"
        time.sleep(0.05)


@dataclass
class OneNode:
    """A running SLURM."""

    folder: Path
    daemons: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    ready: bool = False

    @classmethod
    def start(cls) -> "OneNode":
        """Write its configuration, start its daemons, wait until it takes jobs."""
        # In a folder that all may enter, or munge refuses; of a short name, as it holds a socket.
        folder = Path(tempfile.mkdtemp(prefix="slurm-"))
        folder.chmod(0o755)
        for name in ("controller", "node", "bin"):
            (folder / name).mkdir()
        host = socket.gethostname().partition(".")[0]
        user = subprocess.check_output(["id", "-un"], text=True).strip()
        text = CONFIGURATION.format(folder=folder, host=host, user=user, ports=free_ports(2))
        (folder / "slurm.conf").write_text(text)
        (folder / "gres.conf").write_text(GPUS)
        (folder / "cgroup.conf").write_text(CGROUP)
        key = folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(1024))
        # Snakemake's executor hides SLURM's variables from srun, SLURM_CONF with them.
        srun = folder / "bin" / "srun"
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {find("srun")} "$@"\n')
        srun.chmod(0o755)
        node = cls(folder)
        try:
            files = {"socket": "socket", "key-file": "key", "pid-file": "pid"}
            files |= {"log-file": "log", "seed-file": "seed"}
            flags = [f"--{flag}={folder}/munge.{name}" for flag, name in files.items()]
            node.run_daemon("munged", "--foreground", *flags)
            wait((folder / "munge.socket").exists, "munged")
            node.run_daemon("slurmctld", "-D")
            node.run_daemon("slurmd", "-D")
            wait(node.is_idle, "an idle node")
            node.ready = True
        except BaseException:
            for log in folder.glob("*.out"):
                print(f"--- {log.name}\n{log.read_text()}")
            node.stop()
            raise
        return node

    def environment(self) -> dict[str, str]:
        """What makes commands speak to this SLURM."""
        path = f"{self.folder}/bin{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": path}

    def run_daemon(self, program: str, *arguments: str) -> None:
        """Start a daemon that ends with `stop`."""
        with (self.folder / f"{program}.out").open("wb") as out:
            daemon = subprocess.Popen(
                # Even if the tests are killed, it does not stay behind.
                ["setpriv", "--pdeathsig", "TERM", find(program), *arguments],
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.daemons.append(daemon)

    def stop_controller(self) -> None:
        """End the controller, as when its machine is down; jobs go on."""
        (controller,) = [each for each in self.daemons if "slurmctld" in each.args[3]]  # type: ignore[index]
        controller.terminate()
        controller.wait(timeout=60)
        self.daemons.remove(controller)

    def start_controller(self, *arguments: str) -> None:
        """Start it again, with `-c` without its memory of all jobs."""
        self.run_daemon("slurmctld", "-D", *arguments)
        wait(self.is_idle, "an idle node", 120)

    def is_idle(self) -> bool:
        """Whether the node waits for jobs."""
        assert all(daemon.poll() is None for daemon in self.daemons), "a daemon has ended"
        return "idle" in self.command("sinfo", "--noheader", "--format=%T")

    def command(self, *words: str) -> str:
        """Output of one of SLURM's commands; empty if it fails."""
        done = subprocess.run(
            words, env=self.environment(), capture_output=True, text=True, check=False, timeout=60
        )
        return done.stdout

    def jobs(self, folder: Path) -> list[dict[str, str]]:
        """SLURM's record of each job that was submitted from a folder, oldest first."""
        lines = self.command("scontrol", "show", "job", "--oneliner").splitlines()
        records = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in lines]
        mine = [record for record in records if record.get("WorkDir") == str(folder)]
        return sorted(mine, key=lambda record: int(record["JobId"]))

    def stop(self) -> None:
        """End all jobs, then the daemons, and remove the folder."""
        if self.ready:
            self.command("scancel", "--user", str(os.getuid()))
            wait(lambda: not self.command("squeue", "--noheader").strip(), "the end of all jobs")
        for daemon in reversed(self.daemons):
            daemon.terminate()
            daemon.wait(timeout=60)
        shutil.rmtree(self.folder)


def find(program: str) -> str:
    """Path of a program; daemons are not on every user's path."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin")
    assert found is not None, program
    return found


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nothing listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports
