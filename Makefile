# Two commands on a fresh machine: `make demo` and `make test`. Both set up .venv themselves.
PYTHON ?= python3
VENV   ?= .venv
RUN    ?= runs/digits
BIN    := $(VENV)/bin

.PHONY: demo test bench bench-scores bench-games setup clean

setup: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sparring needs Python 3.11 or newer: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -c constraints.txt torch
	$(BIN)/pip install --quiet -c constraints.txt -e '.[dev]'
	$(BIN)/pip install --quiet --no-deps lpips==0.1.4  # its published heads are read; what it depends on is not wanted
	@touch $@

demo: setup ## train a DCGAN on real handwritten digits, in under five minutes on two cores
	$(BIN)/spar train digits --run $(RUN)
	@$(BIN)/python examples/digit_classes.py $(RUN)

test: setup ## lint, types and every test
	@echo "One file:  $(BIN)/pytest tests/spec/test_spec.py"
	@echo "One test:  $(BIN)/pytest tests/spec/test_spec.py -k yaml"
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --dist worksteal

bench: setup ## speed against a hand-written loop, the data source, start-up (five minutes on a quiet machine)
	@for name in overhead perceptrons data startup; do echo "## $$name"; $(BIN)/python benchmarks/$$name.py; echo; done

bench-scores: setup ## speed of the scores against the usual implementations (ten minutes on a quiet machine)
	@for name in frechet neighbours kernel features; do echo "## $$name"; $(BIN)/python benchmarks/$$name.py; echo; done

bench-games: setup ## speed of each game's step against a hand-written loop (half an hour on a quiet machine)
	@for name in games translation stylegan2 stylegan_layers; do echo "## $$name"; $(BIN)/python benchmarks/$$name.py; echo; done

clean:
	rm -rf $(VENV) build dist src/*.egg-info
