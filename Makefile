# make run: opens the window on the simulated demo case.   make test: everything that must hold.
# Both make .venv on first use (about 7 GB; two to three minutes where downloads are fast).

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: run test lint types house unit soak bench pictures package proof sbom audit clean

run: $(INSTALLED)
	@sh packaging/system-libraries.sh
	@$(BIN)/apnet demo

test: $(INSTALLED)
	@sh packaging/system-libraries.sh test
	@$(MAKE) --no-print-directory lint types house unit

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

house: $(INSTALLED)
	$(BIN)/lint-imports

unit: $(INSTALLED)
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -n 2

# The properties at their full counts; resumable.
soak: $(INSTALLED)
	@sh packaging/system-libraries.sh test
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -m soak -s

# The ratios, each against a peer or a limit in one run.
bench: $(INSTALLED)
	@sh packaging/system-libraries.sh test
	$(BIN)/python -m tests.benchmarks

# The pictures of README and manual, of the simulated case.
pictures: $(INSTALLED)
	@sh packaging/system-libraries.sh test
	$(BIN)/python packaging/pictures.py

# The installable application: dist/VARIANT/apnet-desktop, its archive and its Debian package. VARIANT=cuda has torch.
VARIANT ?= cpu
PACKAGER := PYTHONPATH=packaging $(BIN)/python -m

package: $(INSTALLED)
	@sh packaging/system-libraries.sh package
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[packaging]'
	@$(PACKAGER) packager.build --variant $(VARIANT)

# Install, start, self-test, report, update, uninstall: without a network, as a person without rights. Needs root.
# Goes on where an earlier call stopped; builds first, if what is in dist/ was not made from these sources.
# The update is over a store of the first version (OLDER: its commit), or over the one that is named.
OLDER ?= ef74ce8
OLDER_STORE ?= build/older-store

proof: $(INSTALLED)
	@sh packaging/system-libraries.sh package
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[packaging]'
	@$(PACKAGER) packager.build --variant $(VARIANT) --unless-current
	@$(BIN)/python packaging/older_store.py $(OLDER) $(OLDER_STORE)
	@sh packaging/prove.sh "$$(ls -t dist/$(VARIANT)/*.tar.xz | head -1)" $$(ls -d $(OLDER_STORE) 2>/dev/null)

# Lists what is in the application that was built last, again.
sbom: $(INSTALLED)
	@$(PACKAGER) packager.sbom --variant $(VARIANT)

# Known holes in what is inside; "not audited" (3) where the service is out of reach.
audit: $(INSTALLED)
	@$(PACKAGER) packager.audit

$(INSTALLED): pyproject.toml packaging/make-venv.sh
	@PYTHON=$(PYTHON) sh packaging/make-venv.sh
	@touch $@

clean:
	rm -rf .venv build dist
