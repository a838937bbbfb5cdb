# Verbs of farside. `make land` and `make test` set up what they need; nothing else has to be run first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
KERNELS := $(shell find ext adapters/fmi/c -name '*.pyx' -o -name '*.px[di]' -o -path '*/fmi/c/*')
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check --no-compile
PYTEST := $(BIN)/python -m pytest -q

.DEFAULT_GOAL := help

.PHONY: help docs format land test explore slow long by-the-clock bench instructions instructions-write lib install reference replay-bundle guidance-tables benchmark-table types mypy stubs lint cover checked asan fuzz fuzz-long fuzz-smoke fuzz-cover analyse wheel audit installed pythons cross release validation missions failures clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

land: $(VENV)/built ## set up what a flight needs, then land Chang'e 6
	$(call step,[4/4] a landing: Chang'e 6)
	$(BIN)/farside land
	$(done)

test: $(VENV)/test ## the tests, on every core
	$(PYTEST) -m "not slow" -n $(JOBS) --dist loadfile --no-loadscope-reorder

explore: $(VENV)/test ## property tests with new examples
	FARSIDE_EXAMPLES=explore $(PYTEST) -m hypothesis

BY_THE_CLOCK := tests/acceptance/test_campaign.py # on its own: it kills workers by the clock

slow: long by-the-clock ## long flights and statistics

long: $(VENV)/test
	$(PYTEST) -m slow -n $(JOBS) --dist worksteal --ignore $(BY_THE_CLOCK) tests

by-the-clock: $(VENV)/test
	$(PYTEST) -m slow $(BY_THE_CLOCK)

# Warnings are errors. One process: with -j an error while writing lets Sphinx wait for ever. The API's pages, which it writes beside the others, are ignored by git.
docs: $(VENV)/docs ## the documentation site, build/site/index.html
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/site

bench: $(VENV)/bench ## the benchmarks, with their budgets
	$(PYTEST) benchmarks

# Exact where times are not: see docs/realtime.md. Needs valgrind.
COUNT := PYTHONPATH=.:tests/support $(BIN)/python -m benchmarks.instructions

instructions: $(VENV)/test ## count a descent's instructions, with their budgets
	$(COUNT)

instructions-write: $(VENV)/test ## store what is counted as the new budgets
	$(COUNT) --write

validation: $(VENV)/built ## write docs/validation.md
	$(BIN)/python -m studies.validation

missions: $(VENV)/built ## write docs/missions.md: every mission that ships, flown 200 times
	$(BIN)/python -m studies.missions

# The page of every key of a mission file, from the schema.
reference: $(VENV)/built ## write docs/mission-reference.md and docs/mission.schema.json
	$(BIN)/python -m farside.mission.reference > docs/mission-reference.md
	$(BIN)/farside mission schema --force --out docs/mission.schema.json

guidance-tables: $(VENV)/bench ## write the tables of docs/guidance.md
	$(BIN)/python -m studies.random_states --write
	$(BIN)/python -m studies.hostile --write
	$(BIN)/python -m studies.links --polynomial --write

benchmark-table: $(VENV)/built ## write the table of docs/benchmark.md
	$(BIN)/python -m farside.scenes.table

# The C library, and a C program that lands with it. ELF only: Linux with gcc.
lib: $(VENV)/built ## the C library, and a landing from C
	$(BIN)/python adapters/c/lib/build.py build/lib
	$(BIN)/farside export mission chang-e-6 --c --out build/lib/mission.h
	$(CC) -std=c99 -O2 -Wall -Wextra -pedantic -Werror -Ibuild/lib examples/c/land.c \
	-Lbuild/lib -lfarside -lm -Wl,-rpath,'$$ORIGIN' -o build/lib/land
	build/lib/land
	$(CC) -std=c99 -O2 -Wall -Wextra -pedantic -Werror -Ibuild/lib examples/c/avoid.c \
	-Lbuild/lib -lfarside -lm -Wl,-rpath,'$$ORIGIN' -o build/lib/avoid
	build/lib/avoid

# The C library for other projects, with what pkg-config and CMake read.
PREFIX ?= /usr/local
install: $(VENV)/built ## the C library under PREFIX
	$(BIN)/python adapters/c/lib/build.py build/lib
	$(BIN)/python adapters/c/lib/build.py build/lib "$(PREFIX)"

# The program of landing.html, from report/replay/js and three.js. It is committed: only who changes
# the sources needs node and npm.
replay-bundle: ## the replay's program, with node and npm
	$(PYTHON) report/replay/bundle.py

format: $(VENV)/lint ## ruff format
	$(BIN)/python -m ruff format .

types: mypy stubs ## mypy, and the stubs of the kernels

mypy: $(VENV)/lint
	$(BIN)/python -m mypy

stubs: $(VENV)/lint
	MYPYPATH=build/tree $(BIN)/python -m mypy.stubtest --mypy-config-file pyproject.toml \
	--ignore-missing-stub --ignore-disjoint-bases \
	$$(find ext -name '_*.pyi' ! -name '__init__.pyi' | sed 's#/#.#g; s#\.pyi$$##; s#^#farside.#')

lint: $(VENV)/lint ## ruff, cython-lint, docstrings
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check -q .
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cython-lint ext adapters
	$(BIN)/python .ci/cimports.py
	$(BIN)/python .ci/docstrings.py
	$(BIN)/python .ci/sizes.py

failures: $(VENV)/built ## write docs/failures.md: the twelve, flown both ways
	$(BIN)/python -m studies.failures

# TESTS="slow or not slow" takes them all: hours.
TESTS ?= not slow

cover: $(VENV)/test ## coverage, kernels included (slow)
	FARSIDE_BUILD=traced $(BIN)/python setup.py -q build_ext --inplace
	COVERAGE_CORE=ctrace $(PYTEST) -m "$(TESTS)" --cov; status=$$?; \
	$(BIN)/python setup.py -q build_ext --inplace; exit $$status

checked: $(VENV)/test ## the tests with bounds checks
	FARSIDE_BUILD=checked $(BIN)/python setup.py -q build_ext --inplace
	$(PYTEST) -m "$(TESTS)"; status=$$?; \
	$(BIN)/python setup.py -q build_ext --inplace; exit $$status

asan: $(VENV)/test ## the tests under AddressSanitizer
	FARSIDE_BUILD=asan $(BIN)/python setup.py -q build_ext --inplace
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
	ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc \
	$(PYTEST) -m "$(TESTS)"; status=$$?; \
	$(BIN)/python setup.py -q build_ext --inplace; exit $$status

# libFuzzer on the entry points of the C library: docs/fuzzing.md. Needs clang 14 and its run-time
# library, for the coverage gcc: apt-get install clang-14 llvm-14 libclang-rt-14-dev.
FUZZ_MINUTES ?= 30
FUZZ_FLAVOUR ?= find
CLANG := $(shell command -v clang-14 || command -v clang)

fuzz: $(VENV)/built ## fuzz the C library: FUZZ_MINUTES=30 FUZZ_FLAVOUR=find or fast
	@test -n "$(CLANG)" || { echo "fuzz: no clang: apt-get install clang-14 llvm-14 libclang-rt-14-dev"; exit 2; }
	nice -n 10 $(BIN)/python tests/fuzz/run.py --flavour $(FUZZ_FLAVOUR) --minutes $(FUZZ_MINUTES) --keep
	$(BIN)/python tests/fuzz/page.py

# All harnesses at once, each a process, at the lowest priority; what was counted is added by
# `python tests/fuzz/page.py build/fuzz/long.jsonl`, also while it runs.
fuzz-long: $(VENV)/built ## the same for hours, all harnesses at once, in what time is left
	nice -n 19 $(BIN)/python tests/fuzz/together.py --minutes $(FUZZ_MINUTES) --runs build/fuzz/long.jsonl

# The kept inputs alone: with clang under sanitizers, and 30 s of new ones; else as the tests do, with gcc.
fuzz-smoke: $(VENV)/test ## 30 s of fuzzing from the kept inputs
ifneq ($(CLANG),)
	$(BIN)/python tests/fuzz/run.py --minutes 0.5 --turn 2 --runs build/fuzz/smoke.jsonl
else
	@echo "no clang: the kept inputs are tried with gcc"
	$(PYTEST) tests/adapters/test_fuzz_corpus.py
endif

fuzz-cover: $(VENV)/built ## lines of the C library that the kept inputs reach
	$(BIN)/python tests/fuzz/cover.py
	$(BIN)/python tests/fuzz/page.py

analyse: $(VENV)/built ## clang-tidy and cppcheck on the C that is written by hand
	$(BIN)/python .ci/analyse.py

# The wheel is built from the source distribution, so that one is tried as well. On Linux auditwheel
# names it for the oldest glibc that it runs with. FARSIDE_ABI=version: for this Python only.
AUDIT := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m

wheel: $(VENV)/wheel ## wheel and source distribution, audited
	rm -rf dist build/wheel
	$(BIN)/python -m build -q -o build/wheel
	mkdir -p dist && cp build/wheel/*.tar.gz dist
	if [ "$$(uname)" = Linux ]; then $(AUDIT) auditwheel repair -w dist build/wheel/*.whl; \
	else cp build/wheel/*.whl dist; fi
	$(MAKE) -s audit

audit: $(VENV)/wheel ## look at what make wheel made, and at recipe and container
	$(BIN)/python docs/check_wheel.py dist
	if [ "$$(uname)" = Linux ]; then $(AUDIT) auditwheel show dist/*.whl; fi
	for wheel in dist/*-abi3-*.whl; do \
	if [ -e "$$wheel" ]; then $(BIN)/python -m abi3audit --strict --summary "$$wheel"; fi; done
	$(BIN)/python .ci/recipe.py
	$(BIN)/hadolint Containerfile

installed: wheel ## the wheel in an empty environment, and a landing from it
	PYTHON=$(PYTHON) bash .ci/installed dist/*.whl

# Each of python3.11 to python3.14 that is here; pip fetches the dependencies for each.
pythons: ## install the wheel for every Python here, and fly
	$(BIN)/python .ci/pythons.py dist/*.whl

cross: $(VENV)/built ## farside as one file of C, flown for Windows and arm64
	$(BIN)/python adapters/c/lib/cross.py build/cross

VERSION ?=
release: ## close the changelog and set VERSION=X.Y.Z everywhere
	$(PYTHON) .ci/release.py write $(VERSION)

clean: ## remove what was built
	rm -rf build dist .venv *.egg-info $$(find ext -name '*.so' -o -name '*.c')

# What each step does, and its seconds.
step = @date +%s > $(VENV)/start; printf '%s\n' "$(1)"
done = @printf '      %s s\n' $$(( $$(date +%s) - $$(cat $(VENV)/start) ))

REQUIRES = $(BIN)/python .ci/requires.py

$(VENV)/start:
	@$(PYTHON) .ci/preflight.py
	@mkdir -p $(VENV)
	@date +%s > $@

$(VENV)/pip: pyproject.toml setup.py | $(VENV)/start
	$(call step,[1/4] an environment in $(VENV))
	@$(PYTHON) -m venv $(VENV)
	@$(REQUIRES) build > $(VENV)/build.txt && $(PIP) -r $(VENV)/build.txt
	$(done)
	$(call step,[2/4] $$($(REQUIRES) run | wc -l) packages that farside runs with)
	@$(REQUIRES) run > $(VENV)/run.txt && $(PIP) -r $(VENV)/run.txt
	$(done)
	@touch $@

# The kernels again where one has changed; seconds, and nothing where none has.
$(VENV)/built: $(VENV)/pip $(KERNELS)
	$(call step,[3/4] kernels)
	@$(BIN)/python setup.py -q build_ext --inplace
	@$(PIP) --no-build-isolation --no-deps -e .
	$(done)
	@touch $@

# uv takes 10 s where pip takes 70; pip where uv is not to be had.
UV := UV_SYSTEM_CERTS=1 $(BIN)/uv pip install -q -p $(BIN)/python

$(VENV)/test: $(VENV)/built
	$(call step,$$($(REQUIRES) test | wc -l) packages that the tests use)
	@$(REQUIRES) test > $(VENV)/test.txt
	@{ $(PIP) uv && $(UV) -r $(VENV)/test.txt; } || $(PIP) -r $(VENV)/test.txt
	$(done)
	@touch $@

$(VENV)/lint $(VENV)/bench $(VENV)/docs $(VENV)/wheel: $(VENV)/%: $(VENV)/test
	@$(REQUIRES) $* > $(VENV)/$*.txt && { $(UV) -r $(VENV)/$*.txt || $(PIP) -r $(VENV)/$*.txt; }
	@touch $@
