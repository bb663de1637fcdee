#!/bin/sh
# Starts Kafka with server.properties; gives an empty data folder its cluster id first.
# The root file system is read-only: what Kafka writes besides its data goes to /tmp, logs to
# standard error, and there is no log of the garbage collector.
set -eu

home=${KAFKA_HOME:-/opt/kafka}
properties=${KAFKA_PROPERTIES:-/etc/vigie-kafka/server.properties}
data=$(sed -n 's/^log\.dirs=//p' "$properties")

export LOG_DIR="${LOG_DIR:-/tmp/kafka}"
export EXTRA_ARGS="-name kafkaServer"
export KAFKA_LOG4J_OPTS="-Dlog4j2.configurationFile=$home/config/tools-log4j2.yaml"

if [ ! -w "$data" ]; then
  echo "kafka: cannot write to $data: give the volume to the user $(id -u)" >&2
  exit 2
fi
if [ ! -f "$data/meta.properties" ]; then
  id=$("$home/bin/kafka-storage.sh" random-uuid)
  "$home/bin/kafka-storage.sh" format --cluster-id "$id" --config "$properties"
fi
exec "$home/bin/kafka-server-start.sh" "$properties"
