# Needs Python 3.12, 3.13 or 3.14, make and a network. Everything goes into .venv beside this file.
#   make run               the environment with the runtime packages, then `tashkent run`
#   make test              the development packages on top, then pytest
#   make test-quick        the same with the tests that take moments
# Arguments go through: RUN_ARGS="--runs 50", TEST_ARGS="-k council", BENCH_ARGS=--quick, CALIBRATE_ARGS="--seed 1",
# VALIDATE_ARGS="--seed 1", COUNTERFACTUALS_ARGS="--page", SENSITIVITY_ARGS="--base 512".

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
INSTALL := $(UV) pip install --quiet --python $(BIN)/python
SYNC := $(UV) pip sync --quiet --python $(BIN)/python

# A file of tests stays on one worker, and they are dealt out in the order that tests/conftest.py puts them in.
SHARED := -n auto --dist loadfile --no-loadscope-reorder
# Each worker has a core, and its linear algebra no more than that.
ALONE := OPENBLAS_NUM_THREADS=1
PYTEST := $(ALONE) $(BIN)/python -m pytest $(SHARED)
QUICK := "not slow and not browser"

# A Python to use instead of the first fit among CANDIDATES, of which those that it was tried with come first:
# make run PYTHON=/opt/py/bin/python3
PYTHON :=
CANDIDATES := $(if $(PYTHON),"$(PYTHON)",python3.12 python3.13 python3.14 python3 python)

# Bytecode is compiled once, at installation; an environment that forbids it makes each start slow.
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONHOME
unexport PYTHONPATH
export UV_COMPILE_BYTECODE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Stamps: each is newer than what it was made from.
UV_STAMP := $(VENV)/.stamp-uv
RUN_STAMP := $(VENV)/.stamp-run
DEV_STAMP := $(VENV)/.stamp-dev
PROJECT_STAMP := $(VENV)/.stamp-project

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run test test-quick cases fuzz torture mutants trust rebuilt test-lowest test-other check format-check lint types imports format docs lock site posterior validation evidence counterfactuals answers sensitivity transfer register readme bench wheel clean env env-dev

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: env ## run the model: 'tashkent run' with RUN_ARGS
	$(BIN)/tashkent run $(RUN_ARGS)

test: env-dev ## run the tests on all cores: pytest with TEST_ARGS
	$(PYTEST) $(TEST_ARGS)

test-quick: env-dev ## run the tests that take moments, with TEST_ARGS
	$(PYTEST) -m $(QUICK) $(TEST_ARGS)

cases: env-dev ## take every shipped case through check, run, validate, a question and the page, with CASES_ARGS
	$(ALONE) $(BIN)/python -m tests.cases $(CASES_ARGS)

fuzz: env-dev ## try 20,000 damaged files of every kind that a user writes, with FUZZ_ARGS
	$(ALONE) $(BIN)/python -m tests.fuzz --out results/trust/fuzz.json $(FUZZ_ARGS)

torture: env-dev ## kill commands at 60 moments and let them go on, with TORTURE_ARGS
	$(BIN)/python -m tests.torture --out results/trust/torture.json $(TORTURE_ARGS)

mutants: env-dev ## put small faults into the code and see whether a test notices each, with MUTANTS_ARGS
	$(BIN)/python -m tests.mutants $(MUTANTS_ARGS)

rebuilt: env-dev ## build some shipped tables again, at the sizes that they record, and compare them
	$(ALONE) $(BIN)/python -m pytest tests/rebuilt.py $(TEST_ARGS)

trust: env ## write docs/trust.md from results/trust/
	$(BIN)/python -m publish.trust

# The oldest packages that pyproject.toml allows, but for those of the tests.
test-lowest: env-dev ## run the quick tests with the oldest packages that pyproject.toml allows
	$(UV) venv --quiet --clear --python $(BIN)/python $(VENV)-lowest
	$(UV) pip compile --quiet --python $(BIN)/python --python-version 3.12 --resolution lowest-direct \
		--extra cluster pyproject.toml -o $(VENV)-lowest/requirements.txt
	$(UV) pip install --quiet --python $(VENV)-lowest/bin/python -r $(VENV)-lowest/requirements.txt \
		--group dev --group build
	$(UV) pip install --quiet --python $(VENV)-lowest/bin/python --no-deps --no-build-isolation --editable .
	$(ALONE) $(VENV)-lowest/bin/python -m pytest $(SHARED) -m $(QUICK) $(TEST_ARGS)

