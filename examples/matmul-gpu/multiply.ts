// One matrix product on a GPU, with plain WebGPU: bytes to the device, one dispatch of a shader, bytes back. It is the same
// code in a browser tab and on a Node host.
/// <reference types="@webgpu/types" />
import type { Matrix } from './matrix.ts';

/** Threads of a workgroup, in each direction. 8 × 8 is small enough for every GPU and fills the common ones. */
const TILE = 8;

/** Every thread computes one number of the product, by the definition. Real kernels share what they read within a workgroup. */
const SHADER = /* wgsl */ `
  struct Shape { rows: u32, inner: u32, columns: u32 }
  @group(0) @binding(0) var<uniform> shape: Shape;
  @group(0) @binding(1) var<storage, read> a: array<f32>;
  @group(0) @binding(2) var<storage, read> b: array<f32>;
  @group(0) @binding(3) var<storage, read_write> product: array<f32>;

  @compute @workgroup_size(${TILE}, ${TILE})
  fn multiply(@builtin(global_invocation_id) id: vec3u) {
    let column = id.x;
    let row = id.y;
    // Workgroups are whole: those at the edges reach beyond the matrix.
    if (row >= shape.rows || column >= shape.columns) { return; }
    var sum = 0.0;
    for (var k = 0u; k < shape.inner; k++) {
      sum += a[row * shape.inner + k] * b[k * shape.columns + column];
    }
    product[row * shape.columns + column] = sum;
  }`;

/** The product of two matrices, computed by `device`. */
export async function multiplyOnGpu(device: GPUDevice, a: Matrix, b: Matrix): Promise<Matrix> {
  const { STORAGE, UNIFORM, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const sizeBytes = a.rows * b.columns * Float32Array.BYTES_PER_ELEMENT;
  const buffers: GPUBuffer[] = [];
  const newBuffer = (size: number, usage: number): GPUBuffer => {
    const buffer = device.createBuffer({ size, usage });
    buffers.push(buffer);
    return buffer;
  };
  const upload = (data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>, usage: number): GPUBuffer => {
    const buffer = newBuffer(data.byteLength, usage | COPY_DST);
    device.queue.writeBuffer(buffer, 0, data);
    return buffer;
  };

  const module = device.createShaderModule({ code: SHADER });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  const product = newBuffer(sizeBytes, STORAGE | COPY_SRC);
  const result = newBuffer(sizeBytes, MAP_READ | COPY_DST);
  const inputs = [
    upload(Uint32Array.of(a.rows, a.columns, b.columns), UNIFORM),
    upload(a.values, STORAGE),
    upload(b.values, STORAGE),
    product,
  ];

  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = inputs.map((buffer, binding) => ({ binding, resource: { buffer } }));
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(Math.ceil(b.columns / TILE), Math.ceil(a.rows / TILE));
  pass.end();
  encoder.copyBufferToBuffer(product, 0, result, 0, sizeBytes);
  device.queue.submit([encoder.finish()]);

  await result.mapAsync(GPUMapMode.READ);
  const values = new Float32Array(result.getMappedRange().slice());
  // The device stays open for the next task of this worker: what is not destroyed would stay on it, too.
  for (const buffer of buffers) buffer.destroy();
  return { rows: a.rows, columns: b.columns, values };
}
