# The commands to know: up  down  test  check  format. `make help` lists them all.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
LOCK := requirements.lock
BIN := $(VENV)/bin
PYTHONS := 3.10 3.11 3.12 3.13
STACK := local
SCHEMA := provider/pulumi_agentrun/plugin/schema.json

export PATH := $(CURDIR)/.engine:$(CURDIR)/$(BIN):$(PATH)
export PULUMI_SKIP_UPDATE_CHECK := 1
pip = $(BIN)/python -m pip install --quiet --disable-pip-version-check
local_stack = PULUMI_BACKEND_URL=file://$(CURDIR)/.state PULUMI_CONFIG_PASSPHRASE_FILE=$(CURDIR)/.state/passphrase

help: ## list these commands
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

install: $(VENV)/installed ## make .venv with everything locked
$(VENV)/installed: $(LOCK) requirements.build.lock pyproject.toml
	@echo "Installing Python packages into $(VENV) (about a minute, once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: set PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(pip) --require-hashes -r requirements.build.lock
	@$(pip) --require-hashes --no-build-isolation -r $(LOCK)
	@$(pip) --no-build-isolation --no-deps -e .
	@touch $@

engine: $(VENV)/installed ## find, install or build the Pulumi CLI
	@$(BIN)/python tools/engine/engine.py --link .engine >/dev/null

stack: engine
	@$(local_stack) $(BIN)/python tools/local_stack.py $(STACK)

up: stack ## deploy the root project to the embedded platform with a real `pulumi up`
	@$(local_stack) pulumi up --yes --stack $(STACK)
	@echo 'To call the gateway: `make platform` in another terminal, and then'
	@echo "  curl $$($(local_stack) pulumi stack output endpoint --stack $(STACK))/v1/chat/completions \\"
	@echo '    -H "Authorization: Bearer $$(cat .agentrun/token)" -H "Content-Type: application/json" \'
	@echo '    -d '"'"'{"model": "qwen-max", "messages": [{"role": "user", "content": "Hello"}]}'"'"

preview: stack ## show what `make up` would do
	@$(local_stack) pulumi preview --diff --stack $(STACK)

down: stack ## destroy what `make up` made
	@$(local_stack) pulumi destroy --yes --stack $(STACK)

test: install engine ## run every test, the end-to-end ones on the real engine included (BROWSER=yes gets one for those that need it)
	@$(if $(BROWSER),$(MAKE) --no-print-directory browser)
	@$(BIN)/python -m pytest -n 3 --dist worksteal tests examples

coverage: install ## measure what the tests that need no engine cover, against the floors of tools/floors.py (much slower)
	@$(BIN)/python -m pytest -n 3 --dist worksteal -m "not e2e" --cov --cov-report= tests
	@$(BIN)/python tools/floors.py

unit: install ## run the unit tests only: seconds, no network, no engine
	@$(BIN)/python -m pytest tests/unit

test-pythons: ## run every test that needs no engine on each supported Python that is installed (on PATH or by pyenv)
	@for version in $(PYTHONS); do \
	  for python in python$$version "$$(pyenv prefix $$version 2>/dev/null)/bin/python"; do \
	    "$$python" -c '' 2>/dev/null && break; python=; \
	  done; \
	  if test -z "$$python"; then echo "Python $$version is not installed: nothing was tested on it"; continue; fi; \
	  $(MAKE) --no-print-directory install VENV=.venv-$$version PYTHON="$$python" && \
	    .venv-$$version/bin/python --version && \
	    .venv-$$version/bin/python -m pytest -q -m "not e2e" tests/unit tests/platform tests/gateway tests/page tests/reliability || exit 1; \
	done

# Python 3.10 has to be on PATH, or in pyenv: another one would take other versions for the oldest.
test-oldest: ## run every test with Python 3.10 and the oldest dependencies that pyproject.toml allows
	@python=$$(command -v python3.10 || echo python3.10); "$$python" -c '' 2>/dev/null || python="$$(pyenv prefix 3.10)/bin/python"; \
	$(MAKE) --no-print-directory test VENV=.venv-oldest LOCK=requirements.oldest.lock PYTHON="$$python"

e2e: install engine ## run every test on the real engine
	@$(BIN)/python -m pytest -n 3 --dist worksteal -m e2e tests

soak: install engine ## random programs on a hostile network: HOURS=1 or MINUTES=5 (SEED= TURNS= RESOURCES=200 SHARE=0.05)
	@PYTHONPATH=tests $(BIN)/python -m reliability.hostile.soak $(foreach option,HOURS MINUTES SEED TURNS RESOURCES SHARE,\
	  $(if $($(option)),--$(shell echo $(option) | tr A-Z a-z)=$($(option))))

record: install engine ## record anew what the real engine asks of the provider (about 10 minutes; HISTORY="up --refresh" for one)
	@PYTHONPATH=tests $(BIN)/python -m reliability.recorder $(if $(HISTORY),"$(HISTORY)")

sdks: install engine ## generate the plugin's SDKs into sdk/, and compile them and the programs for them where the compilers are
	@sh tools/sdks/build.sh $(CURDIR)/$(BIN)/pulumi-resource-agentrun sdk

