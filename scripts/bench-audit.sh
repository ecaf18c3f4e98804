# What the audit log costs, in throughput: `npm run bench:audit`, with the arguments SECONDS and ROUNDS.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh
ulimit -c 0 # a core file would hold key material
prepare
exec node --enable-source-maps dist/scripts/bench/audit/main.js "$@"
