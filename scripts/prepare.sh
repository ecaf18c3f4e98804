# Installs the dependencies and builds, each only where needed. Sourced by scripts that stand in the repository's root;
# everything it prints goes to stderr, so that a program's own output stays clean.

. scripts/packages.sh

# Runs a program that counts what it checks: what cannot be prepared counts as one failure.
run_counting() {
  ulimit -c 0 # a core file would hold key material
  if ! (prepare); then
    echo '0 passed, 1 failed'
    exit 1
  fi
  exec node --enable-source-maps "$@"
}

prepare() {
  {
    require_node
    if dependencies_are_current; then
      if ! build_is_current; then build; fi
    else
      install_and_build
    fi
  } >&2
}

require_node() {
  command -v node >/dev/null 2>&1 || fail 'Node.js 20.12 or later is needed, and there is no "node" on the PATH.'
  node -e '
    const [major, minor] = process.versions.node.split(".").map(Number)
    process.exit(major > 20 || (major === 20 && minor >= 12) ? 0 : 1)
  ' || fail "Node.js 20.12 or later is needed; this is $(node --version)."
}

# npm writes node_modules/.package-lock.json when all is in its place. Native modules are built after that, and depend on
# the version of Node.js that they were built for; argon2 would do with a binary from elsewhere.
dependencies_are_current() {
  [ -f node_modules/.package-lock.json ] &&
    [ -z "$(find package-lock.json -newer node_modules/.package-lock.json)" ] &&
    [ -f node_modules/argon2/build/Release/argon2.node ] &&
    node -e 'require("pkcs11js"); new (require("better-sqlite3"))(":memory:").close()' >/dev/null 2>&1
}

# The native modules take one processor for minutes, and the build needs none of them: both go on beside each other.
install_and_build() {
  install_dependencies
  (build) &
  building=$!
  native=true
  # Install scripts run for these alone: nothing else needs its own.
  npm rebuild --no-audit --no-fund pkcs11js better-sqlite3 argon2 || native=false
  # What is wrong with it, the build has said.
  wait "$building" || exit 1
  "$native" || fail 'The native modules could not be built: "npm rebuild" failed.'
  dependencies_are_current || fail 'The dependencies are installed, but their native modules do not load.'
}

install_dependencies() {
  command -v npm >/dev/null 2>&1 || fail 'The dependencies are not installed, and there is no "npm" on the PATH.'
  require_toolchain
  echo 'Installing the dependencies (npm ci) ...'
  # Built from the sources that the lock file vouches for, rather than fetched from elsewhere as binaries.
  npm_config_build_from_source=true
  export npm_config_build_from_source
  # Headers that came with Node.js are the right ones and need no download.
  prefix=$(node -p 'path.dirname(path.dirname(process.execPath))')
  if [ -e "$prefix/include/node/node.h" ]; then
    npm_config_nodedir=$prefix
    export npm_config_nodedir
  fi
  # What they build comes after it.
  npm ci --include=dev --ignore-scripts --no-audit --no-fund || fail 'The dependencies could not be installed: "npm ci" failed.'
}

require_toolchain() {
  if toolchain_is_there; then return; fi
  install_packages 'a C++ toolchain (g++, make, python3)' \
    'g++ make python3' 'g++ make python3' 'gcc-c++ make python3' || true
  toolchain_is_there || fail 'A C++ toolchain (g++, make and python3) is needed to build native modules. Install it
with "apt-get install g++ make python3" (Debian, Ubuntu), "apk add g++ make python3" (Alpine),
"dnf install gcc-c++ make python3" (Fedora) or "xcode-select --install" (macOS), then try again.'
}

toolchain_is_there() {
  { command -v c++ || command -v g++ || command -v clang++; } >/dev/null 2>&1 &&
    command -v make >/dev/null 2>&1 && command -v python3 >/dev/null 2>&1
}

build_is_current() {
  [ -f dist/.built ] &&
    [ -z "$(find src test scripts hsm/softhsm/index.d.ts tsconfig.json node_modules/.package-lock.json -newer dist/.built)" ]
}

build() {
  echo 'Building (tsc) ...'
  mkdir -p dist
  touch dist/.building # a source that changes during the build is newer than this
  node node_modules/typescript/bin/tsc -p . || fail 'The build failed.'
  node scripts/bundle.mjs || fail 'The packages of src/packages and the agents could not be bundled.'
  # What a former build made of a source that is gone would still be run, were it a test.
  find dist -name '*.js' | while IFS= read -r built; do
    source=${built#dist/}
    [ -e "${source%.js}.ts" ] || rm -f "$built" "$built.map"
  done
  mv dist/.building dist/.built
}

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}
