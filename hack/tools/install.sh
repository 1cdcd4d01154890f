#!/usr/bin/env bash
# Installs programs that Larder's tests and comparisons run against, outside the checkout:
#   hack/tools/install.sh kubectl                 kubectl 1.32 and the current one, from Debian
#   hack/tools/install.sh kube-apiserver etcd     the judge of our API's details, from Go modules
#   hack/tools/install.sh kuttl helm              the real ones, from Go modules
#   hack/tools/install.sh versitygw               the peer of benchmarks/s3.ts, from Go modules
#   hack/tools/install.sh prometheus promtool     who scrapes, and the judge of metrics and rules, from Go modules
#   hack/tools/install.sh postgres_exporter       the peer of benchmarks/metrics.ts, from Go modules
# They go to $LARDER_TOOLS (default ~/.cache/larder/tools)/bin; what is there already stays.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOOLS=${LARDER_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/larder/tools}
mkdir -p "$TOOLS/bin"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/larder-tools.XXXXXX")
trap 'chmod -R u+w "$WORK"; rm -rf "$WORK"' EXIT
. "$HERE/debian.sh"
. "$HERE/go.sh"

KUBERNETES=v1.35.4

install_tool() {
  case $1 in
    kubectl)
      debian_program trixie kubectl usr/bin/kubectl "$TOOLS/bin/kubectl-1.32"
      debian_program sid kubectl usr/bin/kubectl "$TOOLS/bin/kubectl-current"
      ;;
    kube-apiserver)
      go_program kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver \
        "-X k8s.io/component-base/version.gitVersion=$KUBERNETES -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=35"
      ;;
    etcd) go_program etcd go.etcd.io/etcd/server/v3 ;;
    kuttl) go_program kuttl github.com/kudobuilder/kuttl/cmd/kubectl-kuttl ;;
    helm) go_program helm helm.sh/helm/v3/cmd/helm ;;
    versitygw) go_program versitygw github.com/versity/versitygw/cmd/versitygw ;;
    prometheus) go_program prometheus github.com/prometheus/prometheus/cmd/prometheus "" remove_all_sd ;;
    promtool) IN=prometheus go_program promtool github.com/prometheus/prometheus/cmd/promtool "" remove_all_sd ;;
    postgres_exporter) go_program postgres_exporter github.com/prometheus-community/postgres_exporter/cmd/postgres_exporter ;;
    *)
      echo "unknown tool '$1'; there are kubectl, kube-apiserver, etcd, kuttl, helm, versitygw, prometheus, promtool, postgres_exporter" >&2
      return 2
      ;;
  esac
}

[ $# -gt 0 ] || { sed -n '2,9p' "${BASH_SOURCE[0]}" >&2; exit 2; }
for tool in "$@"; do install_tool "$tool"; done
