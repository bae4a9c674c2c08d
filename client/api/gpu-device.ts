// The type of `context().gpu`. WebGPU's types come with TypeScript's DOM library or with `@webgpu/types`; a program that uses
// no GPU has neither, and this package must not force them on it. So the type is looked up where the program is compiled.

/** What a program's global scope, given as a type, calls a GPU device; an object of unknown shape if it knows none. */
export type GpuDeviceOf<Globals> = Globals extends { readonly GPUDevice: { readonly prototype: infer Device } }
  ? Device
  : object;

/**
 * WebGPU's `GPUDevice`, where the program has its types: from the DOM library, or from `@webgpu/types`, named in `types` of
 * tsconfig.json or by `/// <reference types="@webgpu/types" />`. Elsewhere an `object`.
 */
export type GpuDevice = GpuDeviceOf<typeof globalThis>;
