#!/usr/bin/env bash
# A PostgreSQL of the test run's own: in a folder that vanishes with it, on a free loopback port, never as root.
# usage: eval "$(.ci/postgres.sh start)"  -> TEST_DATABASE_URL, TEST_POSTGRES_DIR;  .ci/postgres.sh stop
set -euo pipefail

say() { echo "$*" >&2; }

find_bin() {
  for dir in /usr/lib/postgresql/*/bin /usr/local/pgsql/bin /opt/homebrew/opt/postgresql*/bin; do
    if [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ]; then echo "$dir"; fi
  done | sort -V | tail -n 1
}

as_user() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid="$PG_USER" --regid="$(id -g "$PG_USER")" --clear-groups -- env HOME="$TEST_POSTGRES_DIR" "$@"
  else
    "$@"
  fi
}

start() {
  BIN=$(find_bin)
  if [ -z "$BIN" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say 'installing the Debian package postgresql'
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >&2
    BIN=$(find_bin)
  fi
  [ -n "$BIN" ] || { say 'no PostgreSQL server programs found: install postgresql 15 or newer'; exit 1; }
  PG_USER=$(id -un)
  if [ "$PG_USER" = root ]; then PG_USER=postgres; id postgres >/dev/null 2>&1 || PG_USER=nobody; fi
  TEST_POSTGRES_DIR=$(mktemp -d "${TMPDIR:-/tmp}/bridge-pg.XXXXXX")
  chmod 755 "$TEST_POSTGRES_DIR"
  chown "$PG_USER" "$TEST_POSTGRES_DIR"
  PORT=$(node -e "const s=require('net').createServer();s.listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})")
  as_user "$BIN/initdb" -D "$TEST_POSTGRES_DIR/data" -U bridge -A trust -E UTF8 --locale=C >/dev/null
  as_user "$BIN/pg_ctl" -D "$TEST_POSTGRES_DIR/data" -w -l "$TEST_POSTGRES_DIR/log" \
    -o "-p $PORT -c listen_addresses=127.0.0.1 -c unix_socket_directories=$TEST_POSTGRES_DIR -c max_connections=200" start >/dev/null
  echo "export TEST_DATABASE_URL=postgres://bridge@127.0.0.1:$PORT/postgres"
  echo "export TEST_POSTGRES_DIR=$TEST_POSTGRES_DIR"
}

stop() {
  [ -n "${TEST_POSTGRES_DIR:-}" ] || return 0
  BIN=$(find_bin)
  PG_USER=$(stat -c %U "$TEST_POSTGRES_DIR")
  as_user "$BIN/pg_ctl" -D "$TEST_POSTGRES_DIR/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$TEST_POSTGRES_DIR"
}

"${1:?start or stop}"
