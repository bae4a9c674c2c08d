// A matrix product on GPUs: one factor is cut into runs of rows, and each task multiplies its rows with the whole other
// factor on the GPU of the node where it runs: a browser tab with WebGPU, or a Node host that joined with `--gpu`. The
// result is checked against the same product on the CPU.
import { context, get, put, remote } from 'daylight';
import {
  maxDifference,
  multiplyOnCpu,
  type Matrix,
  randomMatrix,
  sliceRows,
  splitRows,
  toleranceFor,
} from './matrix.ts';
import { multiplyOnGpu } from './multiply.ts';

/** One task. Because of `numGpus` it waits for a node with a free GPU, and `context().gpu` is a device of that GPU. */
export const multiplyRows = remote(async (rows: Matrix, other: Matrix) => {
  const startMs = performance.now();
  const product = await multiplyOnGpu(context().gpu, rows, other);
  return { product, ms: performance.now() - startMs, node: context().node };
}).options({ numGpus: 1 });

/** What the job found out. `gpuMs` and `nodes` differ from run to run, the others do not but for the GPU's rounding. */
export interface ProductReport {
  readonly size: number;
  readonly tasks: number;
  /** The largest difference to the product on the CPU, anywhere in the matrix. */
  readonly maxError: number;
  /** Time in GPU tasks, compiling the shader included, summed over the tasks. */
  readonly gpuMs: number;
  /** Who computed. */
  readonly nodes: string[];
}

/** Multiplies two random matrices of `size` × `size` in `tasks` tasks. Throws if the product is wrong. */
export default async function main({ size = 128, tasks = 4, seed = 1 } = {}): Promise<ProductReport> {
  if (!(Number.isInteger(size) && size >= 1 && Number.isInteger(tasks) && tasks >= 1 && tasks <= size)) {
    throw new RangeError('size and tasks are whole numbers of at least 1, and there is at least one row per task');
  }
  const a = randomMatrix(size, size, seed, 1);
  const b = randomMatrix(size, size, seed, 2);

  // All tasks need the whole of b: it is stored once, and every node fetches it once.
  const stored = put(b);
  const starts = splitRows(size, tasks);
  const parts = await get(
    Array.from({ length: tasks }, (_, part) =>
      multiplyRows.remote(sliceRows(a, starts[part] ?? 0, starts[part + 1] ?? size), stored),
    ),
  );

  const values = new Float32Array(size * size);
  for (const [part, { product }] of parts.entries()) values.set(product.values, (starts[part] ?? 0) * size);
  const maxError = maxDifference({ rows: size, columns: size, values }, multiplyOnCpu(a, b));
  if (!(maxError <= toleranceFor(size))) throw new Error(`the product is wrong: it is off by ${maxError}`);
  const gpuMs = parts.reduce((sum, { ms }) => sum + ms, 0);
  return { size, tasks, maxError, gpuMs, nodes: [...new Set(parts.map(({ node }) => node))].sort() };
}
