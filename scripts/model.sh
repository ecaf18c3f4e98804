# Walks the life cycle of keys at random: `npm run test:model -- SECONDS`, for each kind of key; default 1800.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh

ulimit -c 0 # a core file would hold key material
prepare
KMS_MODEL_SECONDS=${1:-1800}
export KMS_MODEL_SECONDS
exec npm run --silent jest -- integration/life-cycle-model
