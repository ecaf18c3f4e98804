# Measures the service: `npm run bench`; arguments go to the program, e.g. `npm run bench -- --quick`.
set -eu
cd "$(dirname "$0")/.."
ulimit -c 0 # a core file would hold key material
. scripts/prepare.sh

# 1 would say that a mark was missed.
if ! (prepare); then exit 2; fi
exec node --enable-source-maps dist/scripts/bench/main.js "$@"
