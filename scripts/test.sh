# Every check of the project: `npm test`; arguments go to jest.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh

run_counting dist/scripts/test/run.js "$@"
