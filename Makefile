# A thin front: each target is a larder command or an npm script. `make help` lists them.
PLANE ?= local
LARDER = node packages/cli/bin/larder.js

# npm writes this file at the end of each install; a newer lock file means that something else is to be installed.
INSTALLED = node_modules/.package-lock.json
UP_TO_DATE = test -e $(INSTALLED) && test -z "$$(find package-lock.json -newer $(INSTALLED))"
# A plane may be running from this very folder, so what is there is added to (npm ci would begin by removing it).
INSTALL = npm $$(test -e $(INSTALLED) && echo install --no-save || echo ci) --prefer-offline $(OMIT) --no-fund --no-audit --loglevel=error && touch $(INSTALLED)

.DEFAULT_GOAL := help
.PHONY: help provision deprovision clean run-tests test test-full bench runnable installed plane-is-local

help: ## This list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

provision: plane-is-local runnable ## A plane, an instance, and a job that proves it works
	@$(LARDER) provision

deprovision: plane-is-local runnable ## Delete the instance; the plane goes on
	@$(LARDER) deprovision

clean: plane-is-local runnable ## Remove everything: the plane and all its data
	@$(LARDER) clean

run-tests: plane-is-local installed ## The acceptance suites in test/
	@npm run --silent acceptance

test: installed ## Every quick test: format, lint, types, unit, integration, acceptance
	@npm test

test-full: installed ## Every test, also those that take long
	@npm run --silent test-full

bench: installed ## Benchmarks, each beside its floor or peer
	@npm run --silent bench

# What runs Larder is a third of what works on it: who only wants a database doesn't wait for the rest.
runnable: OMIT = $$(test -d node_modules/typescript || echo --omit=dev)
runnable:
	@$(UP_TO_DATE) || { echo 'Installing what Larder runs on ...' && $(INSTALL); }

installed:
	@{ $(UP_TO_DATE) && test -d node_modules/typescript; } || { echo 'Installing what Larder is built and tested with ...' && $(INSTALL); }

plane-is-local:
	@test "$(PLANE)" = local || { echo 'PLANE=$(PLANE) is not there yet: only PLANE=local is, one machine without Kubernetes.' >&2; exit 2; }
