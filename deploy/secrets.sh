#!/bin/sh
# Makes the secrets of the stack, once: `sh deploy/secrets.sh` in the folder of docker-compose.yml.
# What is there already stays as it is, so it can be run again after an upgrade.
#
# The folder is closed to other users of this machine (mode 700). The files in it are readable
# (444): containers run as users that this machine does not know, and see their own files only.
set -eu
umask 077

folder=secrets
settings=.env
# An address that never answers: Alertmanager counts and logs each message that reaches nobody.
nobody=https://nobody-is-told-yet.invalid/

if [ ! -f docker-compose.yml ]; then
  echo "secrets.sh: no docker-compose.yml here; run it in the folder that holds it" >&2
  exit 2
fi
mkdir -p "$folder"
chmod 700 "$folder"
touch "$settings"
chmod 600 "$settings"

set_once() { # name=value into .env, unless the name is there
  grep -q "^$1=" "$settings" || echo "$1=$2" >> "$settings"
}

random() { # 256 bits
  made=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
  [ "${#made}" -eq 64 ] || { echo "secrets.sh: /dev/urandom gave no 32 bytes" >&2; exit 2; }
  echo "$made"
}

keep_or_make() { # name value: the secret, unless it is there
  file=$folder/$1
  if [ -s "$file" ]; then
    echo "kept $file"
  else
    printf '%s\n' "$2" > "$file.new"
    chmod 444 "$file.new"
    mv -f "$file.new" "$file"
    echo "made $file"
  fi
  set_once "$(echo "$1" | tr '[:lower:]' '[:upper:]')_FILE" "./$file"
}

set_once COMPOSE_PROJECT_NAME vigie
for name in redis_password scraper_token viewer_token admin_token grafana_admin_password \
  customer_key alert_link_secret; do
  value=$(random)
  keep_or_make "$name" "$value"
done
for name in alert_webhook_url alert_watchdog_url; do
  keep_or_make "$name" "$nobody"
  if grep -qF "$nobody" "$folder/$name"; then
    echo "     alerts go nowhere until you write an address into $folder/$name"
  fi
done
