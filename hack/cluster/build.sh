#!/usr/bin/env bash
# Builds what a real cluster needs from Go modules, each with a module of its own, locked by its go.sum:
#   hack/cluster/build.sh kubernetes cloudnative-pg      or without names: the core set
# Programs go to $LARDER_TOOLS (default ~/.cache/larder/tools)/bin, charts and manifests that come with a module to share/NAME.
# What was built from the same go.mod and go.sum stays. Build cache and unpacked modules are removed after each tool, unless
# LARDER_GO_CACHE names a cache to share (10 GB and more) and LARDER_KEEP_MODULES says that the modules go to Go's own folder.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOOLS=${LARDER_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/larder/tools}
CORE=(pause kubernetes cloudnative-pg crossplane coredns provider-kubernetes)

build() {
  case $1 in
    kubernetes)
      local component=k8s.io/component-base/version
      programs kubernetes "-X $component.gitVersion=$(version k8s.io/kubernetes) -X $component.gitMajor=1 -X $component.gitMinor=35" \
        kube-controller-manager=k8s.io/kubernetes/cmd/kube-controller-manager kube-scheduler=k8s.io/kubernetes/cmd/kube-scheduler \
        kubelet=k8s.io/kubernetes/cmd/kubelet kube-proxy=k8s.io/kubernetes/cmd/kube-proxy
      ;;
    crossplane)
      programs crossplane "-X github.com/crossplane/crossplane-runtime/v2/pkg/version.version=$(version github.com/crossplane/crossplane/v2)" \
        crossplane-core=github.com/crossplane/crossplane/v2/cmd/crossplane
      share crossplane github.com/crossplane/crossplane/v2 cluster/charts/crossplane cluster/crds cluster/webhookconfigurations
      ;;
    crossplane-1.20)
      programs crossplane-1.20 "-X github.com/crossplane/crossplane/internal/version.version=$(version github.com/crossplane/crossplane)" \
        crossplane-core-1.20=github.com/crossplane/crossplane/cmd/crossplane
      share crossplane-1.20 github.com/crossplane/crossplane cluster/charts/crossplane cluster/crds cluster/webhookconfigurations
      ;;
    crossplane-cli) programs crossplane-cli "" crossplane=github.com/crossplane/cli/v2/cmd/crossplane ;;
    cloudnative-pg)
      local module=github.com/cloudnative-pg/cloudnative-pg
      programs cloudnative-pg "-X $module/pkg/versions.buildVersion=$(version $module | tr -d v)" cloudnative-pg=$module/cmd/manager
      share cloudnative-pg $module "releases/cnpg-$(version $module | tr -d v).yaml"
      ;;
    provider-kubernetes)
      local module=github.com/crossplane-contrib/provider-kubernetes
      programs provider-kubernetes "" provider-kubernetes=$module/cmd/provider
      share provider-kubernetes $module package
      ;;
    provider-sql)
      local module=github.com/crossplane-contrib/provider-sql
      programs provider-sql "" provider-sql=$module/cmd/provider
      share provider-sql $module package
      ;;
    prometheus-operator)
      local module=github.com/prometheus-operator/prometheus-operator
      programs prometheus-operator "" prometheus-operator=$module/cmd/operator prometheus-config-reloader=$module/cmd/prometheus-config-reloader
      share prometheus-operator $module example/prometheus-operator-crd
      ;;
    # The one that scrapes in tests of the local plane, with the discovery that the operator's configuration wants.
    prometheus) TAGS=remove_all_sd,enable_kubernetes_sd programs prometheus "" prometheus=github.com/prometheus/prometheus/cmd/prometheus ;;
    pause) programs pause "" pause=larder.tools/pause ;;
    coredns) programs coredns "" coredns=larder.tools/coredns ;;
    *) echo "unknown tool '$1'; there are ${CORE[*]} crossplane-cli crossplane-1.20 provider-sql prometheus-operator prometheus" >&2; return 2 ;;
  esac
}

# version MODULE: as go.mod of the tool says it.
version() { awk -v module="$1" '$1 == "require" { $1 = ""; $0 = $0 } $1 == module { print $2; exit }' "$HERE/go/$NAME/go.mod"; }

# programs TOOL LDFLAGS PROGRAM=PACKAGE...
programs() {
  local tool=$1 ldflags=$2 each
  shift 2
  for each in "$@"; do
    echo "building ${each%%=*} from Go modules" >&2
    (cd "$HERE/go/$tool" && CGO_ENABLED=0 GOFLAGS=-mod=mod GOTOOLCHAIN=local GOCACHE=${LARDER_GO_CACHE:-$WORK/cache} \
      nice -n 19 go build -tags "${TAGS:-}" -trimpath -ldflags "-s -w $ldflags" -o "$TOOLS/bin/${each%%=*}.part" "${each#*=}")
    mv "$TOOLS/bin/${each%%=*}.part" "$TOOLS/bin/${each%%=*}"
  done
}

# share TOOL MODULE PATH...: copies files that the module brings.
share() {
  local tool=$1 folder each
  folder=$(cd "$HERE/go/$tool" && GOFLAGS=-mod=mod go list -m -f '{{.Dir}}' "$2")
  shift 2
  rm -rf "$TOOLS/share/$tool"
  mkdir -p "$TOOLS/share/$tool"
  for each in "$@"; do cp -R "$folder/$each" "$TOOLS/share/$tool/"; done
  chmod -R u+w "$TOOLS/share/$tool"
}

# What a tool was built from: another version of it is built anew.
origin() { cat "$HERE/go/$1/go.mod" "$HERE/go/$1/go.sum" | sha256sum | cut -d' ' -f1; }

command -v go >/dev/null || { echo "cannot build a cluster: Go is not installed; it builds Kubernetes from Go modules" >&2; exit 1; }
mkdir -p "$TOOLS/bin" "$TOOLS/share" "$TOOLS/built"
[ $# -gt 0 ] || set -- "${CORE[@]}"
for NAME in "$@"; do
  # Two at a time would do the same work twice.
  exec 9>"$TOOLS/built/$NAME.lock"
  flock 9
  [ "$(cat "$TOOLS/built/$NAME" 2>/dev/null)" = "$(origin "$NAME")" ] && continue
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/larder-cluster-build.XXXXXX")
  trap 'chmod -R u+w "$WORK"; rm -rf "$WORK"' EXIT
  [ -n "${LARDER_KEEP_MODULES:-}" ] || export GOMODCACHE=$WORK/modules
  build "$NAME"
  origin "$NAME" >"$TOOLS/built/$NAME"
  chmod -R u+w "$WORK"
  rm -rf "$WORK"
  trap - EXIT
done
