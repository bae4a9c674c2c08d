/**
 * `/metrics` for Prometheus, in a registry of its own: two servers in one process (tests, simulations) do not share it.
 * Gauges are read when somebody asks; only what has to be counted as it happens costs anything in between.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { fullest, type QueueLevel } from '#shared/queue-level.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { Gateway } from '../gateway/gateway.ts';

const NS_PER_S = 1e9;

/** The metrics of one server. `close` ends the measurement of the event loop. */
export interface Metrics {
  readonly registry: Registry;
  close(): void;
}

/** Makes the registry. */
export function createMetrics(plane: ControlPlane, gateway: Gateway): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name: `daylight_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const counter = (name: string, help: string, read: () => number): Counter =>
    new Counter({
      name: `daylight_${name}`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  const { state } = plane.gcs;

  byLabel(registry, 'sessions', 'Sessions by state', 'state', ['connected', 'disconnected', 'dead'], () =>
    tally(state.sessions.values(), (session) => session.state),
  );
  byLabel(
    registry,
    'tasks',
    'Tasks in the live tables by state',
    'state',
    ['local', 'waiting', 'queued', 'leased', 'finished'],
    () => tally(state.tasks.values(), (task) => task.state),
  );
  gauge('objects', 'Objects in the live table', () => state.objects.size);
  gauge('actors', 'Actors in the live table', () => state.actors.size);
  gauge('scheduler_queue', 'Tasks waiting for a node', () => plane.gcs.waitingCount);
  gauge('commit_backlog_rows', 'Rows waiting for the next group commit', () => plane.commits.backlog);
  gauge('storage_failing', '1 while the storage refuses commits', () => (plane.commits.failing ? 1 : 0));
  gauge('sessions_with_waiting_frames', 'Sessions whose frames wait for their turn', () => gateway.waitingCount);
  gauge('relay_open', 'Object chunks asked for through the relay and not answered', () => gateway.relay.openCount);
  queueLevels(registry, () => fullest([...plane.levels(), ...gateway.levels()]));
  counter('records_applied_total', 'Journal records applied', () => plane.counters.recordsApplied);
  counter('tasks_ended_total', 'Tasks that ended', () => plane.counters.tasksEnded);
  counter('tasks_failed_total', 'Tasks that ended without a value', () => plane.counters.tasksFailed);
  counter('commits_total', 'Group commits', () => plane.counters.commits);
  counter('commit_mutations_total', 'Rows written', () => plane.counters.mutations);
  counter('frames_received_total', 'Frames from nodes', () => gateway.counters.framesReceived);
  counter('frames_sent_total', 'Frames to nodes', () => gateway.counters.framesSent);
  counter('relay_bytes_total', 'Object bytes relayed', () => gateway.relay.relayedBytes);
  countByLabel(registry, 'refused_total', 'Frames and connections refused, by reason', 'reason', () => {
    return gateway.counters.refused;
  });
  countByLabel(registry, 'swept_total', 'What housekeeping removed, by what it was', 'what', () => plane.sweeper.swept);
  const latency = new Histogram({
    name: 'daylight_commit_seconds',
    help: 'Duration of a group commit',
    registers,
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
  });
  plane.onCommit = (durationMs) => latency.observe(durationMs / 1000);

  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  gauge('event_loop_delay_p99_seconds', 'Event loop delay, 99th percentile since the last scrape', () => {
    const seconds = delay.percentile(99) / NS_PER_S;
    delay.reset();
    return seconds;
  });
  gauge('resident_memory_bytes', 'Resident memory of the process', () => process.memoryUsage.rss());
  return { registry, close: () => delay.disable() };
}

/** A counter of things of several kinds. */
function countByLabel(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  read: () => Iterable<readonly [string, number]>,
): void {
  new Counter({
    name: `daylight_${name}`,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [value, count] of read()) this.inc({ [label]: value }, count);
    },
  });
}

function byLabel(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  values: readonly string[],
  count: () => Map<string, number>,
): void {
  new Gauge({
    name: `daylight_${name}`,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      const counts = count();
      for (const value of values) this.set({ [label]: value }, counts.get(value) ?? 0);
    },
  });
}

/** The fullest queue of each kind, and its bound (rule B1). */
function queueLevels(registry: Registry, read: () => Map<string, QueueLevel>): void {
  const figures = [
    ['queue_level', 'How full the fullest queue of each kind is', 'level'],
    ['queue_bound', 'Where it pushes on the one before it', 'bound'],
  ] as const;
  for (const [name, help, figure] of figures)
    new Gauge({
      name: `daylight_${name}`,
      help,
      labelNames: ['queue'],
      registers: [registry],
      collect() {
        this.reset();
        for (const level of read().values()) this.set({ queue: level.queue }, level[figure]);
      },
    });
}

function tally<T>(rows: Iterable<T>, key: (row: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(key(row), (counts.get(key(row)) ?? 0) + 1);
  return counts;
}
