/**
 * Random programs: chains, trees of nested tasks, inputs that many share, large and small values, references in arguments and in
 * results, errors, retries, references let go, waits that decide what comes next, calls taken back, actors.
 */
import type { Random } from '#shared/ports/random.ts';
import { DURABLE_INLINE_BYTES } from '#shared/protocol/limits.ts';
import { Dice } from './dice.ts';
import { Draft } from './draft.ts';
import { cpuMilliOf, isPinned, type OptionsName, optionsNumber } from './job-module.ts';
import { leafPlan } from './leaf-plan.ts';
import { ActorMaker } from './make-actors.ts';
import { makeLarge } from './make-large.ts';
import type { JobPlan, TaskPlan } from './plan.ts';
import { LEAST_NOTED_BYTES } from './values.ts';

const MAX_DEPTH = 3;
/** Longer than anybody waits for a job. */
const ENDLESS_MS = 1e9;

/** Options that ask for a place. */
const PLACED: readonly OptionsName[] = ['zoned', 'unzoned', 'spread', 'firstNode', 'onlyFirstNode'];
/** Each has so much of all, the first from here on. */
const PLACED_SHARE = 0.02;
const FIRST_PLACED = 0.9;

/** What a new task is given. */
interface Given {
  readonly depth: number;
  readonly deps: readonly number[];
}

/** Makes the programs of one seed. */
export class PlanMaker {
  readonly #dice: Dice;
  readonly #actors: ActorMaker;
  readonly #trustsStrangers: boolean;

  /** @param trustsStrangers whether some tasks may run on nodes of strangers */
  constructor(random: Random, trustsStrangers: boolean) {
    this.#trustsStrangers = trustsStrangers;
    this.#dice = new Dice(random);
    this.#actors = new ActorMaker(this.#dice);
  }

  /** A driver's program with about so many tasks of its own. */
  job(name: string, tasks: number): JobPlan {
    const draft = new Draft();
    makeLarge(draft, this.#dice);
    while (draft.submitted < tasks) this.#driverStep(draft);
    for (const ref of [...draft.endless.keys()]) this.#cancelEndless(draft, ref);
    // Whatever is still held is looked at, and let go.
    const left = [...draft.live];
    draft.add({ do: 'get', refs: left });
    for (const ref of [...left, ...draft.handles]) draft.add({ do: 'drop', ref });
    return { name, steps: draft.steps };
  }

  /** The program of a submitted job's `main`: as a driver's, and with decisions that another run must not make anew (rule J1). */
  main(name: string, tasks: number): JobPlan {
    const dice = this.#dice;
    const draft = new Draft();
    while (draft.submitted < tasks) {
      const act = dice.below(8);
      const gives = dice.number();
      if (act < 2)
        draft.add({
          do: 'draw',
          from: dice.pick(['now', 'random', 'once'] as const),
          options: optionsNumber('plain'),
          plan: { ...leafPlan(dice, 'plain'), gives },
        });
      else if (act < 4) this.#decide(draft);
      else if (act < 5 && dice.chance(0.3)) draft.add({ do: 'checkpoint' });
      else this.#driverStep(draft);
    }
    for (const ref of [...draft.endless.keys()]) this.#cancelEndless(draft, ref);
    draft.add({ do: 'get', refs: [...draft.live] });
    // A large value that was put before a checkpoint is lost with its nodes.
    const isCut = draft.steps.some((step) => step.do === 'checkpoint');
    const steps = draft.steps.map((step) =>
      isCut && step.do === 'put' ? { ...step, bytes: Math.min(step.bytes, DURABLE_INLINE_BYTES) } : step,
    );
    return { name, steps };
  }

  #driverStep(draft: Draft): void {
    const dice = this.#dice;
    const live = [...draft.live];
    const act = dice.below(26);
    if (act < 9) this.#submit(draft, { depth: 0, deps: dice.some(live, 2) });
    else if (act < 11) this.#chain(draft, 2 + dice.below(6));
    else if (act < 12) this.#put(draft);
    else if (act < 14) draft.add({ do: 'work', ms: dice.share() * 200 });
    else if (act < 17) this.#actors.driverStep(draft);
    else if (live.length === 0) return;
    else if (act < 19) this.#getAndOpen(draft, dice.some(live, 4));
    else if (act < 20)
      draft.add({ do: 'wait', refs: live, needed: 1 + dice.below(live.length), timeoutMs: 1 + dice.below(500) });
    else if (act < 22) this.#decide(draft);
    else if (act < 23) this.#cancel(draft);
    else this.#drop(draft);
  }

