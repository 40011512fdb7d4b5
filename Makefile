# `make lab` to learn, `make test` to check, `make site` to publish. Each sets up .venv first, once.
# PYTHON: the first that is new enough; if none is, install.py says so. TORCH: cpu, pip or auto, see install.py.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  $$p -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null && echo $$p && exit; done; echo python3)
export TORCH
unexport PYTHONDONTWRITEBYTECODE # else each kernel would compile torch anew
BIN := .venv/bin
LESSON ?= 01
ARGS ?=
# A server of one's own: loopback only, a token, and no pop-up that asks for the news over the first cell.
SERVER := --ServerApp.ip=127.0.0.1 --ServerApp.root_dir=notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: lab slides hub test quick bench refresh lint constraints site slides-html handouts pictures release dist
lab: .venv/installed
	$(BIN)/jupyter lab $(SERVER) --LabApp.default_url=/lab/tree/00_start_here.ipynb $(ARGS)

# The server itself would print an address with a query wrongly: token and port are chosen here, and the right one is printed.
slides: .venv/installed
	@page=$$(cd notebooks && ls $(LESSON)_*.ipynb) && set -- $$($(BIN)/python -c 'import secrets, socket; \
	  print(secrets.token_hex(16), socket.create_server(("127.0.0.1", 0)).getsockname()[1])') && \
	place="/rise/$$page?token=$$1&run=1" && echo "The slides, until Ctrl+C: http://127.0.0.1:$$2$$place" && \
	$(BIN)/jupyter lab $(SERVER) --ServerApp.log_level=WARN --ServerApp.port=$$2 --IdentityProvider.token=$$1 \
	  "--LabApp.default_url=$$place" $(ARGS)

# The hub for a class, on this machine alone and with test logins, which it prints. The first name is the instructor's.
hub: .venv/hub
	HUB_TRIAL="try-teacher try-ada try-ben" $(BIN)/jupyterhub --config hub/jupyterhub_config.py $(ARGS)

# What starts several processes gives each one thread: on a few cores they would only wait for one another.
PYTEST := LOSSUTILS_PROGRESS=$$(mktemp -d)/progress.json OMP_NUM_THREADS=1 $(BIN)/python -m pytest \
  --nbval --nbval-cell-timeout=120 --dist loadfile --no-loadscope-reorder --durations=10

# To build the site, nbval runs the lessons and compares their outputs. The longest files first, so that no process ends
# up alone with them.
test: .venv/installed .venv/hub lint site
	$(PYTEST) -n 4 tests/browser tests hub $(ARGS)

# For those who edit a lesson: no site, no browser.
quick: .venv/installed lint
	$(PYTEST) -n 2 notebooks tests hub --ignore=tests/browser $(ARGS)

# Of the class a small one: forty students take seven minutes, `.venv/bin/python -m benchmarks.classroom 40 --every 5`.
bench: .venv/installed .venv/hub site
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	$(BIN)/python -m benchmarks.sliders
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python -m benchmarks.checks
	$(BIN)/python -m benchmarks.losses
	$(BIN)/python -m benchmarks.classroom 1 5

refresh: .venv/installed
	OMP_NUM_THREADS=1 $(BIN)/python tests/refresh.py $(ARGS)

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/actionlint

# What the README shows: the figure that moves, and a still one.
pictures: .venv/installed .venv/browser
	$(BIN)/python -m web.pictures

# What a tag of this version would do; `dist` builds what it would publish.
release: .venv/installed
	$(BIN)/python release.py

dist: .venv/installed site
	$(BIN)/python release.py build

# What the direct dependencies need themselves, for every system and every Python from 3.11 on.
constraints: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	grep -hv '^-' requirements.txt hub/requirements.txt | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade \
	  --no-annotate --custom-compile-command "make constraints" - -o constraints.txt

