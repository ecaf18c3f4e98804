# Fuzzes a running service with Schemathesis: `npm run test:fuzz`; with --long for as long as patience lasts.
set -eu
cd "$(dirname "$0")/.."
ulimit -c 0 # a core file would hold key material
. scripts/prepare.sh

if ! (prepare); then
  echo '0 passed, 1 failed'
  exit 1
fi
exec node --enable-source-maps dist/scripts/fuzz/main.js "$@"
