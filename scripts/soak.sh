# Load, faults, kills and restarts together: `npm run soak -- MINUTES`, default 10; with --short half a minute.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh

run_counting dist/scripts/soak/main.js "$@"
