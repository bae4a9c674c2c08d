import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startOtlpExport } from './otlp-export.ts';
import { wantsOtlp } from './wants-otlp.ts';

interface Received {
  readonly path: string | undefined;
  readonly key: unknown;
  readonly body: { readonly resourceMetrics: readonly ResourceMetrics[] };
}

interface ResourceMetrics {
  readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] };
  readonly scopeMetrics: readonly { readonly metrics: readonly { readonly name: string }[] }[];
}

let collector: Server;
let status: number;
const received: Received[] = [];

beforeEach(async () => {
  status = 200;
  received.length = 0;
  collector = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ path: request.url, key: request.headers['x-key'], body: JSON.parse(body) as Received['body'] });
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${(collector.address() as AddressInfo).port}`);
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-key=secret');
  vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment=attic');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  collector.closeAllConnections();
  await new Promise((resolve) => collector.close(resolve));
});

function filled(): Registry {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({ name: 'daylight_nodes', help: 'Nodes', labelNames: ['state'], registers }).set({ state: 'dead' }, 3);
  new Counter({ name: 'daylight_relay_bytes_total', help: 'Bytes', registers }).inc(7);
  const latency = new Histogram({ name: 'daylight_commit_seconds', help: 'Commits', buckets: [0.1, 1], registers });
  for (const seconds of [0.05, 0.5, 0.6, 5]) latency.observe(seconds);
  return registry;
}

describe('an export to an OpenTelemetry collector', () => {
  it('says what /metrics says, in OTLP, with the headers and attributes of the environment', async () => {
    const warnings: string[] = [];
    const running = startOtlpExport({ registry: filled(), version: '1.2.3', warn: (words) => warnings.push(words) });
    await running.flush();
    const [{ path, key, body } = {}] = received;
    expect([path, key, warnings]).toEqual(['/v1/metrics', 'secret', []]);
    const attributes = body?.resourceMetrics[0]?.resource.attributes ?? [];
    expect(Object.fromEntries(attributes.map(({ key: name, value }) => [name, value.stringValue]))).toMatchObject({
      'service.name': 'daylight',
      'service.version': '1.2.3',
      'deployment.environment': 'attic',
    });
    const metrics = body?.resourceMetrics[0]?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
    expect(metrics).toMatchObject([
      {
        name: 'daylight_nodes',
        description: 'Nodes',
        gauge: { dataPoints: [{ asDouble: 3, attributes: [{ key: 'state', value: { stringValue: 'dead' } }] }] },
      },
      {
        name: 'daylight_relay_bytes_total',
        unit: 'By',
        sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ asDouble: 7 }] },
      },
      {
        name: 'daylight_commit_seconds',
        unit: 's',
        histogram: {
          aggregationTemporality: 2,
          dataPoints: [{ count: 4, sum: 6.15, explicitBounds: [0.1, 1], bucketCounts: [1, 2, 1] }],
        },
      },
    ]);
    await running.stop();
    expect(received.length).toBe(2);
  });

  it('has the name that the environment gives it', async () => {
    vi.stubEnv('OTEL_SERVICE_NAME', 'attic');
    const running = startOtlpExport({ registry: filled(), version: '1.2.3', warn: () => {} });
    await running.stop();
    const attributes = received[0]?.body.resourceMetrics[0]?.resource.attributes ?? [];
    expect(attributes.find(({ key }) => key === 'service.name')?.value.stringValue).toBe('attic');
  });

  it('complains of a collector that refuses, and goes on', async () => {
    status = 401;
    const warnings: string[] = [];
    const running = startOtlpExport({ registry: filled(), version: '1.2.3', warn: (words) => warnings.push(words) });
    await running.flush().catch(() => undefined);
    await vi.waitFor(() => expect(warnings.join()).toMatch(/401|Unauthorized/));
    status = 200;
    await running.flush();
    expect(received.length).toBe(2);
    await running.stop();
  });

  it('is not kept from its work by an interval that is none', async () => {
    for (const given of ['-5', '0', 'often', '1e12']) {
      vi.stubEnv('OTEL_METRIC_EXPORT_INTERVAL', given);
      const warnings: string[] = [];
      const running = startOtlpExport({ registry: filled(), version: '1.2.3', warn: (words) => warnings.push(words) });
      expect(warnings.join()).toContain('OTEL_METRIC_EXPORT_INTERVAL');
      await running.stop();
    }
    expect(received).toHaveLength(4);
  });

  it('is wanted where the environment names a collector', () => {
    expect(wantsOtlp({})).toBe(false);
    expect(wantsOtlp({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })).toBe(false);
    expect(wantsOtlp({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' })).toBe(true);
    expect(wantsOtlp({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c:4318/v1/metrics' })).toBe(true);
    expect(wantsOtlp({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_SDK_DISABLED: 'true' })).toBe(false);
    expect(wantsOtlp({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_METRICS_EXPORTER: 'none' })).toBe(false);
  });
});
