# Lyceum. `make help` explains every target.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Locust brings libraries that Lyceum must not meet, so measuring has an environment of its own.
BENCH ?= .venv-bench
SIZES ?= 10000 100000
# So has holding the API against its document.
SCHEMA ?= .venv-schema
# PyTorch's own index has the small CPU build; the ordinary one brings gigabytes of CUDA on Linux.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
TORCH := $(shell sed -n 's/^\(torch==[^ ]*\).*/\1/p' requirements-torch.txt)
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# What the lock $(2) names goes into the environment of $(1): those files and no others, none of them built here.
locked = $(1) -m pip install --require-hashes --no-deps --only-binary :all: -r locks/$(2).txt
# torch is in no lock: from PyTorch's own index where that can be reached. What it needs is in the lock beside it.
torch = if $(1) -c 'import urllib.request; urllib.request.urlopen("$(TORCH_INDEX)/torch/", timeout=10)' 2>/dev/null; \
	then $(1) -m pip install --index-url $(TORCH_INDEX) $(TORCH); else $(1) -m pip install $(TORCH); fi
# OpenVINO has no wheel for older systems on ARM, which no marker can tell: there torch runs the model.
ifeq ($(shell uname -sm),Linux aarch64)
runtime = $(call locked,$(BIN)/python,arm) || { echo "OpenVINO does not run here, PyTorch takes its place:"; \
	$(call locked,$(BIN)/python,torch) && $(call torch,$(BIN)/python); }
else
runtime = true
endif

.DEFAULT_GOAL := help
.PHONY: help run install install-torch install-dev lock check-locks test test-full test-schema test-mutants check format openapi settings books bench-load bench-otp bench-search bench-search-against bench-desk bench-fines bench-http-against bench-pages bench-index bench-embed bench-embed-wait bench-retrieve bench-start bench-start-against clean

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: install  ## A working library with a demonstration collection at http://127.0.0.1:8000
	@exec $(BIN)/python manage.py up

install: $(VENV)/.installed  ## What running needs, in .venv
install-torch: $(VENV)/.installed-torch  ## PyTorch as well, for embedding models that are no BERT
install-dev: $(VENV)/.installed-dev  ## What checks and tests need as well

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Lyceum needs CPython 3.11, 3.12, 3.13 or 3.14; this is " + sys.version.split()[0] + ". Set PYTHON=…" if not (3, 11) <= sys.version_info < (3, 15) else 0)'
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment: on Debian, install python3-venv."; exit 1; }

$(VENV)/.installed: $(VENV)/bin/python locks/run.txt locks/arm.txt locks/redis.txt
	@echo "Installing what Lyceum runs on …"
	@$(call locked,$(BIN)/python,run)
	@$(runtime)
	@$(BIN)/python -m library.embedded.fetch_redis locks/redis.txt
	@touch $@

$(VENV)/.installed-torch: $(VENV)/.installed locks/torch.txt requirements-torch.txt
	@echo "Installing PyTorch and what runs models on it …"
	@$(call locked,$(BIN)/python,torch)
	@$(call torch,$(BIN)/python)
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed-torch locks/dev.txt
	@echo "Installing what checks and tests need …"
	@$(call locked,$(BIN)/python,dev)
	@touch $@

lock: install-dev  ## Bring locks/ in line with the requirement files; UPGRADE=1 takes the newest of all
	@$(BIN)/python -m locks write $(if $(UPGRADE),--upgrade)

check-locks: install-dev  ## Whether locks/ is what the requirement files ask for, and installs wherever it is promised
	@$(BIN)/python -m locks check
	@$(BIN)/python -m locks resolve

test: install-dev  ## All tests that take under a minute, on the embedded services
	@$(BIN)/python -m tests.run -m "not slow"

test-full: install-dev  ## Every test, the API against its document, and whether tests notice small faults
	@$(BIN)/python -m tests.run
	@$(MAKE) --no-print-directory test-schema
	@$(MAKE) --no-print-directory test-mutants

test-mutants: install-dev  ## Of a hundred small faults in each app's services and rules, at least eighty are found (APPS=…)
	@$(BIN)/python -m tests.mutants $(APPS)

$(SCHEMA)/.installed: locks/schema.txt
	@$(PYTHON) -m venv $(SCHEMA)
	@$(call locked,$(SCHEMA)/bin/python,schema)
	@touch $@

