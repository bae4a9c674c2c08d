/**
 * Resources: what a node has and a task asks for. Amounts are whole thousandths ("milli"), so that a thousand tasks of
 * 0.001 CPU fill a CPU exactly: floating point sums would drift.
 */

/** What one task or actor occupies while it runs. Custom resources are keyed by name, in thousandths. */
export interface ResourceDemand {
  readonly cpuMilli: number;
  readonly custom: Readonly<Record<string, number>>;
}

/** Smallest part of a resource that can be asked for. */
export const MILLI = 1000;

/** The custom resource that the option `numGpus` asks for; a node that can open a GPU lends 1. */
export const GPU_RESOURCE = 'GPU';

/** True if a task or actor of this demand uses a GPU, be it a part of one. */
export function needsGpu({ custom }: ResourceDemand): boolean {
  return (custom[GPU_RESOURCE] ?? 0) > 0;
}

/** A stable text for a demand: equal demands give equal keys. */
export function resourceKey(demand: ResourceDemand): string {
  const names = Object.keys(demand.custom);
  if (names.length === 0) return `cpu:${demand.cpuMilli}`;
  names.sort();
  return `cpu:${demand.cpuMilli},${names.map((name) => `${name}:${demand.custom[name]}`).join(',')}`;
}

/** Says in words what a demand asks, e.g. `2 CPU, 1 GPU`. */
export function describeDemand(demand: ResourceDemand): string {
  const parts = demand.cpuMilli > 0 ? [`${demand.cpuMilli / MILLI} CPU`] : [];
  for (const [name, milli] of Object.entries(demand.custom)) parts.push(`${milli / MILLI} ${name}`);
  return parts.length > 0 ? parts.join(', ') : 'nothing';
}

/** What a node offers in all, and what of it is free. */
export class NodeResources {
  #totalCpuMilli: number;
  #totals: ReadonlyMap<string, number>;
  #freeCpuMilli: number;
  readonly #free: Map<string, number>;

  constructor(cpuMilli: number, custom: ReadonlyMap<string, number>) {
    this.#totalCpuMilli = cpuMilli;
    this.#totals = custom;
    this.#freeCpuMilli = cpuMilli;
    this.#free = new Map(custom);
  }

  get totalCpuMilli(): number {
    return this.#totalCpuMilli;
  }

  /** Below 0 while more is in use than there is since {@link resize}. */
  get freeCpuMilli(): number {
    return this.#freeCpuMilli;
  }

  /** What there is of a custom resource, in thousandths. */
  totalOf(name: string): number {
    return this.#totals.get(name) ?? 0;
  }

  /** Custom resources in thousandths: what there is and what is free. */
  *custom(): IterableIterator<{ name: string; totalMilli: number; freeMilli: number }> {
    for (const [name, totalMilli] of this.#totals) yield { name, totalMilli, freeMilli: this.#free.get(name) ?? 0 };
  }

  /** Changes what there is in all. What is in use stays in use: the free part may be below 0 until it is given back. */
  resize(cpuMilli: number, custom: ReadonlyMap<string, number>): void {
    this.#freeCpuMilli += cpuMilli - this.#totalCpuMilli;
    this.#totalCpuMilli = cpuMilli;
    for (const name of new Set([...this.#totals.keys(), ...custom.keys()])) {
      const change = (custom.get(name) ?? 0) - (this.#totals.get(name) ?? 0);
      this.#free.set(name, (this.#free.get(name) ?? 0) + change);
    }
    this.#totals = custom;
  }

  /** True if there is nothing at all: then even what asks for nothing is not to run here. */
  get isEmpty(): boolean {
    return this.#totalCpuMilli === 0 && [...this.#totals.values()].every((milli) => milli === 0);
  }

  /** True if the demand fits an empty node like this one. */
  couldEverFit(demand: ResourceDemand): boolean {
    if (demand.cpuMilli > this.totalCpuMilli) return false;
    for (const name in demand.custom) {
      if ((demand.custom[name] ?? 0) > (this.#totals.get(name) ?? 0)) return false;
    }
    return true;
  }

  /** True if the demand fits what is free now. */
  fits(demand: ResourceDemand): boolean {
    if (demand.cpuMilli > this.#freeCpuMilli) return false;
    for (const name in demand.custom) {
      if ((demand.custom[name] ?? 0) > (this.#free.get(name) ?? 0)) return false;
    }
    return true;
  }

  /** Takes the demand out of what is free. The caller has checked {@link fits}. */
  take(demand: ResourceDemand): void {
    this.#freeCpuMilli -= demand.cpuMilli;
    for (const name in demand.custom) this.#free.set(name, (this.#free.get(name) ?? 0) - (demand.custom[name] ?? 0));
  }

  /** Gives the demand back. */
  give(demand: ResourceDemand): void {
    this.#freeCpuMilli += demand.cpuMilli;
    for (const name in demand.custom) this.#free.set(name, (this.#free.get(name) ?? 0) + (demand.custom[name] ?? 0));
  }

  /** Only the CPU part of a demand: what a blocked task gives back and takes again (rule S3). */
  takeCpu(cpuMilli: number): void {
    this.#freeCpuMilli -= cpuMilli;
  }

  giveCpu(cpuMilli: number): void {
    this.#freeCpuMilli += cpuMilli;
  }
}
