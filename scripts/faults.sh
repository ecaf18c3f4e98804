# Prints the fault matrix: `npm run test:faults`; with --short a selection of its cells.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh

run_counting dist/scripts/faults/main.js "$@"
