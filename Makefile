## learning-trajectories
##
##   make run      set up .venv if needed, then compute everything that is missing or out of date
##   make test     set up .venv if needed, then lint and run all tests
##
##   make status   say how far the study is, while it runs; in ARGS, for instance
##                    "--html status.html --every 60"
##   make interim  all analyses on the epochs that all networks have so far, in a study of its own,
##                 while training goes on; or those that NETWORKS=6 have
##   make tensorboard  write the histories of training so far for TensorBoard
##   make layers   list the layers of the networks in CONFIG, with shapes, memory and disk
##
##   make reproduce   check the finished run RUN against its provenance; in ARGS, for instance
##                    "--recompute metrics" also recomputes a part
##
##   make plan     show what the study costs, and the jobs that `make run` would run
##   make unit     only the fast tests
##   make lint     only style, types and the check of config/README.md
##   make format   fix style; write config/README.md
##   make docs     make run, copy its figures and its report to docs, and film the report's
##                 explorer, which needs Chromium and chromedriver
##   make rulegraph  draw docs/figures/rulegraph.svg (needs graphviz)
##   make results STUDY=cifar10  make all results of a study in studies/ without training
##   make results  write docs/results-<experiment>.md from a finished run of CONFIG
##   make publish  put the finished networks of CONFIG into studies/; in ARGS, "--pictures" if
##                 licences allow it
##   make bench    compare speed and memory with the alternatives; takes hours, on an idle
##                 machine. In ARGS, for instance "--only rdm metrics"
##   make gpu      on a machine with a GPU: its tests, and the benchmarks of training on it
##   make lock     resolve requirements.lock again from pyproject.toml
##   make clean-environment   remove .venv and the environments of make bench
##
##   CONFIG=config/mine.yaml    another config for run, interim, tensorboard, plan, layers and status
##   LOGGER="work snkmt"        more of Snakemake's loggers for run and interim: docs/watching.md
##   RUN=results/mine           another run for reproduce
##   ARGS="--forcerun train"    more flags for snakemake, reproduce.py, pytest or uv
##   COST="--tflops 60"           the speed of your GPU for plan; or --images-per-second
##   PYTHON=python3.12          the Python to set up .venv with
##   OLDER_PYTHON=python3.11    a Python for which thingsvision can be installed, for make bench

CONFIG = config/config.yaml
RUN = results/openmoji
NETWORKS =
LOGGER = work
ARGS =
COST =
PYTHON = python3 python3.13 python3.12 python3.11
OLDER_PYTHON = python3.11 python3.10

EXPERIMENT = $(shell sed -n 's/^experiment: *\([^ \#]*\).*/\1/p' $(CONFIG))
SNAKEMAKE = .venv/bin/snakemake --configfile $(CONFIG)
# Test files run in parallel, in the order given: those that take longest come first.
PYTEST = .venv/bin/pytest --numprocesses auto --maxprocesses 4 --no-loadscope-reorder
BROKEN := $(shell .venv/bin/python -c "import pip, sys; sys.exit(sys.version_info < (3, 11))" \
  2>/dev/null || echo broken)

.PHONY: help run interim tensorboard status reproduce plan layers test unit lint format docs rulegraph \
  results publish bench gpu lock clean-environment broken there

help:
	@sed -n 's/^## \{0,1\}//p' Makefile

# Before anything is installed, and in place of Snakemake's traceback.
there:
	@if [ ! -f "$(CONFIG)" ]; then \
	  echo "error: there is no config $(CONFIG): name one that exists with CONFIG=." >&2; \
	  exit 1; \
	fi

run: there .venv/.installed
	@PYTHONPATH=workflow/plugins $(SNAKEMAKE) --logger $(LOGGER) --cores all $(ARGS)

plan: there .venv/.installed
	@.venv/bin/python workflow/scripts/plan_cost.py --config $(CONFIG) $(COST)
	@$(SNAKEMAKE) --quiet rules host --dry-run $(ARGS)

layers: there .venv/.installed
	@.venv/bin/python workflow/scripts/layers.py --config $(CONFIG)

status: there .venv/.installed
	@.venv/bin/python workflow/scripts/status.py --config $(CONFIG) $(ARGS)

interim: there .venv/.installed
	@PYTHONPATH=workflow/plugins .venv/bin/python workflow/scripts/interim.py --config $(CONFIG) $(if $(NETWORKS),--networks $(NETWORKS)) \
	  -- --logger $(LOGGER) --cores all $(ARGS)

tensorboard: there .venv/.installed
	@.venv/bin/python workflow/scripts/tensorboard_runs.py --config $(CONFIG) $(ARGS)

reproduce: .venv/.installed
	@.venv/bin/python workflow/scripts/reproduce.py --run $(RUN) $(ARGS)

test: lint
	@$(PYTEST) tests/slurm tests/workflow tests/browser tests/gpu tests/unit $(ARGS)

unit: .venv/.installed
	@$(PYTEST) tests/unit $(ARGS)

lint: .venv/.installed
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/snakefmt --check Snakefile workflow/Snakefile workflow/rules
	@.venv/bin/snakemake --lint
	@.venv/bin/mypy
	@.venv/bin/python workflow/scripts/config_reference.py --check

format: .venv/.installed
	@.venv/bin/ruff check --fix
	@.venv/bin/ruff format
	@.venv/bin/snakefmt Snakefile workflow/Snakefile workflow/rules
	@.venv/bin/python workflow/scripts/config_reference.py

