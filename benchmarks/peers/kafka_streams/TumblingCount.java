import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The Kafka Streams peer: events per record key in tumbling windows of a minute of event time.
 *
 * <p>Called with {@code SERVERS APP_ID EVENTS FOLDER TOPIC...}; prints one line of JSON. Settings
 * are Kafka Streams' own: one stream thread, at least once, commits every 30 s, windows in RocksDB
 * with a changelog topic, 10 MB of record cache before it; the JVM's are too. Events may be an hour
 * late, and windows stay for eight days, as in vigie. Time and CPU (all threads of the JVM; there
 * are no other processes) run from the first record that is deserialized to the last one handed
 * to the count; then the windows are read back from the store and must hold every event.
 */
public final class TumblingCount {
  private static final Duration WINDOW = Duration.ofMinutes(1);
  private static final Duration GRACE = Duration.ofHours(1);
  private static final Duration RETENTION = Duration.ofDays(8);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String STORE = "counts";

  /** The field that is needed; Jackson reads past the others. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Event(@JsonProperty("event_time_ms") long eventTimeMs) {}

  /** Written by the stream thread alone; the latch hands the values over. */
  private static final class StopWatch {
    final CountDownLatch done = new CountDownLatch(1);
    private long left;
    private long beganNs;
    private Duration beganCpu;
    double wallS;
    double cpuS;

    StopWatch(long events) {
      left = events;
    }

    void begin() {
      if (beganCpu == null) {
        beganNs = System.nanoTime();
        beganCpu = cpu();
      }
    }

    void counted() {
      left--;
      if (left == 0) {
        wallS = (System.nanoTime() - beganNs) / 1e9;
        cpuS = cpu().minus(beganCpu).toNanos() / 1e9;
        done.countDown();
      }
    }

    private static Duration cpu() {
      return ProcessHandle.current().info().totalCpuDuration().orElseThrow();
    }
  }

  private record Held(long events, long cells) {}

  private TumblingCount() {}

  public static void main(String[] args) throws Exception {
    long events = Long.parseLong(args[2]);
    StopWatch watch = new StopWatch(events);
    Topology topology = topology(Arrays.asList(args).subList(4, args.length), watch);
    KafkaStreams streams = new KafkaStreams(topology, settings(args[0], args[1], args[3]));
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          Runtime.getRuntime().halt(1);
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    streams.start();
    watch.done.await();
    Held held = held(streams, events);
    streams.close(PATIENCE);
    System.out.printf(
        Locale.ROOT,
        "{\"wall_s\": %.9f, \"cpu_s\": %.9f, \"events\": %d, \"cells\": %d, \"peak_mib\": %d}%n",
        watch.wallS,
        watch.cpuS,
        held.events(),
        held.cells(),
        peakMib());
  }

  private static Topology topology(List<String> topics, StopWatch watch) {
    StreamsBuilder builder = new StreamsBuilder();
    Serde<Event> values = Serdes.serdeFrom(TumblingCount::neverWritten, decoder(watch));
    builder.stream(
            topics,
            Consumed.with(Serdes.String(), values)
                .withTimestampExtractor(
                    (record, previous) -> ((Event) record.value()).eventTimeMs()))
        .peek((key, event) -> watch.counted())
        .groupByKey(Grouped.keySerde(Serdes.String()))
        .windowedBy(TimeWindows.ofSizeAndGrace(WINDOW, GRACE))
        .count(
            Materialized.<String, Long, WindowStore<Bytes, byte[]>>as(STORE)
                .withRetention(RETENTION));
    return builder.build();
  }

  private static byte[] neverWritten(String topic, Event event) {
    throw new UnsupportedOperationException("the keys stay, so no event is written again");
  }

  private static Deserializer<Event> decoder(StopWatch watch) {
    ObjectReader reader = new ObjectMapper().readerFor(Event.class);
    return (topic, bytes) -> {
      watch.begin();
      try {
        return reader.readValue(bytes);
      } catch (IOException error) {
        throw new SerializationException(error);
      }
    };
  }

  private static Properties settings(String servers, String appId, String folder) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, servers);
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, appId);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, folder);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    return settings;
  }

  /** The last record may still be on its way into the store. */
  private static Held held(KafkaStreams streams, long events) throws InterruptedException {
    long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
    Held found = read(streams);
    while (found.events() < events && System.nanoTime() < deadlineNs) {
      TimeUnit.MILLISECONDS.sleep(50);
      found = read(streams);
    }
    return found;
  }

  private static Held read(KafkaStreams streams) {
    var store =
        streams.store(
            StoreQueryParameters.fromNameAndType(
                STORE, QueryableStoreTypes.<String, Long>windowStore()));
    long events = 0;
    long cells = 0;
    try (var windows = store.all()) {
      while (windows.hasNext()) {
        events += windows.next().value;
        cells++;
      }
    }
    return new Held(events, cells);
  }

  private static long peakMib() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
      }
    }
    throw new IOException("/proc/self/status has no VmHWM");
  }
}
