/// <reference types="@webgpu/types" />
import { expect, it } from 'vitest';
import { maxDifference, multiplyOnCpu, randomMatrix, toleranceFor } from './matrix.ts';
import { multiplyOnGpu } from './multiply.ts';

it('the product on a GPU is the product on the CPU, for shapes that do not fill the workgroups', async () => {
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter === null) throw new Error('the test browser is started with a software adapter, see scripts/chromium.ts');
  const device = await adapter.requestDevice();
  const shapes: [number, number, number][] = [
    [64, 64, 64],
    [1, 17, 3],
    [33, 5, 50],
  ];
  for (const [rows, inner, columns] of shapes) {
    const a = randomMatrix(rows, inner, 1, 1);
    const b = randomMatrix(inner, columns, 1, 2);
    const product = await multiplyOnGpu(device, a, b);
    expect(product).toMatchObject({ rows, columns });
    expect(maxDifference(product, multiplyOnCpu(a, b))).toBeLessThanOrEqual(toleranceFor(inner));
  }
  device.destroy();
});
