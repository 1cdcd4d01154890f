#!/bin/bash
# The node's first process: gives it a network and folders of its own, then reaps what its parents left, until it is killed; with it
# everything in the node ends, and its mounts, interfaces and rules are gone. Started by node.ts in new namespaces:
#   node-init.sh FOLDER BRIDGE ADDRESS/BITS SERVICES/BITS
set -euo pipefail
folder=$1 bridge=$2 address=$3 services=$4

mount --make-rshared /
# Nothing that runtimes and kubelet write to their usual places may reach the machine's own.
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/log
mount --bind "$folder/tmp" /tmp
mount --bind "$folder/state" /var/lib

ip link set lo up
ip link add "$bridge" type bridge
ip address add "$address" dev "$bridge"
ip link set "$bridge" up
# The API server calls webhooks by their service's address, and what has no route is never looked at by kube-proxy's rules.
ip route add "$services" dev "$bridge"
echo 1 >/proc/sys/net/ipv4/ip_forward

touch "$folder/node-ready"
while :; do sleep 3600 & wait || true; done
