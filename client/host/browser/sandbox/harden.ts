/**
 * Takes from a sandbox worker what job code has no business with, before any job code runs (rule T1). The content policy
 * stops the network; this stops workers of its own (a way around the number of cores), talk between jobs, storage, and
 * most of what tells one browser from another. A worker has no second realm to take any of it back from.
 */

/** Removed from the global scope. */
const REMOVED = [
  // The network: closed by the policy already; without the names a job fails at once and clearly.
  'fetch',
  'fetchLater',
  'XMLHttpRequest',
  'WebSocket',
  'WebSocketStream',
  'EventSource',
  'WebTransport',
  'importScripts',
  'FontFace',
  'fonts',
  'RTCPeerConnection',
  'RTCDataChannel',
  'RTCRtpScriptTransformer',
  'onrtctransform',
  // More workers than cores were granted, and messages past the raylet.
  'Worker',
  'SharedWorker',
  'BroadcastChannel',
  'postMessage',
  'close',
  'onmessage',
  'onmessageerror',
  // Storage: an opaque origin has none; what is left of the interfaces only misleads.
  'indexedDB',
  'caches',
  'cookieStore',
  'CookieStore',
  'StorageManager',
  'FileSystemHandle',
  'FileSystemFileHandle',
  'FileSystemDirectoryHandle',
  'FileSystemSyncAccessHandle',
  'webkitRequestFileSystem',
  'webkitRequestFileSystemSync',
  'webkitResolveLocalFileSystemURL',
  'webkitResolveLocalFileSystemSyncURL',
  // Ways to the GPU and to codecs that no task was given, and to what tells machines apart.
  'OffscreenCanvas',
  'OffscreenCanvasRenderingContext2D',
  'WebGLRenderingContext',
  'WebGL2RenderingContext',
  'ImageBitmapRenderingContext',
  'createImageBitmap',
  'ImageDecoder',
  'VideoDecoder',
  'VideoEncoder',
  'AudioDecoder',
  'AudioEncoder',
  // People and devices.
  'Notification',
  'PressureObserver',
  'IdleDetector',
  'USB',
  'Serial',
  'HID',
  'PermissionStatus',
  'Permissions',
  'NetworkInformation',
  'WorkerNavigator',
] as const;

/** What job code sees of the browser: enough for libraries that look, nothing that tells machines apart. */
export interface SandboxNavigator {
  readonly userAgent: string;
  readonly language: string;
  readonly languages: readonly string[];
  readonly onLine: boolean;
  readonly hardwareConcurrency: number;
  /** Only once a task of this worker, and so of this job, was given a GPU. */
  readonly gpu: unknown;
}

/**
 * Hardens a worker's global scope.
 * @param gpu what `navigator.gpu` is now, undefined before a task was given a GPU
 */
export function harden(scope: object, gpu: () => unknown): void {
  for (const name of REMOVED) remove(scope, name);
  const navigator: SandboxNavigator = {
    userAgent: 'Daylight',
    language: 'en',
    languages: Object.freeze(['en']),
    onLine: false,
    hardwareConcurrency: 1,
    get gpu() {
      return gpu();
    },
  };
  remove(scope, 'navigator');
  Object.defineProperty(scope, 'navigator', { value: Object.freeze(navigator), enumerable: true });
}

/** Deletes a name from the scope and everything it inherits from; what resists deletion is covered. */
function remove(scope: object, name: string): void {
  for (let place: object | null = scope; place !== null; place = Reflect.getPrototypeOf(place) ?? null)
    Reflect.deleteProperty(place, name);
  if (name in scope) Reflect.defineProperty(scope, name, { value: undefined, writable: false, configurable: false });
}
