/**
 * The document of a sandbox frame. It starts and ends workers when the raylet says so and does nothing else: job code runs in
 * the workers only, never here, because a document can reach the network in ways that no content policy closes (WebRTC,
 * name look-ups, preconnects). So it listens to nobody but the raylet: what a worker posts to it is heard by nothing.
 */
import {
  FRAME_GREETING,
  type FromFrame,
  type ToFrame,
  type WorkerStart,
} from '#client/host/browser/sandbox/sandbox-messages.ts';

/** The worker's program: base64 of its source, in an element that does not execute. */
const WORKER_URL = `data:text/javascript;base64,${document.getElementById('worker')?.textContent?.trim() ?? ''}`;

const workers = new Map<number, Worker>();

function greeted(event: MessageEvent<unknown>): void {
  const [control] = event.ports;
  if (event.source !== window.parent || event.data !== FRAME_GREETING || !control) return;
  window.removeEventListener('message', greeted);
  control.addEventListener('message', (message: MessageEvent<ToFrame>) => obey(control, message));
  control.start();
}

function obey(control: MessagePort, { data, ports }: MessageEvent<ToFrame>): void {
  const answer = (message: FromFrame): void => control.postMessage(message);
  switch (data.type) {
    case 'spawn': {
      const { workerId } = data.settings;
      const worker = new Worker(WORKER_URL, { name: `daylight-${workerId}` });
      worker.addEventListener('error', ({ message }) => answer({ type: 'failed', workerId, message }));
      const start: WorkerStart = { settings: data.settings };
      worker.postMessage(start, [...ports]);
      workers.set(workerId, worker);
      return;
    }
    case 'end':
      workers.get(data.workerId)?.terminate();
      workers.delete(data.workerId);
      return;
    case 'ping':
      answer({ type: 'pong', number: data.number });
  }
}

window.addEventListener('message', greeted);
