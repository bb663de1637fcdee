"""The webhook receiver: requests of platforms in, canonical events in Kafka, then the answer."""
