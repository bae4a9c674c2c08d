/**
 * What must hold of the sessions in one life of the server: their records are applied once (rule L2), none that was given up
 * lives again or has to give way to one of which nothing was heard (M1), and none is given up for silence that the server was not there to hear (M3).
 */
import type { ControlPlane } from '#server/control-plane.ts';
import type { Gcs } from '#server/gcs/gcs.ts';

/** The rules of one life of the server. */
export class SessionRules {
  readonly #plane: ControlPlane;
  readonly #fail: (message: string) => void;
  readonly #given = new Set<number>();

  /** @param isHeard whether the node of a session has said anything in it */
  constructor(plane: ControlPlane, fail: (message: string) => void, isHeard: (session: number) => boolean) {
    this.#plane = plane;
    this.#fail = fail;
    this.#watchRecords(plane.gcs);
    this.#watchSilence(plane);
    const superseded = plane.superseded.bind(plane);
    plane.superseded = (session) => {
      // Strangers who lie speak past the wires that are looked at.
      if (session.trusted && !isHeard(session.successor))
        fail(`M1 session ${session.id} has to give way to session ${session.successor}, whose node was never heard`);
      superseded(session);
    };
  }

  check(): void {
    const { sessions } = this.#plane.gcs.state;
    for (const id of this.#given)
      if (sessions.get(id)?.state !== 'dead') this.#fail(`M1 session ${id} was given up and lives again`);
  }

  #watchRecords(gcs: Gcs): void {
    const applied = new Map<number, number>();
    const applyRecords = gcs.applyRecords.bind(gcs);
    gcs.applyRecords = (session, first, records) => {
      const last = applied.get(session.id) ?? 0;
      if (session.received < last)
        this.#fail(`L2 records ${session.received + 1} to ${last} of session ${session.id} are applied twice`);
      applyRecords(session, first, records);
      applied.set(session.id, session.received);
    };
  }

  #watchSilence(plane: ControlPlane): void {
    const startedMs = plane.clock.nowMs();
    const { hostDeadMs } = plane.times;
    const sessionEnded = plane.sessionEnded.bind(plane);
    plane.sessionEnded = (session, reason) => {
      const upMs = plane.clock.nowMs() - startedMs;
      this.#given.add(session.id);
      if (reason.startsWith('no connection') && (plane.gcs.inGrace || upMs < hostDeadMs))
        this.#fail(`M3 ${session.nodeName} is given up ${upMs.toFixed(0)} ms after the start of the server`);
      sessionEnded(session, reason);
    };
  }
}