  #put(draft: Draft): number {
    const dice = this.#dice;
    const [carries] = dice.chance(0.3) ? dice.some([...draft.live], 1) : [];
    const carried = carries === undefined ? {} : { carries };
    return draft.add({ do: 'put', salt: dice.number(), bytes: dice.sizeBytes(), ...carried });
  }

  #drop(draft: Draft): void {
    const droppable = [...draft.live].filter((ref) => !draft.isLargePut(ref));
    if (droppable.length > 0) draft.add({ do: 'drop', ref: this.#dice.pick(droppable) });
  }

  #cancel(draft: Draft): void {
    const dice = this.#dice;
    const [endless] = draft.endless.keys();
    if (endless !== undefined) return this.#cancelEndless(draft, endless);
    if (dice.chance(0.3)) return this.#submitEndless(draft);
    const targets = [...draft.called].filter((ref) => draft.live.has(ref));
    if (targets.length === 0) return;
    draft.add({ do: 'cancel', ref: dice.pick(targets), recursive: dice.chance(0.5), force: dice.chance(0.3) });
  }

  /** It takes no CPU: whoever shall cancel it may wait for others before. */
  #submitEndless(draft: Draft): void {
    const dice = this.#dice;
    const call = { options: optionsNumber('noCpu'), nested: [] };
    const forever: TaskPlan = { ...leafPlan(dice, 'noCpu'), steps: [{ do: 'work', ms: ENDLESS_MS }], endless: true };
    let plan = forever;
    if (dice.chance(0.5)) {
      const inside = new Draft({ deps: [], nested: [], handles: [] });
      inside.add({ do: 'get', refs: [inside.submit({ ...call, plan: forever, deps: [] })] });
      plan = { ...forever, name: dice.number(), steps: inside.steps };
    }
    const ref = draft.submit({ ...call, plan, deps: [] });
    const waiting = dice.chance(0.5) ? [draft.submit({ ...call, plan: leafPlan(dice, 'noCpu'), deps: [ref] })] : [];
    draft.setAside(ref, waiting);
  }

  #cancelEndless(draft: Draft, ref: number): void {
    draft.add({ do: 'cancel', ref, recursive: true, force: this.#dice.chance(0.3) });
  }

  /** What comes next depends on what is ready; what comes of it does not. */
  #decide(draft: Draft): void {
    const dice = this.#dice;
    const refs = dice.some([...draft.live], 5);
    if (refs.length === 0) return;
    const timeoutMs = 1 + dice.below(dice.chance(0.5) ? 20 : 500);
    const options = optionsNumber('plain');
    if (dice.chance(0.5)) {
      const plan = leafPlan(dice, 'plain');
      draft.add({ do: 'gather', refs, needed: 1 + dice.below(refs.length), timeoutMs, options, plan });
    } else {
      const gives = dice.number();
      const [ready, late] = [
        { ...leafPlan(dice, 'plain'), gives },
        { ...leafPlan(dice, 'plain'), gives },
      ];
      draft.add({ do: 'branch', refs, timeoutMs, options, ready, late });
    }
  }

  /** Each takes what the one before gave. */
  #chain(draft: Draft, length: number): void {
    const dice = this.#dice;
    let deps = dice.some([...draft.live], 1);
    const links: number[] = [];
    for (let n = 0; n < length; n++) links.push(...(deps = [this.#submit(draft, { depth: MAX_DEPTH, deps })]));
    if (dice.chance(0.5)) return;
    // Nobody wants those between: they are needed only if the last is lost and has to be made again (rule L4).
    for (const ref of links.slice(0, -1)) draft.add({ do: 'drop', ref });
    draft.add({ do: 'work', ms: dice.share() * 500 });
  }

  #submit(draft: Draft, { depth, deps }: Given): number {
    const dice = this.#dice;
    if (dice.chance(0.06)) return this.#submitRare(draft, deps);
    const refs = dice.chance(0.25) ? dice.some([...draft.live], 2) : [];
    const handles = dice.chance(0.4) ? dice.some([...draft.handles], 2) : [];
    const args = { deps: draft.oracle.of(deps), nested: draft.oracle.of(refs), handles: draft.oracle.of(handles) };
    const plan = this.#task(depth, new Draft(args));
    const options = this.#optionsFor(plan);
    const step = {
      plan: {
        ...plan,
        cpuMilli: cpuMilliOf(options),
        ...(handles.length > 0 ? { handles: handles.length } : {}),
        ...(isPinned(options) ? { pinned: true as const } : {}),
        ...(options === 'noRetry' ? { once: true as const } : {}),
      },
      options: optionsNumber(options),
      deps,
      nested: [...refs, ...handles],
    };
    // The same work twice has two names (rule L1).
    if (dice.chance(0.08)) draft.submit(step);
    return draft.submit(step);
  }

  /** Not every node has what it asks for (rule S4). It holds that while it waits, so it waits for nobody. */
  #submitRare(draft: Draft, deps: readonly number[]): number {
    const dice = this.#dice;
    const options = dice.chance(0.5) ? 'rare' : 'halfRare';
    return draft.submit({ plan: leafPlan(dice, options), options: optionsNumber(options), deps, nested: [] });
  }

  #task(depth: number, draft: Draft): TaskPlan {
    const dice = this.#dice;
    if (dice.chance(0.05)) return this.#marked(draft);
    if (dice.chance(0.6)) draft.add({ do: 'work', ms: dice.workMs() });
    const made: number[] = [];
    if (depth < MAX_DEPTH && dice.chance(0.4)) {
      for (let n = 1 + dice.below(3); n > 0; n--)
        made.push(this.#submit(draft, { depth: depth + 1, deps: dice.some([...draft.live], 2) }));
      // It is named by its content, so that a later attempt finds it again.
      if (dice.chance(0.2)) made.push(this.#put(draft));
      if (dice.chance(0.3)) draft.add({ do: 'work', ms: dice.workMs() });
      if (dice.chance(0.12)) this.#decide(draft);
      if (dice.chance(0.06)) this.#cancel(draft);
    }
    for (const ref of [...draft.endless.keys()]) this.#cancelEndless(draft, ref);
    this.#actors.taskSteps(draft, depth < MAX_DEPTH);
    const wanted = [...draft.live].filter((ref) => !draft.seen.has(ref));
    if (wanted.length > 0 && dice.chance(0.7)) this.#getAndOpen(draft, dice.some(wanted, 3));
    const failure = dice.failure();
    const returns = made.length > 0 && dice.chance(0.4) ? dice.pick(made) : undefined;
    return {
      name: dice.number(),
      cpuMilli: 0,
      steps: draft.steps,
      resultBytes: dice.sizeBytes(),
      ...(returns === undefined ? {} : { returns }),
      ...(failure ? { failure } : {}),
    };
  }

  /** Values that are written down with their record, and so are never made again once somebody has seen them. */
  #marked(draft: Draft): TaskPlan {
    const dice = this.#dice;
    const bytes = (): number => LEAST_NOTED_BYTES + dice.below(200);
    const returns = draft.add({ do: 'put', salt: dice.number(), bytes: bytes() });
    draft.add({ do: 'work', ms: dice.workMs() });
    const plan = { name: dice.number(), cpuMilli: 0, steps: draft.steps, resultBytes: bytes(), returns };
    return { ...plan, isMarked: true, ...(dice.chance(0.4) ? { failure: { kind: 'crashFirst', attempts: 1 } } : {}) };
  }

  #getAndOpen(draft: Draft, refs: readonly number[]): void {
    const dice = this.#dice;
    if (refs.length === 0) return;
    draft.add({ do: 'get', refs });
    const carriers = draft.carriers();
    const goesOn = draft.oracle.of(refs).every(({ value }) => value !== undefined);
    if (carriers.length === 0 || !dice.chance(0.5) || !goesOn) return;
    const inner = draft.add({ do: 'open', ref: dice.pick(carriers) });
    if (dice.chance(0.7)) draft.add({ do: 'get', refs: [inner] });
  }

  #optionsFor(plan: TaskPlan): OptionsName {
    const { failure } = plan;
    const hasActors = /"(actor|creates|handles)":/.test(JSON.stringify(plan));
    if (failure?.kind === 'throwFirst') return 'retryExceptions';
    // On three nodes, where there are as many, it is poison (rule L4).
    if (failure?.kind === 'crash') return this.#dice.chance(0.5) ? 'oneRetry' : 'manyRetries';
    if (this.#trustsStrangers && !hasActors && this.#dice.chance(0.7)) return 'unchecked';
    const dice = this.#dice.share();
    if (dice < 0.05) return 'noCpu';
    if (dice < 0.12) return 'halfCpu';
    if (dice < 0.2) return 'twoCpus';
    if (dice < 0.35) return this.#dice.chance(0.5) ? 'urgent' : 'patient';
    if (dice < 0.4 && !hasActors) return 'idempotent';
    const placed = PLACED[Math.floor((dice - FIRST_PLACED) / PLACED_SHARE)];
    if (placed) return placed;
    // What ends without any fault of its own costs no retry (rule L4).
    return failure === undefined && dice < 0.6 ? 'noRetry' : 'plain';
  }
}