test-schema: install-dev $(SCHEMA)/.installed  ## Hold the running API against docs/openapi.yaml, as every role and as nobody
	@$(BIN)/python -m tests.schema --st $(SCHEMA)/bin/st

check: install-dev  ## Lint, types, import directions, migrations, OpenAPI document, templates, locks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/lint-imports --config importlinter-rooms.toml
	$(BIN)/python -m tests.house
	$(BIN)/djade --check --target-version 5.2 $$(git ls-files 'templates/*.html')
	$(BIN)/python -W ignore manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	@mkdir -p var
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file var/openapi.yaml
	@diff -u docs/openapi.yaml var/openapi.yaml || { echo "docs/openapi.yaml is out of date: run make openapi."; exit 1; }
	@$(MAKE) --no-print-directory check-locks

format: install-dev  ## Put code and templates into their standard form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	-$(BIN)/djade --target-version 5.2 $$(git ls-files 'templates/*.html')

openapi: install-dev  ## Write docs/openapi.yaml anew
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

settings: install  ## Write docs/settings.md anew
	$(BIN)/python manage.py settings --markdown > docs/settings.md

books: install  ## Build the demonstration collection's PDFs and EPUBs from their texts
	$(BIN)/python manage.py build_books

$(BENCH)/.installed: locks/bench.txt requirements-torch.txt
	@$(PYTHON) -m venv $(BENCH)
	@$(call locked,$(BENCH)/bin/python,bench)
	@$(call torch,$(BENCH)/bin/python)
	@touch $@

bench-load: install $(BENCH)/.installed  ## A minute of a day in the library, on this machine only; writes bench/RESULTS.md
	$(BIN)/python -m bench.load --locust $(BENCH)/bin/locust

bench-otp: install-dev  ## Whether time tells known from unknown addresses: 200 paired calls; writes bench/RESULTS.md
	$(BIN)/python -m bench.otp

bench-search: install $(BENCH)/.installed  ## The catalogue's search beside FTS5 and Tantivy (SIZES=10000 100000 1000000); writes bench/RESULTS.md
	$(BIN)/python -m bench.search --peers $(BENCH)/bin/python --sizes $(SIZES)

bench-search-against: install  ## The search beside an earlier tree's, in turns: BASE=folder of the other tree (SIZE=100000); writes bench/RESULTS.md
	$(BIN)/python -m bench.two_trees --base $(BASE) --sizes $(or $(SIZE),100000)

bench-desk: install  ## Check-outs and check-ins at 1 and 16 desks beside bare SQL; writes bench/RESULTS.md
	$(BIN)/python -m bench.desk

bench-fines: install  ## The nightly run of fines beside one hand-written statement (LOANS=100000); writes bench/RESULTS.md
	$(BIN)/python -m bench.fines --loans $(or $(LOANS),100000)

bench-http-against: install  ## The web process beside an earlier tree's, 16 desks in turns: BASE=folder of the other tree; writes bench/RESULTS.md
	$(BIN)/python -m bench.web.trees --base $(BASE)

bench-pages: install  ## Pages and lists beside the least that Django can do; writes bench/RESULTS.md
	$(BIN)/python -m bench.web.pages

bench-index: install $(BENCH)/.installed  ## From PDF to searchable, beside the usual pipeline; writes bench/RESULTS.md
	$(BIN)/python -m bench.index --peers $(BENCH)/bin/python

bench-embed: install-torch  ## How quickly passages become vectors, beside sentence-transformers as it comes; writes bench/RESULTS.md
	$(BIN)/python -m bench.embed

bench-embed-wait: install  ## How long a question waits while a book is embedded; writes bench/RESULTS.md
	$(BIN)/python -m bench.embed.wait

bench-retrieve: install $(BENCH)/.installed  ## Question to five passages, beside Chroma, bare SQL and FAISS (SIZES=800 100000 1000000); writes bench/RESULTS.md
	$(BIN)/python -m bench.retrieve --peers $(BENCH)/bin/python $(if $(SIZES),--sizes $(SIZES))

bench-start: install  ## Start and memory beside a bare Django project; writes bench/RESULTS.md
	$(BIN)/python -m bench.start

bench-start-against: install  ## Memory and start beside an earlier tree's, in turns: BASE=folder of the other tree; writes bench/RESULTS.md
	$(BIN)/python -m bench.start.against --base $(BASE)

clean:  ## Remove the virtual environments and everything in var/
	rm -rf $(VENV) $(BENCH) $(SCHEMA) var