# The site. A lesson is executed once: its page and its slides show what nbval compared. What has not changed is not built
# again: each step gets the lessons that are newer than its last run, or all of them if something that all of them stand on
# is newer.
LESSONS := $(sort $(wildcard notebooks/*.ipynb))
PAGES := $(LESSONS:notebooks/%.ipynb=site/%.html)
EXECUTED := $(LESSONS:notebooks/%=build/pages/%)
FIGURES := web/figures.py $(wildcard lossutils/explore/*.js lossutils/explore/*.css)
changed = $(if $(filter-out $(1),$?),$(1),$?)

site:
	$(MAKE) --no-print-directory build/pages/.executed build/pages/index.md build/pages/reference/.written \
	  build/pages/playground.md
	$(MAKE) --no-print-directory -j2 site/.rendered site/slides/.written
	$(MAKE) --no-print-directory site/handouts/.printed site/previews/.taken

slides-html: site/slides/.written

handouts: site

build/pages/.executed: $(LESSONS) web/execute.py $(wildcard lossutils/*.py lossutils/*/*.py) .venv/installed \
		| web/node_modules/installed
	LOSSUTILS_RENDERER=html $(PYTEST) -n 2 -p web.execute $(call changed,$(LESSONS))
	touch $@

$(EXECUTED): build/pages/.executed ;

# Copied again when a lesson says something else of itself: else Sphinx would leave the first page as it is.
build/pages/index.md: web/index.md web/index.py web/reading.py $(EXECUTED)
	mkdir -p $(@D)
	cp web/index.md $@

# The figures of its pages are those of the lessons. Sphinx takes the docstrings when it reads the pages.
build/pages/reference/.written: web/reference.py web/notation.py web/reading.py $(EXECUTED)
	$(BIN)/python -m web.reference
	touch $@

build/pages/playground.md: $(wildcard web/playground.*) $(wildcard lossutils/explore/*.py)
	mkdir -p $(@D)
	OMP_NUM_THREADS=1 $(BIN)/python -m web.playground > $@

# Which of the pages have changed, Sphinx finds out for itself; of the code beside its settings it knows nothing.
site/.rendered: $(EXECUTED) build/pages/index.md build/pages/reference/.written build/pages/playground.md \
		$(wildcard web/templates/*) web/conf.py web/site.css web/formulas.py web/katex.js web/reading.py web/reference.py \
		web/notation.py web/index.py web/links.py web/formula.js web/playground.js $(FIGURES)
	mkdir -p site/notebooks
	cp -p $(LESSONS) site/notebooks
	$(BIN)/sphinx-build --quiet --fail-on-warning $(if $(filter-out build/pages/%,$?),--write-all) -c web -d build/doctrees build/pages site
	touch $@

site/slides/.written: $(EXECUTED) $(wildcard web/slides.*) web/reading.py web/formulas.py web/katex.js notebooks/rise.css $(FIGURES)
	$(BIN)/python -m web.slides $(call changed,$(EXECUTED))
	touch $@

site/handouts/.printed: $(PAGES) web/handout.py web/site.css $(FIGURES) | .venv/browser
	$(BIN)/python -m web.handout $(call changed,$(PAGES))
	touch $@

site/previews/.taken: $(EXECUTED) web/preview.py web/index.py web/templates/preview.html web/templates/picture.html web/site.css \
		$(FIGURES) | .venv/browser
	$(BIN)/python -m web.preview
	touch $@

# A company's network may have certificates of its own, which only the system knows.
%/node_modules/installed: %/package-lock.json | .venv/installed
	mkdir -p build
	PATH=$(CURDIR)/$(BIN):$$PATH NODE_USE_SYSTEM_CA=1 npm ci --prefix $* --no-audit --no-fund >build/npm.log 2>&1 || \
	  { cat build/npm.log; echo "npm could not fetch what $*/package.json names: connect to the network, run make again."; exit 1; }
	touch $@

.venv/hub: hub/requirements.txt hub/node_modules/installed | .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

.venv/browser: | .venv/installed
	$(BIN)/python -m web.browser
	touch $@

.venv/installed: install.py requirements.txt constraints.txt pyproject.toml \
		$(wildcard lossutils/labextension/*.json lossutils/labextension/static/*)
	$(PYTHON) install.py
