# install_packages WHAT DEBIAN ALPINE FEDORA: installs system packages with the package manager that is there, where the
# caller is root; an empty list means that nothing is to be had there. Fails, with a reason on stderr, where it cannot.

install_packages() {
  if [ "$(id -u)" -ne 0 ]; then
    echo "$1: missing, and only root may install packages." >&2
    return 1
  fi
  if command -v apt-get >/dev/null 2>&1; then
    packages=$2
    # A list that could not be renewed may still be good enough.
    set -- "$1" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 \
      install -y --no-install-recommends
    apt-get update >&2 || true
  elif command -v apk >/dev/null 2>&1; then
    packages=$3
    set -- "$1" apk add --no-cache
  elif command -v dnf >/dev/null 2>&1; then
    packages=$4
    set -- "$1" dnf install -y
  else
    echo "$1: missing, and no known package manager (apt-get, apk, dnf) was found." >&2
    return 1
  fi
  if [ -z "$packages" ]; then
    echo "$1: missing, and not known under this package manager." >&2
    return 1
  fi
  what=$1
  shift
  echo "Installing $what ..." >&2
  # shellcheck disable=SC2086 # the list is meant to be split
  "$@" $packages >&2 </dev/null || {
    echo "$what: could not be installed." >&2
    return 1
  }
}

# install_postgresql: its programs only; Debian's package would also make a database cluster and start it.
install_postgresql() {
  dropin=/etc/postgresql-common/createcluster.d/no-main-cluster.conf
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    mkdir -p "${dropin%/*}"
    echo 'create_main_cluster = false' >"$dropin"
  fi
  status=0
  install_packages PostgreSQL postgresql postgresql postgresql-server || status=$?
  rm -f "$dropin"
  return "$status"
}
