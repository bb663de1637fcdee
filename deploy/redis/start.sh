#!/bin/sh
# Starts Redis with the user `vigie`, whose password is the secret. Only its hash is written, to
# memory: the password itself is in no file of Redis, no argument and no variable of its process.
set -eu
umask 077

conf=${REDIS_CONF:-/etc/vigie-redis}
secret=${REDIS_PASSWORD_FILE:-/run/secrets/redis_password}
users=${REDIS_USERS:-/tmp/users.acl}

if [ ! -r "$secret" ] || [ ! -s "$secret" ]; then
  echo "redis: the secret $secret is missing or empty: run sh deploy/secrets.sh" >&2
  exit 2
fi
hash=$(tr -d '\r\n' < "$secret" | sha256sum | cut -d ' ' -f 1)
sed "s/PASSWORD_SHA256/$hash/" "$conf/users.acl" > "$users"
unset hash
exec redis-server "$conf/redis.conf" "$@"
