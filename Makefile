# A thin front: each target is a larder command or an npm script. `make help` lists them.
PLANE ?= local
LARDER = node packages/cli/bin/larder.js

.DEFAULT_GOAL := help
.PHONY: help provision deprovision clean run-tests test test-full bench installed plane-is-local

help: ## This list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

provision: plane-is-local installed ## A plane, an instance, and a job that proves it works
	@$(LARDER) provision

deprovision: plane-is-local installed ## Delete the instance; the plane goes on
	@$(LARDER) deprovision

clean: plane-is-local installed ## Remove everything: the plane and all its data
	@$(LARDER) clean

run-tests: plane-is-local installed ## The acceptance suites in test/
	@npm run --silent acceptance

test: installed ## Every quick test: format, lint, types, unit, integration, acceptance
	@npm test

test-full: installed ## Every test, also those that take long
	@npm run --silent test-full

bench: installed ## Benchmarks, each beside its floor or peer
	@npm run --silent bench

installed: node_modules/.package-lock.json

plane-is-local:
	@test "$(PLANE)" = local || { echo 'PLANE=$(PLANE) is not there yet: only PLANE=local is, one machine without Kubernetes.' >&2; exit 2; }

# npm writes this file at each install; a newer lock file means that something else is to be installed.
node_modules/.package-lock.json: package-lock.json
	@npm ci --no-fund --no-audit --loglevel=error
	@touch $@