# A name or a path of another Python, which stays beside that of .venv; none is downloaded.
OTHER_PYTHON := python3.14
test-other: $(UV_STAMP) ## run the quick tests with the locked packages and another Python, OTHER_PYTHON
	$(UV) venv --quiet --clear --no-python-downloads --python $(OTHER_PYTHON) $(VENV)-other
	$(UV) pip sync --quiet --python $(VENV)-other/bin/python --require-hashes \
		requirements-build.lock requirements.lock requirements-dev.lock
	$(UV) pip install --quiet --python $(VENV)-other/bin/python --no-deps --no-build-isolation --editable .
	$(ALONE) $(VENV)-other/bin/python -m pytest $(SHARED) -m $(QUICK) $(TEST_ARGS)

check: format-check lint types imports test ## format, lint, types, import contracts, tests

format-check: env-dev ## ruff format, changing nothing
	$(BIN)/ruff format --check .

lint: env-dev ## ruff check, and that the locks satisfy pyproject.toml
	$(BIN)/ruff check .
	$(UV) pip check --quiet --python $(BIN)/python

types: env-dev ## mypy
	$(BIN)/mypy

# The checker follows no links, so it reads what ships.
imports: env-dev ## import contracts
	@rm -rf $(VENV)/built && $(BIN)/python -m hatchling build -t wheel -d $(VENV)/built >/dev/null 2>&1
	@cd $(VENV)/built && ../bin/python -m zipfile -e *.whl package
	PYTHONPATH=$(VENV)/built/package $(BIN)/lint-imports --no-logo --no-cache

format: env-dev ## rewrite the sources: ruff's fixes and format
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

docs: env ## write docs/rulebook.md, docs/glossary.md, docs/theories.md, docs/inputs.md of each case, docs/lessons/, docs/architecture.md, docs/licences.md, docs/sbom.cdx.json, docs/tables.md and the index of decisions
	$(BIN)/python -m publish.rulebook
	$(BIN)/python -m publish.glossary
	$(BIN)/python -m publish.theories
	$(BIN)/python -m publish.inputs
	$(BIN)/python -m publish.lessons
	$(BIN)/python -m publish.guide
	$(BIN)/python -m publish.licences
	$(BIN)/python -m publish.bom
	$(BIN)/python -m publish.tables

site: env-dev ## build the site into build/site/, offline, and run every block of code in its pages
	@$(ALONE) $(BIN)/python -m tests.blocks & blocks=$$!; \
	$(ALONE) $(BIN)/python -m publish.site $(SITE_ARGS) || failed=1; \
	wait $$blocks || failed=1; exit $${failed:-0}

posterior: env ## sample the posterior of the case anew, to ship it beside the case, with CALIBRATE_ARGS
	$(BIN)/tashkent calibrate --out $(VENV)/calibration --start-again --install $(CALIBRATE_ARGS)

validation: env ## examine the model in full into results/evidence/, with VALIDATE_ARGS
	$(BIN)/tashkent validate --out $(VENV)/validation --compact results/evidence $(VALIDATE_ARGS)

evidence: env ## write docs/evidence.md and its figures from results/evidence/
	$(BIN)/python -m publish.evidence --page

counterfactuals: env ## ask the shipped questions anew: results/ and docs/counterfactuals.md, with COUNTERFACTUALS_ARGS
	$(BIN)/python -m publish.counterfactuals $(COUNTERFACTUALS_ARGS)

answers: env ## answer the listed questions anew, for the dashboard: answers.zip beside the case
	$(BIN)/python -m publish.answers

readme: env ## write the figures of README.md anew, from a run and from results/evidence/
	$(BIN)/python -m publish.readme

transfer: env ## what other pacts say of the terms, anew: results/ and docs/transfer.md
	$(BIN)/python -m publish.transfer $(TRANSFER_ARGS)

register: env ## add the forecast of each case to results/register/, which is never changed, and write docs/register.md
	$(BIN)/python -m publish.register --freeze

sensitivity: env ## what the answers hang on, anew: results/ and docs/sensitivity.md, with SENSITIVITY_ARGS
	$(BIN)/python -m publish.sensitivity $(SENSITIVITY_ARGS)

bench: env ## run the benchmarks with BENCH_ARGS
	$(BIN)/python -m benchmarks.bench $(BENCH_ARGS)

