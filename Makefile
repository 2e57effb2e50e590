# Every target does its own set-up: a machine with Python 3.11+, Node 20+ and make is enough (demo needs no Node).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# Compiled modules are kept, whatever the machine says elsewhere (containers often say no): without them every start of
# the service compiles it anew (0.4 s), and so does every collection of the tests (2 s).
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-fast check accessibility pictures conformance test-providers bench bench-live bench-vitals docs lock browser nginx lemonldap clean

demo: $(VENV)/.demo            ## the whole demo world on loopback; prints one address to open
	$(BIN)/python -m demo

test: browser nginx tests/node_modules/.package-lock.json test-fast   ## every test there is
	$(BIN)/python -m pytest -m 'integration and not providers'

test-fast: $(VENV)/.dev        ## unit and contract tests, in two processes: no browser, no server
	$(BIN)/python -m pytest -n 2 --dist worksteal -m 'not integration'

check: $(VENV)/.dev            ## lint, types and the layer test: under a minute
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_layers.py

accessibility: $(VENV)/.dev browser tests/node_modules/.package-lock.json   ## docs/accessibility.md, from a run of its tests
	$(BIN)/python -m tests.accessibility

pictures: $(VENV)/.dev browser  ## the pictures of docs/images, taken anew
	$(BIN)/python -m tests.pictures

conformance: $(VENV)/.dev      ## the OpenID Foundation's relying-party modules, and a table of what became of each
	$(BIN)/python -m tests.conformance

test-providers: $(VENV)/.dev lemonldap   ## the journey with LemonLDAP::NG, as OpenID provider and as CAS server
	$(BIN)/python -m pytest -m providers tests/providers

bench: $(VENV)/.dev bench/node_modules/.package-lock.json   ## us, the framework's limit and a peer, in one run
	$(BIN)/python -m bench

bench-vitals: $(VENV)/.dev browser   ## what a slow line and an old machine wait for: paint and layout shift
	$(BIN)/python -m bench.vitals

bench-live: $(VENV)/.dev browser   ## 2,000 open cards on one instance, and from an OA's push to the changed card
	$(BIN)/python -m bench.live
	$(BIN)/python -m bench.live_browser

docs: $(VENV)/.dev             ## rewrite the generated pages of docs/
	$(BIN)/python -m widgets.command docs docs

# pip's --no-deps: the lock files name every package, and leave out Django, of which only two script files are wanted.
$(VENV)/.demo: requirements/demo.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml $(VENV)/.demo
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

%/node_modules/.package-lock.json: %/package.json %/package-lock.json
	cd $* && npm ci --no-audit --no-fund --loglevel=error
	touch $@

# Real browsers: Debian's, installed when they are missing and we may. Chromium is needed, Firefox is welcome.
browser:
	@command -v chromium >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null; \
	  else echo "make test needs Chromium as 'chromium' on the PATH: sudo apt-get install chromium fonts-noto-cjk" >&2; exit 1; fi; }
	@command -v firefox-esr >/dev/null || command -v firefox >/dev/null || { \
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends firefox-esr >/dev/null; } || \
	  echo "Without Firefox its tests are skipped: sudo apt-get install firefox-esr" >&2

# A real web server, whose pages hold the cards by server-side includes.
nginx:
	@command -v nginx >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light >/dev/null; \
	  else echo "make test needs nginx as 'nginx' on the PATH: sudo apt-get install nginx-light" >&2; exit 1; fi; }

# Debian's LemonLDAP::NG, as its portal alone needs it; nothing of it is started outside the tests.
LEMONLDAP := liblemonldap-ng-portal-perl libplack-perl libio-string-perl libxml-simple-perl libxml-libxml-perl \
  libstring-random-perl libmime-tools-perl libcrypt-openssl-rsa-perl libcrypt-openssl-bignum-perl libconvert-pem-perl \
  libconvert-base32-perl
lemonldap:
	@test -d /usr/share/lemonldap-ng/portal || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(LEMONLDAP) >/dev/null; \
	  else echo "make test-providers needs LemonLDAP::NG: sudo apt-get install $(LEMONLDAP)" >&2; exit 1; fi; }

lock:                          ## pin every dependency anew, with hashes and without addresses
	for name in service demo dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	    --no-emit-package django --no-emit-package asgiref --no-emit-package sqlparse \
	    requirements/$$name.in --output-file requirements/$$name.txt || exit 1; done

clean:
	rm -rf $(VENV) tests/node_modules bench/node_modules
