# Sourced by install.sh: programs built from Go modules, each with a module of its own, locked by its go.sum.

# go_program NAME PACKAGE [LDFLAGS [TAGS]]: builds PACKAGE in hack/tools/go/NAME, or in hack/tools/go/$IN.
go_program() {
  local name=$1 package=$2 ldflags=${3:-} tags=${4:-} target=$TOOLS/bin/$1
  [ -x "$target" ] && return
  command -v go >/dev/null || { echo "cannot build $name: Go is not installed" >&2; return 1; }
  echo "building $name from Go modules, which takes minutes the first time" >&2
  # A build cache of its own, removed after: one shared by all tools would grow to 18 GB.
  (cd "$HERE/go/${IN:-$name}" && CGO_ENABLED=0 GOFLAGS=-mod=mod GOCACHE=$WORK/go-$name \
    nice go build -tags "$tags" -trimpath -ldflags "-s -w $ldflags" -o "$target.part" "$package")
  mv "$target.part" "$target"
  rm -rf "$WORK/go-$name"
}
