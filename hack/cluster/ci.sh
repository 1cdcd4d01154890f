#!/usr/bin/env bash
# `make test-cluster` for continuous integration: where it can't run it says so and why, and a machine that is too slow for it fails nobody.
# Only a check that fails does. LARDER_CLUSTER_MINUTES is what it may take, builds included (65). Leaves no cluster behind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
minutes=${LARDER_CLUSTER_MINUTES:-65}
place=${LARDER_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/larder/tools}

not_run() {
  echo "NOT RUN  the real cluster: $1"
  exit 0
}

[ "$(uname -s)" = Linux ] || not_run 'it needs Linux'
[ "$(id -u)" = 0 ] || not_run 'it needs root, for namespaces and mounts'
command -v go >/dev/null || not_run 'it builds Kubernetes from Go modules, and Go is not installed'
command -v apt-get >/dev/null || not_run 'it takes containerd and runc from Debian, and this is no Debian'
unshare --net --mount --pid --fork true 2>/dev/null || not_run 'this container may make no namespaces'
for folder in "${TMPDIR:-/tmp}" "$(mkdir -p "$place" && echo "$place")"; do
  [ "$(df --output=avail -k "$folder" | tail -1)" -ge $((12 * 1024 * 1024)) ] || not_run "builds take 12 GB, and $folder has less"
done

trap 'make cluster-down || true' EXIT
status=0
timeout --kill-after=60 "${minutes}m" make test-cluster || status=$?
# Where it has to be killed, that is the status of a killed program.
case $status in
  124 | 137) not_run "to its end: it took more than $minutes minutes here" ;;
esac
exit "$status"
