/**
 * Planted bugs of membership and time, and of what nodes report after a start of the server (rules M1, M3, J4).
 */
import { Raylet } from '#client/raylet/raylet.ts';
import { ControlPlane, DEFAULT_SERVER_TIMES } from '#server/control-plane.ts';
import type { SessionRecord } from '#server/gcs/entities.ts';
import { Gcs } from '#server/gcs/gcs.ts';
import { JobManager } from '#server/gcs/job-manager.ts';
import { ReturningNodes } from '#server/gcs/returning-nodes.ts';
import { SessionManager } from '#server/gcs/session-manager.ts';
import type { PlantedBug } from './planted-bugs-type.ts';

export const MEMBERSHIP_BUGS: readonly PlantedBug[] = [
  {
    name: 'no-grace',
    rule: 'M3',
    mistake: 'after a start of the server work goes round again before its nodes have reported',
    plant: (seam) =>
      seam.replace(
        ControlPlane,
        'start',
        (start) => (options) => start.call(ControlPlane, { ...options, times: { ...options.times, graceMs: 0 } }),
      ),
  },
  {
    name: 'outage-counts-as-silence',
    rule: 'M3',
    mistake: 'a server that starts counts the time in which it was away as silence of its nodes',
    plant: (seam) => {
      let upMs = 0;
      seam.replace(
        Gcs.prototype,
        'tick',
        (tick) =>
          function (this: Gcs) {
            const { nowMs, sessions } = this.state;
            if (!this.inGrace) upMs = nowMs;
            else if (nowMs - upMs >= DEFAULT_SERVER_TIMES.hostDeadMs)
              for (const session of sessions.values())
                if (session.state === 'disconnected' && session.role === 'host')
                  this.sessions.end(session, `no connection for ${Math.round((nowMs - upMs) / 1000)} s`);
            tick.call(this);
          },
      );
    },
  },
  {
    name: 'zombie-believed',
    rule: 'M1',
    mistake: 'a session that was declared dead is taken up again when its node comes back',
    plant: (seam) => {
      const dead = new Map<string, SessionRecord>();
      seam.replace(
        ControlPlane.prototype,
        'sessionEnded',
        (sessionEnded) =>
          function (this: ControlPlane, session, reason) {
            dead.set(`${session.nodeId} ${session.epoch}`, session);
            sessionEnded.call(this, session, reason);
          },
      );
      seam.replace(
        SessionManager.prototype,
        'find',
        (find) =>
          function (this: SessionManager, hello) {
            return (
              find.call(this, hello) ??
              (this.isSucceeded(hello) ? undefined : dead.get(`${hello.nodeId} ${hello.epoch}`))
            );
          },
      );
    },
  },
  {
    name: 'job-of-the-dead',
    rule: 'J4',
    mistake: 'the job of a driver that is gone goes on',
    plant: (seam) => seam.replace(JobManager.prototype, 'driverDied', () => () => undefined),
  },
  {
    name: 'lost-leases-stay-lost',
    rule: 'M3',
    mistake: 'leases that were lost with the server, and that no node has, do not go round again',
    plant: (seam) => seam.replace(ReturningNodes.prototype, 'settleLeases', () => () => undefined),
  },
  {
    name: 'copy-not-reported',
    rule: 'M3',
    mistake: 'the report after a start of the server misses the first of the copies of a node',
    plant: (seam) =>
      seam.replace(
        Raylet.prototype,
        'report',
        (report) =>
          function (this: Raylet) {
            const full = report.call(this);
            return full.type === 'report' ? { ...full, copies: full.copies.slice(1) } : full;
          },
      ),
  },
  {
    name: 'want-not-reported',
    rule: 'M3',
    mistake: 'the report after a start of the server misses what a node waits for',
    plant: (seam) =>
      seam.replace(
        Raylet.prototype,
        'report',
        (report) =>
          function (this: Raylet) {
            const full = report.call(this);
            return full.type === 'report' ? { ...full, wants: [] } : full;
          },
      ),
  },
];
