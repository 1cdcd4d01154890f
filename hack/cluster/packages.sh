#!/usr/bin/env bash
# Debian's part of the cluster: container runtime, network plug-ins, registry, and the tools that make images. What is there stays.
set -euo pipefail
programs=(containerd runc docker-registry skopeo mmdebstrap iptables conntrack ip)
packages=(containerd runc docker-registry skopeo mmdebstrap iptables conntrack iproute2)
lacking=()
for n in "${!programs[@]}"; do command -v "${programs[n]}" >/dev/null || lacking+=("${packages[n]}"); done
[ -x /usr/lib/cni/bridge ] || lacking+=(containernetworking-plugins)
[ ${#lacking[@]} -gt 0 ] || exit 0
command -v apt-get >/dev/null || { echo "cannot install ${lacking[*]}: this is no Debian; install them by hand" >&2; exit 1; }
# Their services must not start: the node runs its own.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod +x $policy
  trap 'rm -f $policy' EXIT
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${lacking[@]}" >/dev/null
