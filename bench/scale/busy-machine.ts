// A simulated machine whose thread takes as long for its work as the real code took for it: meanwhile what arrives waits. So
// the part of a cluster that has too much to do is its bottleneck in the simulation as well. Only the CPU time of this thread
// counts, not the clock, and what the simulator itself spends on an event is taken off.
import { Machine } from '../../e2e/simulation/machine.ts';
import type { World } from '../../e2e/simulation/world.ts';

const EMPTY_EVENTS = 2_000;

function threadCpuUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** Charges what an event costs to the machine that it happens on; one for a world. */
export class CpuMeter {
  readonly world: World;
  #charged: BusyMachine | undefined;
  #startUs = 0;
  /** What an event costs in which nothing happens. */
  #overheadUs = 0;

  constructor(world: World) {
    this.world = world;
    world.afterEvent = () => {
      const machine = this.#charged;
      if (!machine) return;
      this.#charged = undefined;
      machine.worked(Math.max(0, threadCpuUs() - this.#startUs - this.#overheadUs));
    };
  }

  /** What the present event does from here on is this machine's work. */
  charge(machine: BusyMachine): void {
    this.#charged = machine;
    this.#startUs = threadCpuUs();
  }

  /** Learns what empty events cost. Call once, while the world has nothing else to do. */
  async calibrate(): Promise<void> {
    const machine = new BusyMachine(this, 'nobody');
    const step = (left: number): void => void (left > 0 && machine.arrive(1, () => step(left - 1)));
    step(EMPTY_EVENTS);
    await this.world.run(() => false, EMPTY_EVENTS * 2);
    this.#overheadUs = machine.cpuUs / EMPTY_EVENTS;
  }
}

/** One thread that is busy for as long as its work takes. */
export class BusyMachine extends Machine {
  readonly #meter: CpuMeter;
  readonly #waiting: (() => void)[] = [];
  #head = 0;
  #isWorking = false;
  /** CPU time of its work so far, in microseconds. */
  cpuUs = 0;

  constructor(meter: CpuMeter, name: string) {
    super(meter.world, name);
    this.#meter = meter;
  }

  override arriveAt(atMs: number, callback: () => void): () => void {
    let isCancelled = false;
    const cancel = this.world.planAt(atMs, () => {
      if (isCancelled) return;
      const work = (): void => {
        if (!isCancelled) callback();
      };
      if (this.#isWorking) this.#waiting.push(work);
      else this.#work(work);
    });
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  #work(work: () => void): void {
    this.#isWorking = true;
    this.#meter.charge(this);
    work();
  }

  /** Its present work took so long: it is free for the next after that. */
  worked(us: number): void {
    this.cpuUs += us;
    this.world.plan(us / 1000, () => {
      const next = this.#waiting[this.#head];
      if (!next) {
        this.#isWorking = false;
        this.#waiting.length = 0;
        this.#head = 0;
        return;
      }
      this.#head += 1;
      this.#work(next);
    });
  }
}
