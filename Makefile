# A thin front: each target is a larder command or an npm script. `make help` lists them.
PLANE ?= local
LARDER = node packages/cli/bin/larder.js
# The same targets on Kubernetes: PLANE=kubernetes (the current kubeconfig's cluster) or PLANE=kind.
ON_CLUSTER = $(filter-out local,$(PLANE))

# npm writes this file at the end of each install; a newer lock file means that something else is to be installed.
INSTALLED = node_modules/.package-lock.json
UP_TO_DATE = test -e $(INSTALLED) && test -z "$$(find package-lock.json -newer $(INSTALLED))"
# A plane may be running from this very folder, so what is there is added to (npm ci would begin by removing it).
INSTALL = npm $$(test -e $(INSTALLED) && echo install --no-save || echo ci) --prefer-offline $(OMIT) --no-fund --no-audit --loglevel=error && touch $(INSTALLED)

.DEFAULT_GOAL := help
.PHONY: help provision deprovision provision-user deprovision-user clean run-tests test test-full bench doctor cluster cluster-down test-cluster test-cluster-full runnable installed known-plane

help: ## This list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

provision: known-plane runnable ## A plane, an instance with a user, and a job that proves it works
	@$(LARDER) $(if $(ON_CLUSTER),cluster provision --plane $(PLANE),provision)

deprovision: known-plane runnable ## Delete the instance and its user; the plane goes on
	@$(LARDER) $(if $(ON_CLUSTER),cluster deprovision --plane $(PLANE),deprovision)

provision-user: runnable ## The login alone on that instance, and a job that proves it works
	@$(LARDER) provision-user

deprovision-user: runnable ## Delete that login; what it made stays
	@$(LARDER) deprovision-user

clean: known-plane runnable ## Remove everything: the plane and all its data
	@$(LARDER) $(if $(ON_CLUSTER),cluster clean --plane $(PLANE),clean)

run-tests: known-plane installed ## The acceptance suites in test/
	@npm run --silent $(if $(ON_CLUSTER),acceptance-on-cluster,acceptance)

doctor: runnable ## What a cluster lacks for PLANE=kubernetes
	@$(LARDER) doctor

test: installed ## Every quick test: format, lint, types, unit, integration, acceptance
	@npm test

test-full: installed ## Every test, also those that take long
	@npm run --silent test-full

bench: installed ## Benchmarks, each beside its floor or peer
	@npm run --silent bench

cluster: installed ## A real Kubernetes on this machine, without Docker (root, Go)
	@npx tsx hack/cluster/main.ts up

cluster-down: installed ## Remove that Kubernetes and everything in it
	@npx tsx hack/cluster/main.ts down

test-cluster: installed ## The acceptance suites and faults on that Kubernetes
	@npx tsx hack/cluster/test.ts

test-cluster-full: installed ## As test-cluster, and what takes long
	@LARDER_FULL=1 npx tsx hack/cluster/test.ts
	@npx tsx hack/cluster/main.ts down
	@npx tsx hack/cluster/test.ts --old-crossplane

# What runs Larder is a third of what works on it: who only wants a database doesn't wait for the rest.
runnable: OMIT = $$(test -d node_modules/typescript || echo --omit=dev)
runnable:
	@$(UP_TO_DATE) || { echo 'Installing what Larder runs on ...' && $(INSTALL); }

installed:
	@{ $(UP_TO_DATE) && test -d node_modules/typescript; } || { echo 'Installing what Larder is built and tested with ...' && $(INSTALL); }

known-plane:
	@case "$(PLANE)" in local|kubernetes|kind) ;; *) echo 'there is no PLANE=$(PLANE): use local, kubernetes or kind' >&2; exit 2 ;; esac
