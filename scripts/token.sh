# Runs the suites that touch a token on another one: `npm run test:token -- nss-softokn`, or `-- kryoptic`, which is built
# from its crate.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh

run_counting dist/scripts/token/main.js "$@"
