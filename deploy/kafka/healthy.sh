#!/bin/bash
# Whether the broker answers: asks it for the versions of its interface, the first question of every
# client, and looks for our number in the answer. Without starting a Java for it each time.
set -euo pipefail

exec 3<> "/dev/tcp/127.0.0.1/${KAFKA_PORT:-9092}"
# size 10 | interface 18 (ApiVersions), version 0 | number 7 | no client id
printf '\0\0\0\012\0\022\0\0\0\0\0\007\377\377' >&3
# size (4 bytes) | our number | error code 0
answer=$(head -c 10 <&3 | od -An -tx1 | tr -d ' \n')
[ "${answer:8}" = 000000070000 ] || { echo "kafka: no answer of a broker: '$answer'" >&2; exit 1; }
