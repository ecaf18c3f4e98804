# Fuzzes a running service with Schemathesis: `npm run test:fuzz`; with --long for as long as patience lasts.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh

run_counting dist/scripts/fuzz/main.js "$@"
