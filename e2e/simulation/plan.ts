/**
 * Programs of the simulator: what a task, an actor's method or a driver does, as plain data. A plan travels in the arguments of
 * its call. Numbers in steps are places in the program's list of references: first its arguments, then whatever its steps make
 * or find, in the order of the steps, whatever order they are done in.
 */

/** How a task ends beside returning. */
export type Failure =
  /** It throws, always. */
  | { readonly kind: 'throw' }
  /** It throws in its first attempts; its options have it tried again. */
  | { readonly kind: 'throwFirst'; readonly attempts: number }
  /** Its worker ends, always. */
  | { readonly kind: 'crash' }
  /** Its worker ends in its first attempts. */
  | { readonly kind: 'crashFirst'; readonly attempts: number };

/** One thing that a program does. */
export type Step =
  | { readonly do: 'work'; readonly ms: number }
  | {
      readonly do: 'submit';
      readonly plan: TaskPlan;
      readonly options: number;
      /** References that the system resolves before the call, … */
      readonly deps: readonly number[];
      /** … and those that arrive as references; the last of them are handles of actors (see {@link TaskPlan.handles}). */
      readonly nested: readonly number[];
      /** What is called: a method of the actor behind this handle, … */
      readonly actor?: number;
      /** … or the class of an actor, which is made so; else a function. */
      readonly creates?: true;
    }
  /** Stores a value, perhaps one that carries a reference. */
  | { readonly do: 'put'; readonly salt: number; readonly bytes: number; readonly carries?: number }
  /** Waits for values and takes them in. */
  | { readonly do: 'get'; readonly refs: readonly number[] }
  /** Waits for some; which are there changes nothing. */
  | { readonly do: 'wait'; readonly refs: readonly number[]; readonly needed: number; readonly timeoutMs: number }
  /** Waits for the first; whether it is there in time decides what is called: two ways to the same number. */
  | {
      readonly do: 'branch';
      readonly refs: readonly number[];
      readonly timeoutMs: number;
      readonly options: number;
      /** Takes the first reference as its input. */
      readonly ready: TaskPlan;
      readonly late: TaskPlan;
    }
  /** Waits for some at a time and calls a task with each as it comes. What is made stands in the order of `refs`. */
  | {
      readonly do: 'gather';
      readonly refs: readonly number[];
      readonly needed: number;
      readonly timeoutMs: number;
      readonly options: number;
      readonly plan: TaskPlan;
    }
  /** Takes the reference out of a value that it got before. */
  | { readonly do: 'open'; readonly ref: number }
  /** Drivers only: lets go of a reference. */
  | { readonly do: 'drop'; readonly ref: number }
  | { readonly do: 'cancel'; readonly ref: number; readonly recursive: boolean; readonly force: boolean }
  /** Mains of submitted jobs only: draws something that another run would draw otherwise, and calls a task by it. */
  | {
      readonly do: 'draw';
      readonly from: 'now' | 'random' | 'once';
      readonly options: number;
      /** Gives the same whatever was drawn. */
      readonly plan: TaskPlan;
    }
  /** Likewise: another run begins behind this step. */
  | { readonly do: 'checkpoint' }
  /** Ends an actor. */
  | { readonly do: 'kill'; readonly ref: number; readonly noRestart: boolean };

/** The step of one kind. */
export type StepOf<Kind extends Step['do']> = Extract<Step, { do: Kind }>;

/** A task, a method's call, or the making of an actor. */
export interface TaskPlan {
  readonly name: number;
  /** What its options ask for, for whoever checks that no node gives more than it has. */
  readonly cpuMilli: number;
  readonly steps: readonly Step[];
  readonly resultBytes: number;
  /** The reference that its value carries, if any. */
  readonly returns?: number;
  readonly failure?: Failure;
  /** It may not be tried again: its worker is not ended for no reason. */
  readonly once?: true;
  /** What it gives and puts says in which attempt it was made, so it shows if a value and what it refers to are of two. */
  readonly isMarked?: true;
  /** It may run on one node only, and that may go. */
  readonly pinned?: true;
  /** It never comes to an end by itself: somebody has to cancel it. */
  readonly endless?: true;
  /** The number it gives, whatever it came by on its way. */
  readonly gives?: number;
  /** How many of its last arguments are handles of actors. */
  readonly handles?: number;
  /** Methods: the actor ends itself, after what it has begun. */
  readonly leaves?: true;
  /** The main of a submitted job of this name. */
  readonly main?: string;
  /** Methods: the actor keeps the references that the call met, as long as it lives. */
  readonly keeps?: true;
}

/** A driver's program. */
export interface JobPlan {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** How many references a step adds to its program's list. */
export function refsMadeBy(step: Step): number {
  switch (step.do) {
    case 'submit':
    case 'put':
    case 'open':
    case 'branch':
    case 'draw':
      return 1;
    case 'gather':
      return step.refs.length;
    default:
      return 0;
  }
}

const OPENING_BRACE = 0x7b;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodePlan(plan: TaskPlan): Uint8Array {
  return encoder.encode(JSON.stringify(plan));
}

/** The plan in the arguments of a run; undefined for a method that only the system calls. */
export function planOf(args: Uint8Array): TaskPlan | undefined {
  return args[0] === OPENING_BRACE ? decodePlan(args) : undefined;
}

export function decodePlan(args: Uint8Array): TaskPlan {
  return JSON.parse(decoder.decode(args)) as TaskPlan; // written by encodePlan
}
