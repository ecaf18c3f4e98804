# Whether the time of a refusal tells why: `npm run measure:timing`, with the number of samples of each kind.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh
ulimit -c 0 # a core file would hold key material
prepare
exec node --enable-source-maps dist/scripts/timing/main.js "$@"