# Wheel and source archive must work with the runtime lock alone, in an environment away from the sources, which has had
# nothing else. The same wheel comes from both, as a test says, so the runs are made with the first.
# Another Python: make wheel WHEEL_PYTHON=python3.14
WHEEL_PYTHON := $(BIN)/python
wheel: env ## build wheel and source archive into dist/ and try each in an environment of WHEEL_PYTHON
	rm -rf dist
	$(BIN)/python -m hatchling build -d dist
	@set -e; tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; trap 'exit 1' HUP INT TERM; \
	uv="$(CURDIR)/$(UV)"; tashkent="$$tmp/venv/bin/tashkent"; set -x; \
	"$$uv" venv --quiet --no-python-downloads --python $(WHEEL_PYTHON) "$$tmp/venv"; \
	UV_COMPILE_BYTECODE=0 "$$uv" pip install --quiet --python "$$tmp/venv" --require-hashes \
		-r requirements.lock -r requirements-build.lock; \
	for built in "$(CURDIR)"/dist/tashkent-*.whl "$(CURDIR)"/dist/tashkent-*.tar.gz; do \
		"$$uv" pip install --quiet --python "$$tmp/venv" --reinstall --no-deps --no-build-isolation --no-index "$$built"; \
		(cd "$$tmp"; "$$tashkent" --version; "$$tashkent" case check; \
		case "$$built" in *.whl) \
			"$$tashkent" case new pact; \
			"$$tashkent" run --case pact --runs 5 --out pact-out; \
			"$$tashkent" run --runs 20 --no-scores --out out; \
			"$$tashkent" tables out --out for-stata;; \
		esac; \
		"$$tashkent" reproduce pact-out); \
	done

# Versions already in a lock stay unless they no longer fit: make lock UPGRADE=1 renews them all.
# A lock that comes out the same is left untouched, so nothing is installed again.
define compile
	@cp $(1) $(VENV)/
	$(UV) pip compile --quiet --python $(BIN)/python --universal --python-version 3.12 \
		--generate-hashes --no-emit-index-url --custom-compile-command "make lock" \
		$(if $(UPGRADE),--upgrade) $(2) -o $(VENV)/$(1)
	@cmp -s $(VENV)/$(1) $(1) || cp $(VENV)/$(1) $(1)
endef

lock: $(UV_STAMP) ## resolve pyproject.toml into the lock files (UPGRADE=1 for newer versions)
	$(call compile,requirements.lock,pyproject.toml)
	$(call compile,requirements-dev.lock,pyproject.toml --group dev -c requirements.lock)
	$(call compile,requirements-build.lock,--group build -c requirements-dev.lock)

clean: ## remove the environment and all that the other targets made
	rm -rf $(VENV) $(VENV)-lowest $(VENV)-other build dist *.egg-info .hypothesis .import_linter_cache .mypy_cache \
		.pytest_cache .ruff_cache
	find src/tashkent -type l -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

env: $(PROJECT_STAMP) ## make the environment with the runtime packages

env-dev: $(DEV_STAMP) $(PROJECT_STAMP) ## make the environment with the development packages too

# A folder that was moved or copied has an environment that points elsewhere: make it anew.
ifneq ($(shell cat $(VENV)/.made-in 2>/dev/null),$(CURDIR))
.PHONY: $(UV_STAMP)
endif

$(UV_STAMP): requirements-build.lock
	@found=; fit=; \
	for python in $(CANDIDATES); do \
		version=$$($$python -c 'import platform; print(platform.python_version())' 2>/dev/null) \
			|| continue; \
		found="$$found $$python $$version,"; \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 12))' || continue; \
		$$python -c 'import ensurepip, venv' 2>/dev/null \
			|| { found="$$found which lacks venv (Debian: python3-venv),"; continue; }; \
		fit=$$python; break; \
	done; \
	if [ -z "$$fit" ]; then \
		found=$${found:- none}; \
		echo "error: Python 3.12 or newer is needed; found:$${found%,} (name one: make PYTHON=...)" >&2; \
		exit 1; \
	fi; \
	echo "making $(VENV) with Python $$version"; \
	"$$fit" -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -qq --require-hashes --only-binary :all: -r requirements-build.lock
	@echo "$(CURDIR)" > $(VENV)/.made-in
	@touch $@

# Exactly what the two locks say (pip itself stays); what DEV_STAMP added is added again after it.
$(RUN_STAMP): $(UV_STAMP) requirements.lock
	@echo "installing the runtime packages"
	@$(SYNC) --require-hashes requirements-build.lock requirements.lock || { \
		$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 15))' \
			&& echo "error: a package has no wheel for this Python; all have one for 3.12, 3.13 and 3.14 (name one: make PYTHON=...)" >&2; \
		exit 1; }
	@touch $@

$(DEV_STAMP): $(RUN_STAMP) requirements-dev.lock
	@echo "installing the development packages"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

$(PROJECT_STAMP): $(RUN_STAMP) pyproject.toml hatch_build.py
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@