docs: run
	@mkdir -p docs/figures
	@cp results/openmoji/figures/*.png docs/figures
	@cp results/openmoji/report.html docs/report.html
	@.venv/bin/python workflow/scripts/explorer_picture.py --report results/openmoji/report.html \
	  --output docs/figures/explorer.gif

rulegraph: .venv/.installed
	@mkdir -p docs/figures
	@.venv/bin/snakemake --quiet all --rulegraph | dot -Tsvg > docs/figures/rulegraph.svg

# Of a published study all results, else the page of a study that was run here.
ifneq ($(filter command,$(origin STUDY)),)
results: .venv/.installed
	@PYTHONPATH=workflow/plugins .venv/bin/python workflow/scripts/published_results.py --study "$(STUDY)" \
	  -- --logger $(LOGGER) --cores all $(ARGS)
else
results: there .venv/.installed
	@.venv/bin/python workflow/scripts/results_page.py --results results/$(EXPERIMENT) \
	  --command "make run CONFIG=$(CONFIG)" --output docs/results-$(EXPERIMENT).md $(ARGS)
endif

publish: there .venv/.installed
	@.venv/bin/python workflow/scripts/publish_study.py --config $(CONFIG) $(ARGS)

# One version of each package for all Pythons and systems. The pins in envs/ are updated by hand: a unit
# test compares them.
lock: .venv/.installed
	@.venv/bin/uv pip compile pyproject.toml --extra dev --universal \
	  --python-version 3.11 --fork-strategy fewest --generate-hashes --no-annotate --quiet \
	  --custom-compile-command "make lock" --output-file requirements.lock $(ARGS)

# The packages to compare with are separate: .venv is what the workflow is tested with.
bench: .venv-bench/.installed .venv-thingsvision/.tried
	@.venv-bench/bin/python benchmarks/all.py $(ARGS)

gpu: .venv/.installed
	@.venv/bin/python -c "import sys, torch; sys.exit(not torch.cuda.is_available())" || \
	  { echo "error: torch finds no CUDA device on this machine: run make gpu on one that has it." >&2; exit 1; }
	@.venv/bin/pytest tests/gpu
	@.venv/bin/python benchmarks/all.py --only paper_step data bn_groups sharing --rounds 2 $(ARGS)

.venv-bench/.installed: benchmarks/requirements.txt .venv/.installed
	@echo "Installing benchmarks/requirements.txt into .venv-bench (once) ..."
	@.venv/bin/python -m venv --clear .venv-bench
	@.venv/bin/python -c "import site; print(site.getsitepackages()[0])" \
	  > "$$(.venv-bench/bin/python -c "import site; print(site.getsitepackages()[0])")/project.pth"
	@.venv-bench/bin/python -m pip install --disable-pip-version-check --quiet --no-deps \
	  -r benchmarks/requirements.txt
	@touch .venv-bench/.installed

# thingsvision needs older versions of Python, PyTorch and numpy. It is skipped where it cannot be installed.
.venv-thingsvision/.tried:
	@echo "Installing thingsvision into .venv-thingsvision (once; a few gigabytes) ..."
	@rm -rf .venv-thingsvision; mkdir .venv-thingsvision; \
	for candidate in $(OLDER_PYTHON); do \
	  if "$$candidate" -m venv --clear .venv-thingsvision 2>/dev/null; then break; fi; \
	done; \
	if ! { [ -x .venv-thingsvision/bin/python ] && .venv-thingsvision/bin/python -m pip install \
	  --disable-pip-version-check --quiet thingsvision==2.7.3; }; then \
	  echo "thingsvision cannot be installed here: extraction is measured without it."; \
	  rm -rf .venv-thingsvision/bin; \
	fi; \
	touch .venv-thingsvision/.tried

clean-environment:
	rm -rf .venv .venv-bench .venv-thingsvision

# .installed is the lock that .venv was installed from; .installing marks an interrupted
# installation, which pip cannot be trusted to complete. The locked packages are built for Python 3.11
# to 3.13; a newer one is used if there is no other, and needs a C compiler. uv, if it is there, is faster
# than pip; where it fails, as with an index that only pip was told of, pip goes on.
.venv/.installed: requirements.lock $(BROKEN)
	@if [ -z "$(BROKEN)" ] && cmp -s requirements.lock .venv/.installed; then \
	  touch .venv/.installed; \
	  exit 0; \
	fi; \
	if [ -n "$(BROKEN)" ] || [ -e .venv/.installing ]; then \
	  python=; \
	  for limit in 3,14 4,0; do \
	    for candidate in $(PYTHON); do \
	      [ -z "$$python" ] || continue; \
	      if "$$candidate" -c "import sys; sys.exit(not (3, 11) <= sys.version_info < ($$limit))" \
	        2>/dev/null; then python="$$candidate"; fi; \
	    done; \
	  done; \
	  if [ -z "$$python" ]; then \
	    echo "error: no Python 3.11 or newer found: install one, or name it with PYTHON=." >&2; \
	    exit 1; \
	  fi; \
	  if ! "$$python" -m venv --clear .venv; then \
	    echo "error: $$python cannot make .venv: on Debian or Ubuntu, install python3-venv." >&2; \
	    exit 1; \
	  fi; \
	fi; \
	echo "Installing requirements.lock into .venv (once; with PyTorch, a few gigabytes) ..."; \
	quiet=--quiet; \
	if [ -t 1 ]; then quiet=; fi; \
	rm -f .venv/.installed; \
	touch .venv/.installing; \
	if command -v uv >/dev/null && uv pip install --python .venv/bin/python $$quiet \
	  --compile-bytecode --require-hashes -r requirements.lock; then \
	  :; \
	elif ! .venv/bin/python -m pip install --disable-pip-version-check $$quiet \
	  --require-hashes -r requirements.lock; then \
	  rm -f .venv/.installing; \
	  echo "error: pip could not install requirements.lock: see its message above." >&2; \
	  exit 1; \
	fi; \
	rm .venv/.installing; \
	cp requirements.lock .venv/.installed
