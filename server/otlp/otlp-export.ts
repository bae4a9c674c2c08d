/**
 * The figures of `/metrics`, pushed to an OpenTelemetry collector by OTLP over HTTP, for who has one and no Prometheus. What is
 * measured stays in one place, the registry: here it is only said in the other language. Address, headers, interval and names come
 * from the environment variables that every OpenTelemetry program knows (`OTEL_EXPORTER_OTLP_ENDPOINT`, …).
 */
import { type Attributes, diag, DiagLogLevel, type HrTime, ValueType } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  MeterProvider,
  type Histogram,
  type MetricData,
  type MetricProducer,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { Registry } from 'prom-client';

const SCOPE = 'daylight';
const MS_PER_S = 1000;
const NS_PER_MS = 1e6;
const DEFAULT_INTERVAL_MS = 60_000;
/** Timers know no longer one. */
const MAX_INTERVAL_MS = 2 ** 31 - 1;
/** A collector that is away must not keep the server from stopping. */
const STOP_LIMIT_MS = 2_000;

/** What an export needs. */
export interface OtlpExportParts {
  readonly registry: Registry;
  readonly version: string;
  /** Told when a collector cannot be reached or refuses. */
  readonly warn: (message: string) => void;
}

/** An export that runs. */
export interface OtlpExport {
  /** Sends what is measured now. */
  flush(): Promise<void>;
  /** Sends a last time, if that is possible soon, and ends. */
  stop(): Promise<void>;
}

/** Begins to push, every minute unless the environment says otherwise. */
export function startOtlpExport({ registry, version, warn }: OtlpExportParts): OtlpExport {
  diag.setLogger({ error: warn, warn, info: () => {}, debug: () => {}, verbose: () => {} }, DiagLogLevel.WARN);
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': SCOPE, 'service.version': version }))
    .merge(detectResources({ detectors: [envDetector, serviceNameEnvDetector] }));
  const intervalMs = exportIntervalMs(process.env['OTEL_METRIC_EXPORT_INTERVAL'], warn);
  const provider = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(),
        exportIntervalMillis: intervalMs,
        exportTimeoutMillis: Math.min(intervalMs, DEFAULT_INTERVAL_MS / 2),
        metricProducers: [registryProducer(registry, version)],
      }),
    ],
  });
  return {
    flush: () => provider.forceFlush(),
    stop: () => provider.shutdown({ timeoutMillis: STOP_LIMIT_MS }).catch((error: unknown) => warn(String(error))),
  };
}

/** A wrong word in the environment is no reason for a server not to start. */
function exportIntervalMs(given: string | undefined, warn: (message: string) => void): number {
  if (given === undefined || given === '') return DEFAULT_INTERVAL_MS;
  const intervalMs = Number(given);
  if (Number.isInteger(intervalMs) && intervalMs > 0 && intervalMs <= MAX_INTERVAL_MS) return intervalMs;
  warn(
    `OTEL_METRIC_EXPORT_INTERVAL is no number of milliseconds from 1 to ${MAX_INTERVAL_MS}: ${DEFAULT_INTERVAL_MS} is taken`,
  );
  return DEFAULT_INTERVAL_MS;
}

/** Gives what the registry holds at the moment. Counters count from its making. */
export function registryProducer(registry: Registry, version: string): MetricProducer {
  const startTime = hrTime(Date.now());
  return {
    async collect() {
      const endTime = hrTime(Date.now());
      const read = (await registry.getMetricsAsJSON()) as unknown as readonly RegistryMetric[];
      const metrics = read.map((metric) => metricData(metric, startTime, endTime));
      const scopeMetrics = [{ scope: { name: SCOPE, version }, metrics }];
      // The provider's resource is sent in the place of this one.
      return { resourceMetrics: { resource: resourceFromAttributes({}), scopeMetrics }, errors: [] };
    },
  };
}

/** What prom-client says of a metric. */
interface RegistryMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly values: readonly RegistryValue[];
}

interface RegistryValue {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** Of a histogram: name with `_bucket`, `_sum` or `_count`. */
  readonly metricName?: string;
}

function metricData({ name, help, type, values }: RegistryMetric, startTime: HrTime, endTime: HrTime): MetricData {
  const common = {
    descriptor: { name, description: help, unit: unitOf(name), valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const point = <T>(attributes: Attributes, value: T): DataPoint<T> => ({ startTime, endTime, attributes, value });
  if (type === 'histogram') {
    const dataPoints = histograms(name, values).map(({ labels, value }) => point(labels, value));
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = values.map(({ labels, value }) => point({ ...labels }, value));
  if (type === 'counter') return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
  return { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
}

/** Prometheus counts in each bucket all that is below it, too; OpenTelemetry only what is in it. */
function histograms(name: string, values: readonly RegistryValue[]): { labels: Attributes; value: Histogram }[] {
  const groups = new Map<string, { labels: Attributes; bounds: [number, number][]; sum: number; count: number }>();
  for (const { value, labels: all, metricName } of values) {
    const { le, ...labels } = all;
    const key = JSON.stringify(labels);
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { labels, bounds: [], sum: 0, count: 0 }));
    if (metricName === `${name}_sum`) group.sum = value;
    else if (metricName === `${name}_count`) group.count = value;
    else if (le !== undefined && le !== '+Inf') group.bounds.push([Number(le), value]);
  }
  return [...groups.values()].map(({ labels, bounds, sum, count }) => {
    bounds.sort(([one], [other]) => one - other);
    const upTo = [0, ...bounds.map(([, below]) => below), count];
    const counts = upTo.slice(1).map((below, index) => below - (upTo[index] ?? 0));
    return { labels, value: { buckets: { boundaries: bounds.map(([bound]) => bound), counts }, sum, count } };
  });
}

function unitOf(name: string): string {
  if (name.endsWith('_seconds')) return 's';
  return /_bytes(_total)?$/.test(name) ? 'By' : '';
}

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / MS_PER_S);
  return [seconds, Math.round((ms - seconds * MS_PER_S) * NS_PER_MS)];
}
