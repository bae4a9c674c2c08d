/// <reference types="@webgpu/types" />
import { describe, expect, it } from 'vitest';
import { findGpu, openGpu } from './gpu.ts';

const COUNT = 64;
const DOUBLE_ALL = `
  @group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
  @compute @workgroup_size(${COUNT}) fn main(@builtin(global_invocation_id) id: vec3u) {
    numbers[id.x] = numbers[id.x] * 2.0;
  }`;

/** 0, 1, 2 … doubled on the device. */
async function double(device: GPUDevice): Promise<number[]> {
  const module = device.createShaderModule({ code: DOUBLE_ALL });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const numbers = Float32Array.from({ length: COUNT }, (_, index) => index);
  const storage = device.createBuffer({ size: numbers.byteLength, usage: STORAGE | COPY_SRC | COPY_DST });
  const result = device.createBuffer({ size: numbers.byteLength, usage: MAP_READ | COPY_DST });
  device.queue.writeBuffer(storage, 0, numbers);
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: storage } }],
    }),
  );
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(storage, 0, result, 0, numbers.byteLength);
  device.queue.submit([encoder.finish()]);
  await result.mapAsync(GPUMapMode.READ);
  return [...new Float32Array(result.getMappedRange())];
}

// The test browser is started with a software adapter (see scripts/chromium.ts).
describe('a real browser', () => {
  it('is told to have a software GPU, and offers it only if that is allowed', async () => {
    const found = await findGpu(true);
    expect(found?.gpu).toMatchObject({ isFallback: true, isOffered: true, architecture: 'swiftshader' });
    expect(found?.facts.maxBufferBytes).toBeGreaterThanOrEqual(2 ** 28);
    expect((await findGpu(false))?.gpu.isOffered).toBe(false);
  });

  it('computes on a device that was opened, with the limits of the adapter', async () => {
    const device = (await openGpu()) as GPUDevice;
    const facts = (await findGpu(true))?.facts;
    expect(device.limits.maxBufferSize).toBe(facts?.maxBufferBytes);
    expect(device.limits.maxComputeInvocationsPerWorkgroup).toBe(facts?.maxInvocationsPerWorkgroup);
    expect(await double(device)).toEqual(Array.from({ length: COUNT }, (_, index) => index * 2));
    device.destroy();
    expect((await device.lost).reason).toBe('destroyed');
  });
});
