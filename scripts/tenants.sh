# Has two tenants hammer at the ids of each other: `npm run test:tenants -- SECONDS`; default 60.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh

ulimit -c 0 # a core file would hold key material
prepare
KMS_HAMMER_SECONDS=${1:-60}
export KMS_HAMMER_SECONDS
exec npm run --silent jest -- trust/two-tenants
