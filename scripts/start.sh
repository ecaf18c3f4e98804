# Starts the service from a clone: `npm start`.
set -eu
cd "$(dirname "$0")/.."
ulimit -c 0 # a core file would hold key material
. scripts/prepare.sh

prepare
exec node dist/src/main.js "$@"
