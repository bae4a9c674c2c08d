// Rule L8: rewrites async functions so that the current task survives every suspension. What the inserted calls do is told in
// client/worker/task-context.ts. In short:
//
//   async function f() { … await E … }   →   async function f() { const t = enter(); try { … resume(t, await suspend(t, E)) …
//                                            } finally { leave(t) } }
//
// Control comes back from a suspension by `resume`, or by an exception or a generator's `return()`: then the next code to run
// is a catch, a finally, an iterator's `return` or a disposer, so those places call `caught`. No closure is added, so `this`,
// `arguments`, `super` and `break` keep their meaning, and no line break, so lines stay what they were. Functions without a
// suspension, sync generators and the module's top level stay untouched.

import type { Node } from './syntax-tree.ts';
import { locationOf } from './syntax-tree.ts';
import { bundleError } from './bundle-problem.ts';
import type { EditList, Insertion } from './edit-list.ts';

/** The helpers' names in rewritten code, after `HELPER_PREFIX`. They are the members of `TaskTransform`. */
export const HELPERS = ['enter', 'suspend', 'resume', 'caught', 'leave', 'iterate', 'guard', 'resource'] as const;

/** Starts every name that rewriting adds. */
export const HELPER_PREFIX = '__dl$';

const ENTER = `${HELPER_PREFIX}enter()`;
const TASK = `${HELPER_PREFIX}t`;

/** Whether the text has been through this pass already, for example because it is a bundle itself. */
export function isTaskPassed(source: string): boolean {
  return source.includes(`=${ENTER}`);
}

interface Frame {
  readonly node: Node;
  /** An async function with a body: the only kind that is rewritten. */
  readonly tracked: boolean;
  readonly asyncGenerator: boolean;
  suspensions: number;
  /** Offset of the body's closing brace, if the body is a block. */
  blockEnd: number | undefined;
  /** Insertions that are needed only if the function suspends at all. */
  readonly conditional: Insertion[];
}

type NodeOf<K extends Node['type']> = Extract<Node, { type: K }>;
type FunctionNode = NodeOf<'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression'>;

function call(helper: (typeof HELPERS)[number], ...args: string[]): string {
  return `${HELPER_PREFIX}${helper}(${[TASK, ...args].join(',')})`;
}

function opening(helper: (typeof HELPERS)[number]): string {
  return `${HELPER_PREFIX}${helper}(${TASK},`;
}

/** Collects the edits of one module. Give every node of a walk to `enter` and `leave`. */
export class TaskPass {
  readonly #source: string;
  readonly #file: string;
  readonly #edits: EditList;
  readonly #frames: Frame[] = [];
  /** What is inserted behind a node when the walk leaves it, innermost first. */
  readonly #closings = new Map<Node, Insertion[]>();
  /** Suspensions of the function so far, when the walk came to a loop. */
  readonly #loops = new Map<Node, { readonly before: number; readonly insertions: readonly Insertion[] }>();
  #names = 0;

  constructor(source: string, file: string, edits: EditList) {
    this.#source = source;
    this.#file = file;
    this.#edits = edits;
  }

  enter(node: Node, parent: Node | undefined): void {
    if (isFunction(node)) {
      this.#enterFunction(node);
      return;
    }
    const frame = this.#frames.at(-1);
    if (frame === undefined || !frame.tracked) return;
    this.#enterSuspension(node, frame);
    this.#enterLanding(node, parent, frame);
  }

