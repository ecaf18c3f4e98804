#!/bin/bash
# The part of the official entry point that the development stack uses.
set -euo pipefail
install -d -m 0700 "$PGDATA"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  password="$(< "$POSTGRES_PASSWORD_FILE")"
  initdb --username="$POSTGRES_USER" --auth-host=scram-sha-256 --auth-local=trust \
    --pwfile=<(printf '%s\n' "$password")
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  echo "listen_addresses = '*'" >> "$PGDATA/postgresql.conf"
  # The first server answers on its socket only, so nobody finds a database half made.
  pg_ctl -w -D "$PGDATA" -o "-c listen_addresses=''" start
  createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl -w -D "$PGDATA" -m fast stop
fi
exec "$@"
