#!/usr/bin/env bash
# The root file system of a PostgreSQL image as CloudNativePG wants it, out of Debian's packages:
#   postgresql.sh SUITE MAJOR TARGET.tar      also writes TARGET.version, the server's exact version
# CloudNativePG runs it as uid 26 and finds the programs on the PATH that the image's configuration gives.
set -euo pipefail
suite=$1 major=$2 target=$3
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/../../tools/debian.sh"
mirror=$(debian_mirror)
[ -n "$mirror" ] || { echo "cannot make a PostgreSQL image: this machine's apt names no Debian mirror" >&2; exit 1; }

# Hooks only ever work inside the chroot: from outside, links such as /var/run lead to the machine's own folders. /dev and its like
# are the machine's even inside, and nothing here may name them.
# Documentation and the just-in-time compiler are most of the size, and no test needs them.
inside="set -e
groupmod -o -g 26 postgres
usermod -o -u 26 -g 26 postgres
mkdir -p /var/lib/postgresql/data /run/postgresql
rm -rf /var/lib/postgresql/$major /etc/postgresql/$major /var/lib/apt/lists /var/cache/apt/archives /usr/share/doc /usr/share/man /usr/share/locale
rm -rf /usr/lib/postgresql/$major/lib/bitcode /usr/lib/postgresql/$major/lib/llvmjit* /usr/lib/*/libLLVM*
chown -R 26:26 /var/lib/postgresql /run/postgresql
/usr/lib/postgresql/$major/bin/postgres --version >/postgres-version"

rm -f "$target.part.tar"
# A mount namespace with a shared memory of its own: mmdebstrap would lend the machine's to what it installs.
unshare --mount --propagation private bash -euc 'mount -t tmpfs tmpfs /dev/shm; exec "$@"' mmdebstrap.sh \
  mmdebstrap --quiet --variant=minbase --include="postgresql-$major,ca-certificates" \
  --dpkgopt=force-unsafe-io --customize-hook="chroot \"\$1\" sh -c '$inside'" \
  "$suite" "$target.part.tar" "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
tar --extract --to-stdout --file "$target.part.tar" ./postgres-version | sed -E 's/^[^0-9]*([0-9]+\.[0-9]+).*/\1/' >"$target.version"
mv "$target.part.tar" "$target"
