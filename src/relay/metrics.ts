import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** What a relay counts, for Prometheus. */
export interface Metrics {
  received(bytes: number): void;
  /** `live` when the app answered the sender, `kept` when the relay did. */
  delivered(how: 'live' | 'kept'): void;
  refused(status: number): void;
  /** In the text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** @param listeners how many are connected */
export function createMetrics(listeners: () => number): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const prefix = 'reducto_relay';
  const bytes = new Counter({
    name: `${prefix}_received_bytes_total`,
    help: 'Bytes of bodies received',
    registers,
  });
  const deliveries = new Counter({
    name: `${prefix}_deliveries_total`,
    help: 'Deliveries taken: live were answered by the app, kept by the relay',
    labelNames: ['how'],
    registers,
  });
  const refused = new Counter({
    name: `${prefix}_refused_total`,
    help: 'Requests not taken, by the status they were answered with',
    labelNames: ['status'],
    registers,
  });
  new Gauge({
    name: `${prefix}_listeners`,
    help: 'Listeners that are connected to this node',
    registers,
    collect() {
      this.set(listeners());
    },
  });
  return {
    received: (count) => bytes.inc(count),
    delivered: (how) => deliveries.inc({ how }),
    refused: (status) => refused.inc({ status: String(status) }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