  /** Where a function suspends, and goes on with `resume`. */
  #enterSuspension(node: Node, frame: Frame): void {
    if (node.type === 'AwaitExpression') {
      frame.suspensions += 1;
      this.#before(node, opening('resume'));
      this.#around(node.argument, opening('suspend'), '))');
    } else if (node.type === 'YieldExpression') {
      this.#enterYield(node, frame);
    } else if (node.type === 'ReturnStatement' && frame.asyncGenerator && node.argument !== null) {
      // In an async generator `return E` awaits E.
      frame.suspensions += 1;
      this.#around(node.argument, opening('suspend'), ')');
    }
  }

  /** Where control may arrive after a suspension without passing `resume`. */
  #enterLanding(node: Node, parent: Node | undefined, frame: Frame): void {
    if (parent?.type !== 'LabeledStatement' && isForAwait(unlabelled(node))) this.#resumeAfter(node);
    if (node.type === 'ForOfStatement') {
      this.#enterForOf(node, frame);
    } else if (node.type === 'CatchClause') {
      this.#enterCatch(node, frame);
    } else if (node.type === 'VariableDeclaration') {
      this.#enterDeclaration(node, parent, frame);
    } else if (parent?.type === 'TryStatement' && parent.finalizer === node) {
      frame.conditional.push(this.#edits.insert(node.start + 1, { text: `${call('caught')};` }));
    }
  }

  leave(node: Node): void {
    const frame = this.#frames.at(-1);
    if (frame?.node === node) this.#leaveFunction(frame);
    const loop = this.#loops.get(node);
    if (loop !== undefined && frame?.suspensions === loop.before)
      for (const insertion of loop.insertions) insertion.text = '';
    for (const insertion of this.#closings.get(node) ?? []) this.#edits.insert(node.end, insertion);
  }

  #before(node: Node, text: string): Insertion {
    return this.#edits.insert(node.start, { text });
  }

  #after(node: Node, text: string): Insertion {
    const insertion = { text };
    this.#closings.set(node, [insertion, ...(this.#closings.get(node) ?? [])]);
    return insertion;
  }

  #around(node: Node, before: string, after: string): readonly Insertion[] {
    return [this.#before(node, before), this.#after(node, after)];
  }

  /** Control leaves a `for await` by its end, `break`, an outer `continue`, an exception: always after a suspension. */
  #resumeAfter(loop: Node): void {
    this.#around(loop, 'try{', `}finally{${call('caught')}}`);
  }

  #enterFunction(node: FunctionNode): void {
    const frame: Frame = {
      node,
      tracked: node.async && node.body !== null,
      asyncGenerator: node.async && node.generator,
      suspensions: 0,
      blockEnd: undefined,
      conditional: [],
    };
    this.#frames.push(frame);
    const { body } = node;
    if (!frame.tracked || body === null) return;
    const prologue = `const ${TASK}=${ENTER};try{`;
    const epilogue = `}finally{${call('leave')}}`;
    if (body.type !== 'BlockStatement') {
      frame.conditional.push(...this.#around(body, `{${prologue}return `, `${epilogue}}`));
      return;
    }
    const directive = body.body.findLast(
      (statement) => 'directive' in statement && typeof statement.directive === 'string',
    );
    const start = directive?.end ?? body.start + 1;
    frame.conditional.push(this.#edits.insert(start, { text: directive === undefined ? prologue : `;${prologue}` }));
    frame.blockEnd = body.end - 1;
  }

  #leaveFunction(frame: Frame): void {
    this.#frames.pop();
    if (frame.suspensions === 0) for (const insertion of frame.conditional) insertion.text = '';
    else if (frame.blockEnd !== undefined) this.#edits.insert(frame.blockEnd, { text: `}finally{${call('leave')}}` });
  }

  #enterYield(node: NodeOf<'YieldExpression'>, frame: Frame): void {
    frame.suspensions += 1;
    this.#before(node, opening('resume'));
    if (node.argument === null) this.#after(node, ` ${call('suspend', 'undefined')})`);
    else this.#around(node.argument, opening(node.delegate ? 'iterate' : 'suspend'), '))');
  }

  #enterForOf(node: NodeOf<'ForOfStatement'>, frame: Frame): void {
    const { left, right, body } = node;
    const managed = left.type === 'VariableDeclaration' && left.kind.endsWith('using');
    const before = frame.suspensions;
    if (node.await || managed) frame.suspensions += 1;
    if (node.await) this.#around(right, opening('iterate'), ')');
    const target = left.type === 'VariableDeclaration' ? left.declarations[0]?.id : left;
    if (managed || (node.await && target?.type !== 'Identifier')) {
      this.#moveHead(node, frame);
    } else if (node.await) {
      this.#around(body, `{${call('caught')};`, '}');
    } else {
      // An exception after an `await` leaves the loop through the iterator's `return`, which is user code.
      const insertions = this.#around(body, 'try{', `}finally{${call('caught')}}`);
      this.#loops.set(node, { before, insertions });
    }
  }

  /** What the loop assigns each round runs code (defaults, setters, disposers): moved to where the task is current again. */
  #moveHead(node: NodeOf<'ForOfStatement'>, frame: Frame): void {
    const { left, body } = node;
    const value = this.#name('v');
    const isDeclaration = left.type === 'VariableDeclaration';
    this.#before(left, `const ${value}`);
    this.#edits.move(left.start, left.end, body.start);
    this.#around(body, `{try{${call('caught')};${isDeclaration ? '' : '('}`, `}finally{${call('caught')}}}`);
    if (!isDeclaration) this.#after(left, `=${value});`);
    else if (left.kind === 'using') this.#after(left, `=${value},${this.#name('g')}=${call('guard')};`);
    else if (left.kind !== 'await using') this.#after(left, `=${value};`);
    else {
      this.#after(left, ';');
      this.#rewriteAwaitUsing(left, frame, `=${value}`);
    }
  }

  #enterCatch(node: NodeOf<'CatchClause'>, frame: Frame): void {
    const { param, body } = node;
    if (param === null || param.type === 'Identifier') {
      frame.conditional.push(this.#edits.insert(body.start + 1, { text: `${call('caught')};` }));
      return;
    }
    frame.suspensions += 1;
    const value = this.#name('e');
    this.#before(param, value);
    this.#edits.move(param.start, param.end, body.start);
    this.#around(body, `{${call('caught')};let `, '}');
    this.#after(param, `=${value};`);
  }

  #enterDeclaration(node: NodeOf<'VariableDeclaration'>, parent: Node | undefined, frame: Frame): void {
    if (parent?.type === 'ForOfStatement' && parent.left === node) return;
    if (node.kind === 'using') {
      // Disposed before the resource: an exception after an `await` reaches the disposer with the task current again.
      for (const declarator of node.declarations)
        frame.conditional.push(this.#after(declarator, `,${this.#name('g')}=${call('guard')}`));
    }
    if (node.kind !== 'await using') return;
    if (parent?.type === 'ForStatement') {
      throw bundleError({
        reason: '`await using` in the head of a for loop is not supported in a job module',
        hint: 'declare the resource in a block around the loop',
        ...locationOf(this.#source, node.start, this.#file),
      });
    }
    this.#rewriteAwaitUsing(node, frame, '');
  }

  /** `await using a = A` → `using g = guard(t); const a = A; await using r = resource(t, a)`: `g` runs last, after the last await. */
  #rewriteAwaitUsing(node: NodeOf<'VariableDeclaration'>, frame: Frame, initializer: string): void {
    frame.suspensions += 1;
    const [first] = node.declarations;
    if (first === undefined) return;
    this.#edits.replace(node.start, first.start, `using ${this.#name('g')}=${call('guard')};const `);
    node.declarations.forEach((declarator, index) => {
      const following = node.declarations[index + 1];
      const name = declarator.id.type === 'Identifier' ? declarator.id.name : 'undefined';
      this.#after(declarator, `${initializer};await using ${this.#name('r')}=${call('resource', name)}`);
      if (following !== undefined) this.#edits.replace(declarator.end, following.start, ';const ');
    });
  }

  #name(kind: string): string {
    this.#names += 1;
    return `${HELPER_PREFIX}${kind}${this.#names}`;
  }
}

function isFunction(node: Node): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
  );
}

function unlabelled(node: Node): Node {
  let inner = node;
  while (inner.type === 'LabeledStatement') inner = inner.body;
  return inner;
}

function isForAwait(node: Node): boolean {
  return node.type === 'ForOfStatement' && node.await;
}
