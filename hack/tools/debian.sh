# Sourced by install.sh: programs out of Debian packages of other suites, unpacked beside each other instead of installed.

# The machine's own Debian mirror, so that a private mirror keeps being used.
debian_mirror() {
  apt-get indextargets --format '$(REPO_URI)|$(ORIGIN)|$(LABEL)' 2>/dev/null |
    awk -F'|' '$2 == "Debian" && $3 == "Debian" { print $1; exit }'
}

# debian_program SUITE PACKAGE PATH TARGET: the file PATH of PACKAGE as it is in SUITE.
debian_program() {
  local suite=$1 package=$2 path=$3 target=$4 mirror apt
  [ -x "$target" ] && return
  mirror=$(debian_mirror)
  [ -n "$mirror" ] || { echo "cannot fetch $package: this machine's apt names no Debian mirror" >&2; return 1; }
  apt=$WORK/apt-$suite
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/unpacked"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$suite" >"$apt/sources.list"
  local -a options=(
    -qq -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o "Dir::Etc::sourcelist=$apt/sources.list"
    -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
  )
  apt-get "${options[@]}" update
  (cd "$apt" && apt-get "${options[@]}" download "$package/$suite")
  dpkg-deb --extract "$apt/$package"_*.deb "$apt/unpacked"
  install -m 755 "$apt/unpacked/$path" "$target"
}
