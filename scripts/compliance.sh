# Checks token and database of a clone: `npm run --silent compliance`; arguments go to `kmsctl compliance`.
set -eu
cd "$(dirname "$0")/.."
ulimit -c 0 # a core file would hold key material
. scripts/prepare.sh

# 1 would say that a check failed.
if ! (prepare); then exit 2; fi

# The development token guards nothing: there a run is full, unless it is told otherwise.
mode=
if [ -z "${KMS_PKCS11_URI:-}" ]; then
  mode=--full
  for argument in "$@"; do
    case $argument in
    --full | --read-only | --help | verify | compare) mode= ;;
    esac
  done
fi
exec node dist/src/cli/kmsctl.js compliance $mode "$@"
