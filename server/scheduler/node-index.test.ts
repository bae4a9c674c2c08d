import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeLoad, SessionRecord, TaskRecord } from '../gcs/entities.ts';
import { moveSession } from '../gcs/lives.ts';
import { offersWork } from '../gcs/node-offer.ts';
import { NO_LOAD } from '../gcs/session-manager.ts';
import { objectKey } from '#shared/ids/object-key.ts';
import { DEFAULT_OPTIONS, optionsToJson } from '#shared/task/task-options.ts';
import { GcsWorld } from '../gcs/testing/gcs-world.ts';
import { definitions, submit } from '../gcs/testing/records.ts';
import { couldRun, type Requirement, whyNone } from './fit.ts';
import type { NodeClass, Seat } from './node-class.ts';
import { NodeIndex } from './node-index.ts';
import { busyCpuMilli, type NodeView, queueWaitUs, type Room, roomFor, slotsFor } from './node-view.ts';
import { levelOf, type SeatLevels } from './seat-levels.ts';

const REQUIREMENTS: Requirement[] = [
  { demand: { cpuMilli: 1000, custom: {} }, trustsStrangers: true, isActor: false, place: undefined },
  { demand: { cpuMilli: 2000, custom: {} }, trustsStrangers: false, isActor: false, place: undefined },
  { demand: { cpuMilli: 0, custom: { GPU: 1000 } }, trustsStrangers: true, isActor: false, place: undefined },
  { demand: { cpuMilli: 500, custom: {} }, trustsStrangers: false, isActor: true, place: undefined },
  { demand: { cpuMilli: 9_000, custom: {} }, trustsStrangers: true, isActor: false, place: undefined },
];
const ROLES = ['host', 'tab', 'driver'] as const;

/** The definition: a walk over all nodes. */
function slowly(views: readonly NodeView[], requirement: Requirement, nowMs: number, kind: Room['kind']): number[] {
  const fit = views.filter(({ session }) => offersWork(session) && couldRun(session, requirement));
  const { demand } = requirement;
  const hosts = requirement.isActor && fit.some(({ session }) => session.role !== 'tab');
  return fit
    .filter((view) => roomFor(view, demand, slotsFor(view.session, demand), busyCpuMilli(view, nowMs)).kind === kind)
    .filter(({ session }) => !hosts || session.role !== 'tab')
    .map(({ session }) => session.id)
    .toSorted((a, b) => a - b);
}

function seatsOf(levels: SeatLevels): Seat[] {
  return Array.from({ length: levels.size }, (_, place) => levels.at(place)).filter((seat) => seat !== undefined);
}

const ACT = fc.record({
  act: fc.constantFrom('open', 'give', 'give', 'give', 'end', 'load', 'offer', 'cut', 'back', 'die', 'pass', 'class'),
  node: fc.nat(20),
  amount: fc.nat(8),
});

/** Does one thing to one node, as the scheduler would hear of it. */
class Machine {
  readonly world = new GcsWorld();
  readonly opened: NodeClass[] = [];
  readonly index = new NodeIndex((nodes) => this.opened.push(nodes));
  readonly sessions: SessionRecord[] = [];
  readonly classes: NodeClass[] = [];
  readonly given: { view: NodeView; task: TaskRecord }[] = [];
  readonly driver = this.world.driver();
  submitted = 0;
  nowMs = 0;

  constructor() {
    this.world.say(this.driver, ...definitions());
  }

  views(): NodeView[] {
    return this.sessions.map(({ id }) => this.index.get(id)).filter((view) => view !== undefined);
  }

  act({ act, node, amount }: { act: string; node: number; amount: number }): void {
    const session = this.sessions[node % Math.max(1, this.sessions.length)];
    if (act === 'pass') this.nowMs += amount * amount * 200;
    else if (act === 'class') this.#addClass(amount);
    else if (act === 'open' || !session) this.#open(node, amount);
    else if (act === 'die') this.#die(session);
    else this.#change(session, act, amount);
    // Time passes without a word; what comes next is the first to meet it.
    if (act !== 'pass') this.index.letTimePass(this.nowMs);
  }

  #task(amount: number): TaskRecord {
    const { driver, world } = this;
    const { demand } = REQUIREMENTS[amount % REQUIREMENTS.length] ?? { demand: DEFAULT_OPTIONS.demand };
    const number = this.submitted++;
    const json = optionsToJson({ ...DEFAULT_OPTIONS, demand });
    world.say(driver, { kind: 'options', options: amount, json }, submit(driver.id, number + 1, { options: amount }));
    const task = world.gcs.state.tasks.get(objectKey(driver.id, number + 1));
    if (!task) throw new Error('no task');
    task.chargedUs = amount * 5_000;
    return task;
  }

  #addClass(amount: number): void {
    const requirement = REQUIREMENTS[amount % REQUIREMENTS.length];
    if (requirement && !this.classes.some((each) => each.requirement === requirement))
      this.classes.push(this.index.addClass(requirement, this.nowMs));
  }

  #open(node: number, amount: number): void {
    const fields = { role: ROLES[node % 3] ?? 'host', cpuMilli: amount * 1000 };
    const resources = node % 2 === 0 ? [{ name: 'GPU', milli: 1000 }] : [];
    const session = this.world.gcs.sessions.open(
      { ...HELLO_FIELDS, nodeId: `n${this.world.gcs.state.sessions.size}`, ...fields, resources },
      node % 4 !== 0,
    );
    this.sessions.push(session);
    this.index.add(session, this.nowMs);
  }

  #die(session: SessionRecord): void {
    moveSession(session, 'dead');
    this.sessions.splice(this.sessions.indexOf(session), 1);
    this.index.remove(session);
  }

  #change(session: SessionRecord, act: string, amount: number): void {
    const view = this.index.get(session.id);
    if (!view) throw new Error('a node without a view');
    if (act === 'give') {
      const task = this.#task(amount);
      this.given.push({ view, task });
      this.index.gave(view, task, this.nowMs);
      return;
    }
    if (act === 'end') {
      const given = this.given[amount % Math.max(1, this.given.length)];
      if (!given) return;
      this.given.splice(this.given.indexOf(given), 1);
      if (this.index.get(given.view.session.id)) this.index.took(given.view, given.task, this.nowMs);
      return;
    }
    if (act === 'load') {
      session.load = amount === 0 ? NO_LOAD : loadOf(amount);
    } else if (act === 'offer') {
      const resources = amount % 2 === 0 ? [] : [{ name: 'GPU', milli: 1000 }];
      this.world.gcs.sessions.setCapacity(session, { cpuMilli: amount * 1000, resources });
      this.index.offerChanged(session, this.nowMs);
    } else {
      moveSession(session, act === 'cut' ? 'disconnected' : 'connected');
    }
    this.index.update(view, this.nowMs);
  }
}

