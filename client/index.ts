// The package's entry: what a script imports from 'daylight'. Job modules do not load it; the bundler gives them the same names
// out of the runtime of the worker they are in, so the two lists must agree (`PUBLIC_API_NAMES`). It also brings what only a
// script needs: cutting out the source of inline functions, and bundling modules.

import { installScriptPorts } from './api/script-ports.ts';
import { nodeScriptPorts } from './host/nodejs/script-ports.ts';

installScriptPorts(nodeScriptPorts);

export { init } from './host/nodejs/init.ts';
export { remote } from './api/remote.ts';
export { remoteModule } from './api/remote-module.ts';
export { cancel, get, getActor, kill, move, placementGroup, put, wait } from './api/objects.ts';
export { context } from './api/context.ts';
export { ObjectRef } from './api/object-ref.ts';
export { serializable } from '#shared/serialization/class-registry.ts';
export {
  ActorDiedError,
  ActorUnavailableError,
  AuthenticationError,
  BackPressureError,
  BundleError,
  ConnectionLostError,
  DataFileError,
  DaylightError,
  GetTimeoutError,
  InfeasibleError,
  NodeDiedError,
  NondeterminismError,
  NotYetSupportedError,
  ObjectLostError,
  ObjectStoreFullError,
  OutOfMemoryError,
  ProtocolError,
  QuotaExceededError,
  RuntimeLimitError,
  SerializationError,
  TaskCancelledError,
  TaskError,
  ValidationFailedError,
  WorkerCrashedError,
} from '#shared/errors/daylight-error.ts';

export type * from './api/get-types.ts';
export type { GpuDevice } from './api/gpu-device.ts';
export type {
  ActorOptions,
  CommonOptions,
  PlacementGroup,
  SchedulingStrategy,
  TaskOptions,
  TrustPolicy,
} from './api/options.ts';
export type {
  ActorHandle,
  ActorMethod,
  MapOptions,
  ObjectRefStream,
  RegistrationOptions,
  RemoteClass,
  RemoteFunction,
  RemoteStubs,
} from './api/remote-types.ts';
export type { AttemptEnd } from '#shared/errors/daylight-error.ts';
export type { ClassCodec } from '#shared/serialization/class-registry.ts';
