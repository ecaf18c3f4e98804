# Runs official SDKs, unmodified, against a running service: `npm run test:sdk`.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh

run_counting dist/scripts/sdk/main.js "$@"
