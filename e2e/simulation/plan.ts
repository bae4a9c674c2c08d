/**
 * Programs of the simulator: what a task or a driver does, as plain data. A plan travels in the arguments of its call. Numbers in
 * steps are places in the program's list of references: first its arguments, then whatever it makes or finds, in order.
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
      /** … and those that arrive as references. */
      readonly nested: readonly number[];
    }
  | { readonly do: 'put'; readonly salt: number; readonly bytes: number }
  /** Waits for values and takes them in. */
  | { readonly do: 'get'; readonly refs: readonly number[] }
  /** Waits for some; which are there changes nothing. */
  | { readonly do: 'wait'; readonly refs: readonly number[]; readonly needed: number; readonly timeoutMs: number }
  /** Takes the reference out of a value that it got before. */
  | { readonly do: 'open'; readonly ref: number }
  /** Drivers only: lets go of a reference. */
  | { readonly do: 'drop'; readonly ref: number };

/** A task. */
export interface TaskPlan {
  readonly name: number;
  /** What its options ask for, for whoever checks that no node gives more than it has. */
  readonly cpuMilli: number;
  readonly steps: readonly Step[];
  readonly resultBytes: number;
  /** The reference that its value carries, if any. */
  readonly returns?: number;
  readonly failure?: Failure;
  /** What it gives and puts says in which attempt it was made, so it shows if a value and what it refers to are of two. */
  readonly isMarked?: boolean;
}

/** A driver's program. */
export interface JobPlan {
  readonly name: string;
  readonly steps: readonly Step[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodePlan(plan: TaskPlan): Uint8Array {
  return encoder.encode(JSON.stringify(plan));
}

export function decodePlan(args: Uint8Array): TaskPlan {
  return JSON.parse(decoder.decode(args)) as TaskPlan; // written by encodePlan
}
