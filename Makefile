# Verbs of farside. `make land` and `make test` set up what they need; nothing else has to be run first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check --no-compile
KERNELS := $(wildcard ext/*.pyx ext/*.pxd ext/*.pxi fmu/*)

.PHONY: land test explore slow bench lib install replay-bundle guidance-tables benchmark-table types lint cover checked asan wheel validation clean

land: $(VENV)/built
	$(BIN)/farside land

test: $(VENV)/test
	$(BIN)/python -m pytest -q -m "not slow"

explore: $(VENV)/test
	FARSIDE_EXAMPLES=explore $(BIN)/python -m pytest -q -m hypothesis

slow: $(VENV)/test
	$(BIN)/python -m pytest -q -m slow

bench: $(VENV)/bench
	$(BIN)/python -m pytest -q benchmarks

validation: $(VENV)/built
	$(BIN)/python -m benchmarks.validation

guidance-tables: $(VENV)/bench
	$(BIN)/python -m benchmarks.random_states --write
	$(BIN)/python -m benchmarks.hostile --write
	$(BIN)/python -m benchmarks.links --polynomial --write

benchmark-table: $(VENV)/built
	$(BIN)/python -m farside.scenes.table

# The C library, and a C program that lands with it. ELF only: Linux with gcc.
lib: $(VENV)/built
	$(BIN)/python lib/build.py build/lib
	$(BIN)/farside export mission chang-e-6 --c --out build/lib/mission.h
	$(CC) -std=c99 -O2 -Wall -Wextra -pedantic -Werror -Ibuild/lib examples/c/land.c \
	-Lbuild/lib -lfarside -lm -Wl,-rpath,'$$ORIGIN' -o build/lib/land
	build/lib/land

# The C library for other projects, with what pkg-config and CMake read.
PREFIX ?= /usr/local
install: $(VENV)/built
	$(BIN)/python lib/build.py build/lib
	$(BIN)/python lib/build.py build/lib $(PREFIX)

# The program of landing.html, from report/replay/js and three.js. It is committed: only who changes
# the sources needs node and npm.
replay-bundle:
	$(PYTHON) report/replay/bundle.py

types: $(VENV)/lint
	$(BIN)/python -m mypy

lint: $(VENV)/lint
	$(BIN)/python -m ruff check .
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cython-lint ext fmu lib

cover: $(VENV)/test
	FARSIDE_BUILD=traced $(BIN)/python setup.py -q build_ext --inplace
	COVERAGE_CORE=ctrace $(BIN)/python -m pytest -q -m "not slow" --cov; status=$$?; \
	$(BIN)/python setup.py -q build_ext --inplace; exit $$status

checked: $(VENV)/test
	FARSIDE_BUILD=checked $(BIN)/python setup.py -q build_ext --inplace
	$(BIN)/python -m pytest -q -m "not slow"; status=$$?; \
	$(BIN)/python setup.py -q build_ext --inplace; exit $$status

asan: $(VENV)/test
	FARSIDE_BUILD=asan $(BIN)/python setup.py -q build_ext --inplace
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
	ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc \
	$(BIN)/python -m pytest -q -m "not slow"; status=$$?; \
	$(BIN)/python setup.py -q build_ext --inplace; exit $$status

wheel: $(VENV)/lint
	rm -rf dist
	$(BIN)/python -m build -q
	$(BIN)/python docs/check_wheel.py dist

clean:
	rm -rf build dist .venv *.egg-info ext/*.so ext/*.c

$(VENV)/pip: pyproject.toml setup.py
	$(PYTHON) -m venv $(VENV)
	$(PIP) "setuptools>=77.0.3" "cython>=3.2"
	$(PIP) --no-build-isolation -e .
	touch $@

# The kernels again where one has changed; seconds, and nothing where none has.
$(VENV)/built: $(VENV)/pip $(KERNELS)
	$(BIN)/python setup.py -q build_ext --inplace
	touch $@

# What an extra names, without installing farside again: that would compile every kernel again.
EXTRA = $(BIN)/python -c 'import sys, tomllib; \
	print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"][sys.argv[1]])'

$(VENV)/test: $(VENV)/built
	$(PIP) $$($(EXTRA) test)
	touch $@

$(VENV)/lint: $(VENV)/test
	$(BIN)/python -m pip install -q --disable-pip-version-check $$($(EXTRA) lint)
	touch $@

$(VENV)/bench: $(VENV)/test
	$(BIN)/python -m pip install -q --disable-pip-version-check $$($(EXTRA) bench)
	touch $@
