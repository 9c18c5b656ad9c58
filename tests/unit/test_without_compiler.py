"""Networks of torchvision are built and run without torch's compiler, which stays as it is.

Each in a process of its own: what is imported stays imported.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"
START = """
import sys, torch
from trajectories.networks.libraries import without_compiler
compiler = lambda: [name for name in sys.modules if name.startswith("torch._dynamo")]
"""


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", START + code],
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "build", ["resnet.build('resnet18', 'small')", "alexnet.build('alexnet', 'imagenet')"]
)
def test_a_network_runs_without_it(build: str) -> None:
    printed = python(f"""
from trajectories.networks.kinds import alexnet, resnet
network = {build}.eval()
with torch.inference_mode():
    network(torch.zeros(1, 3, 64, 64))
print(compiler())
""")
    assert printed == "[]\n"


def test_it_is_there_for_whoever_wants_it() -> None:
    printed = python("""
models = without_compiler.models()
from torchvision.ops import roi_align
boxes = [torch.tensor([[0.0, 0.0, 4.0, 4.0]])]
# Asks whether it can be compiled.
torch.use_deterministic_algorithms(True)
features = torch.arange(16.0).reshape(1, 1, 4, 4).requires_grad_()
print(roi_align(features, boxes, 1, aligned=True).item())
assert without_compiler.is_compile_supported("cpu") in (True, False)
assert torch._dynamo.utils.__file__ and compiler()
""")
    assert float(printed) == 7.5


def test_what_is_loaded_already_is_not_replaced() -> None:
    python("""
import torch._dynamo.utils as before
models = without_compiler.models()
assert sys.modules["torch._dynamo.utils"] is before
import torchvision
assert models is torchvision.models
""")


def test_another_wish_while_it_is_imported_gets_the_true_one() -> None:
    """A newer torchvision may ask for more."""
    python("""
sys.modules.update({name: without_compiler._StandIn(name) for name in without_compiler._COMPILER})
from torch._dynamo.utils import counters
import torch._dynamo.utils as true
assert counters is true.counters
assert not isinstance(true, without_compiler._StandIn)
""")
