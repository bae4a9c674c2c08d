/**
 * What this program knows of an actor: the identity inside its handles. The description travels inside values, so that
 * a handle can be rebuilt without asking anybody.
 */
import type { ActorIdentity } from '../api/actor-handle.ts';
import { formatObjectKey, type ObjectKey } from '#shared/ids/object-key.ts';
import type { CallBound } from './object-cache.ts';

/** Identity of an actor and count of this program's unfinished calls to it. */
export class ActorRecord implements ActorIdentity, CallBound {
  readonly key: ObjectKey;
  readonly className: string;
  /** Empty if not known here: then every name is tried. */
  readonly methods: readonly string[];
  /** 0: no bound. */
  readonly maxPendingCalls: number;
  pendingCalls = 0;
  #description: string | undefined;

  constructor(key: ObjectKey, className: string, methods: readonly string[], maxPendingCalls = 0) {
    this.key = key;
    this.className = className;
    this.methods = methods;
    this.maxPendingCalls = maxPendingCalls;
  }

  get actorId(): string {
    return formatObjectKey(this.key);
  }

  /** JSON for the value that the handle is part of. */
  get description(): string {
    this.#description ??= JSON.stringify({
      className: this.className,
      methods: this.methods,
      maxPendingCalls: this.maxPendingCalls,
    });
    return this.#description;
  }

  /** The record of an actor that came inside a value. @throws TypeError for text that no handle makes. */
  static parse(key: ObjectKey, description: string): ActorRecord {
    const raw: unknown = JSON.parse(description);
    if (typeof raw !== 'object' || raw === null) throw new TypeError('actor description: not an object');
    const className: unknown = Reflect.get(raw, 'className');
    const methods: unknown = Reflect.get(raw, 'methods');
    const bound: unknown = Reflect.get(raw, 'maxPendingCalls');
    if (
      typeof className !== 'string' ||
      !Array.isArray(methods) ||
      !methods.every((name) => typeof name === 'string')
    ) {
      throw new TypeError('actor description: not a class name and its methods');
    }
    return new ActorRecord(key, className, methods, typeof bound === 'number' ? bound : 0);
  }
}
