#!/bin/sh
# Whether Redis answers the user of the workers. The password goes through the environment of
# redis-cli, never through its arguments.
set -eu
secret=${REDIS_PASSWORD_FILE:-/run/secrets/redis_password}
REDISCLI_AUTH=$(tr -d '\r\n' < "$secret")
export REDISCLI_AUTH
answer=$(redis-cli -p "${REDIS_PORT:-6379}" --user vigie --no-auth-warning ping)
[ "$answer" = PONG ] || { echo "redis: $answer" >&2; exit 1; }