bench: install engine ## measure speed beside references; writes docs/benchmarks.md (about 40 minutes; QUICK=1 for a short run)
	@PYTHONPATH=tests $(BIN)/python -m bench

# The executable is made of the wheel, in an environment with what that needs and no more.
dist: install ## build the sdist, the wheel, the plugin as an executable for this platform that needs no Python, and their SBOM, into dist/
	@rm -rf dist && $(BIN)/python -m hatchling build -d dist >/dev/null 2>&1
	@test -x .venv-dist/bin/python || $(PYTHON) -m venv .venv-dist
	@.venv-dist/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-build-isolation \
	  -r requirements.build.lock
	@.venv-dist/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-build-isolation \
	  -r requirements.dist.lock
	@.venv-dist/bin/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps dist/*.whl
	@.venv-dist/bin/python tools/executable.py dist
	@test -x .venv-sbom/bin/python || $(PYTHON) -m venv .venv-sbom
	@.venv-sbom/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.sbom.lock
	@.venv-sbom/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file \
	  dist/pulumi-agentrun-$$($(BIN)/hatchling version).cdx.json .venv-dist/bin/python
	@ls -sh dist

# Not quietly: mkdocs would let every warning pass.
docs: .venv-docs/installed ## build the documentation as a site into site/; a link that leads nowhere fails
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build
	@echo site/index.html
.venv-docs/installed: requirements.docs.lock
	@test -x .venv-docs/bin/python || $(PYTHON) -m venv .venv-docs
	@.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.docs.lock
	@touch $@

check: install engine ## formatting, lint, types, generated files, the plugin's schema, and that broken rules are noticed
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy && for program in examples/*/*.py; do $(BIN)/mypy $$program || exit 1; done
	@$(BIN)/python tools/generate.py --check
	@$(BIN)/python tools/compatibility.py
	@said=$$(pulumi schema check $(SCHEMA) 2>&1) && test -z "$$said" || { echo "$(SCHEMA): $$said"; exit 1; }
	@$(BIN)/python -W ignore tools/mutants.py

record-schema: install ## record the plugin's schema, for later ones to be compared with: what programs lean on changes
	@$(BIN)/python tools/compatibility.py --record

format: install ## format the code and write the generated files
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .
	@$(BIN)/python tools/generate.py

oracle: install ## compare the gateway with LiteLLM's Router and the official SDK, each in its own environment (2 minutes)
	@PYTHONPATH=tests $(BIN)/python -m oracle

platform: install ## serve the embedded platform, and what is deployed to it, on http://127.0.0.1:8080
	@echo 'In another terminal, with an access key that only you can read (.agentrun/credential):'
	@echo '  export AGENTRUN_CONTROL_ENDPOINT=http://127.0.0.1:8080'
	@echo '  export AGENTRUN_ACCESS_KEY_ID=$$(cut -d: -f1 .agentrun/credential)'
	@echo '  export AGENTRUN_ACCESS_KEY_SECRET=$$(cut -d: -f2 .agentrun/credential)'
	@echo 'Proxies answer at their endpoint, those without a credential to the token that only you can read (.agentrun/token):'
	@echo '  export OPENAI_BASE_URL=http://127.0.0.1:8080/models/PROXY/v1 OPENAI_API_KEY=$$(cat .agentrun/token)'
	@echo 'To watch and to break it: http://127.0.0.1:8080/ in a browser, which asks for that token.'
	@$(BIN)/python -m pulumi_agentrun.platform --host 127.0.0.1 --port 8080 --data .agentrun \
	  --credential-file .agentrun/credential

browser: ## install Chromium, which the tests of the page look at it with (Debian and Ubuntu; elsewhere it says what to do)
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; \
	then echo 'A browser is installed.'; \
	elif command -v apt-get >/dev/null && run=$$(test "$$(id -u)" = 0 || echo sudo -n) && \
	  timeout 120 $$run apt-get update -qq && timeout 300 $$run apt-get install -y -qq chromium >/dev/null; then chromium --version; \
	else echo 'Install Chromium or Chrome yourself. Without it, the tests that look at the page are skipped.'; fi

resolve = $(BIN)/uv pip compile --universal --python-version 3.10 --generate-hashes --upgrade --quiet \
  --custom-compile-command "make lock"
extras = --extra platform --extra credentials --extra policy

lock: install ## resolve the dependencies anew: the newest, and the oldest that pyproject.toml allows
	@$(BIN)/python -m pip install --quiet uv
	@$(resolve) --group build -o requirements.build.lock
	@$(resolve) pyproject.toml $(extras) --group dev --constraint requirements.build.lock -o requirements.lock
	@$(resolve) pyproject.toml $(extras) --group test --constraint requirements.build.lock --resolution lowest-direct \
	  -o requirements.oldest.lock
	@$(resolve) pyproject.toml --extra credentials --group dist --constraint requirements.lock -o requirements.dist.lock
	@$(resolve) --group sbom -o requirements.sbom.lock
	@$(resolve) --group docs -o requirements.docs.lock

.PHONY: help install engine stack up preview down dist docs test coverage unit test-pythons test-oldest e2e soak record sdks bench oracle check record-schema format platform browser lock