function loadOf(amount: number): NodeLoad {
  return {
    ...NO_LOAD,
    queuedUs: amount * 7_000,
    queuedTasks: amount % 3,
    runningTasks: amount % 4,
    freeCpuMilli: (amount % 3) * 1000,
  };
}

const HELLO_FIELDS = {
  type: 'hello',
  version: 1,
  nodeName: 'n',
  token: '',
  session: 0,
  epoch: 0,
  serverEpoch: 0,
  receivedCommands: 0,
  jobName: '',
  platform: '',
} as const;

describe('NodeIndex', () => {
  it('S2 the open nodes of a class are those that a walk over all nodes finds, after whatever happened', () => {
    fc.assert(
      fc.property(fc.array(ACT, { minLength: 5, maxLength: 120 }), (acts) => {
        const machine = new Machine();
        for (const each of acts) {
          const before = machine.classes.map((nodes) => nodes.hasRoom);
          machine.opened.length = 0;
          machine.act(each);
          if (each.act === 'pass') continue;
          for (const [at, nodes] of machine.classes.entries()) {
            const both = [
              [nodes.open, 'enough'],
              [nodes.partly, 'some'],
            ] as const;
            for (const [levels, kind] of both) {
              const seats = seatsOf(levels);
              expect(seats.map(({ view }) => view.session.id).toSorted((a, b) => a - b)).toEqual(
                slowly(machine.views(), nodes.requirement, machine.nowMs, kind),
              );
              const waits = seats.map(({ view }) => queueWaitUs(view)).toSorted((a, b) => a - b);
              const best: Seat[] = [];
              levels.best(3, (seat) => best.push(seat));
              expect(best.map(({ view }) => levelOf(queueWaitUs(view)))).toEqual(waits.slice(0, 3).map(levelOf));
              expect(new Set(best).size).toBe(best.length);
            }
            // The scheduler looks only at classes of which it was told.
            if (before[at] === false && nodes.hasRoom) expect(machine.opened).toContain(nodes);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('S2 a class that comes when time has made a report the whole truth does not hide that from the others', () => {
    const machine = new Machine();
    machine.act({ act: 'class', node: 0, amount: 0 });
    machine.act({ act: 'open', node: 3, amount: 2 });
    for (let count = 0; count < 10; count++) machine.act({ act: 'give', node: 0, amount: 5 });
    // It runs nothing and has nothing ready: what it was given waits for something.
    machine.act({ act: 'load', node: 0, amount: 12 });
    const [nodes] = machine.classes;
    expect(nodes?.open.size).toBe(0);
    machine.act({ act: 'pass', node: 0, amount: 3 });
    machine.act({ act: 'class', node: 0, amount: 1 });
    expect(nodes?.open.size).toBe(1);
    expect(machine.opened).toContain(nodes);
  });

  it('S2 what was given last is told after a second, also while a longer time runs for what was given before', () => {
    const machine = new Machine();
    machine.act({ act: 'class', node: 0, amount: 0 });
    machine.act({ act: 'open', node: 3, amount: 2 });
    // It runs nothing and has nothing ready: what it was given waits for something.
    machine.act({ act: 'load', node: 0, amount: 12 });
    const give = (): void => {
      for (let count = 0; count < 10; count++) machine.act({ act: 'give', node: 0, amount: 5 });
    };
    give();
    machine.act({ act: 'pass', node: 0, amount: 5 });
    machine.index.letTimePass(machine.nowMs);
    const [nodes] = machine.classes;
    expect(nodes?.open.size).toBe(1);
    give();
    expect(nodes?.open.size).toBe(0);
    machine.act({ act: 'pass', node: 0, amount: 3 });
    machine.index.letTimePass(machine.nowMs);
    expect(nodes?.open.size).toBe(1);
  });

  it('S4 says why no node could run a class, and no longer when one joins', () => {
    const machine = new Machine();
    machine.act({ act: 'class', node: 0, amount: 1 });
    const [nodes] = machine.classes;
    if (!nodes) throw new Error('no class');
    const why = (): string | undefined => whyNone(machine.index.sessions(), nodes.requirement);
    expect(why()).toBe('no node has the resources it asks for');
    machine.act({ act: 'open', node: 4, amount: 8 });
    expect(why()).toBe("only strangers' nodes are here and this job trusts none of them");
    machine.act({ act: 'open', node: 3, amount: 8 });
    expect(why()).toBeUndefined();
  });
});
