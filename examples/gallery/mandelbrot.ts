// A picture of the Mandelbrot set. It is cut into tiles; each tile is a task, and the picture on the job's page grows as the
// tiles arrive, in whatever order the machines finish them.
import { context, get, remote, wait } from 'daylight';

/** The form for the argument of `main`. It must be a literal: it is read without running this file. */
export const args = {
  type: 'object',
  properties: {
    x: { type: 'number', title: 'Centre, real part', minimum: -2, maximum: 2, default: -0.7 },
    y: { type: 'number', title: 'Centre, imaginary part', minimum: -2, maximum: 2, default: 0 },
    span: { type: 'number', title: 'Width of what is seen', exclusiveMinimum: 0, maximum: 4, default: 3.3 },
    iterations: { type: 'integer', title: 'Iterations at most', minimum: 10, maximum: 100000, default: 10000 },
    columns: { type: 'integer', title: 'Tiles side by side', minimum: 1, maximum: 25, default: 12 },
    rows: { type: 'integer', title: 'Tiles one above the other', minimum: 1, maximum: 25, default: 8 },
  },
  additionalProperties: false,
} as const;

/** Pixels of a tile: its width and its height. */
const TILE = 80;
const PUBLISH_EVERY_MS = 500;

/** One task: the colours of one tile, three bytes a pixel. `left` and `top` are its corner in the plane. */
export const drawTile = remote((left: number, top: number, step: number, iterations: number): Uint8Array => {
  const pixels = new Uint8Array(TILE * TILE * 3);
  for (let pixel = 0; pixel < TILE * TILE; pixel += 1) {
    const [column, row] = [pixel % TILE, Math.floor(pixel / TILE)];
    pixels.set(colourOf(left + column * step, top - row * step, iterations), pixel * 3);
  }
  return pixels;
});

/** How fast z² + c runs away from 0, as a colour; black if it stays. */
export function colourOf(cx: number, cy: number, iterations: number): [number, number, number] {
  let [x, y, count] = [0, 0, 0];
  while (x * x + y * y < 256 && count < iterations) {
    [x, y] = [x * x - y * y + cx, 2 * x * y + cy];
    count += 1;
  }
  if (count === iterations) return [0, 0, 0];
  // The fraction between two iterations makes the colours flow into one another.
  const smooth = count + 4 - Math.log2(Math.log2(x * x + y * y));
  const wave = (shift: number): number => Math.round(127.5 - 127.5 * Math.cos(0.4 * Math.sqrt(smooth) + shift));
  return [wave(0.6), wave(0.2), wave(-0.5)];
}

/** Draws the picture and publishes it as `mandelbrot.png`, again and again while it grows. */
export default async function main({
  x = -0.7,
  y = 0,
  span = 3.3,
  iterations = 10_000,
  columns = 12,
  rows = 8,
} = {}): Promise<{ width: number; height: number }> {
  const [width, height] = [columns * TILE, rows * TILE];
  const step = span / width;
  const picture = new Uint8Array(width * height * 3).fill(40);
  const tiles = Array.from({ length: columns * rows }, (_, index) => {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    const [left, top] = [x + (column * TILE - width / 2) * step, y - (row * TILE - height / 2) * step];
    return { column, row, pixels: drawTile.remote(left, top, step, iterations) };
  });

  let waiting = tiles;
  let publishedAtMs = -PUBLISH_EVERY_MS;
  while (waiting.length > 0) {
    const { ready } = await wait(waiting.map(({ pixels }) => pixels));
    for (const tile of waiting.filter(({ pixels }) => ready.includes(pixels)))
      paste(picture, width, await get(tile.pixels), tile.column * TILE, tile.row * TILE);
    waiting = waiting.filter(({ pixels }) => !ready.includes(pixels));
    context().progress(1 - waiting.length / tiles.length, `${tiles.length - waiting.length} of ${tiles.length} tiles`);
    if (waiting.length > 0 && performance.now() - publishedAtMs < PUBLISH_EVERY_MS) continue;
    publishedAtMs = performance.now();
    await context().publish('mandelbrot.png', await encodePng(picture, width, height), { mediaType: 'image/png' });
  }
  return { width, height };
}

/** Puts a tile in its place, line by line. */
function paste(picture: Uint8Array, width: number, tile: Uint8Array, left: number, top: number): void {
  for (let row = 0; row < TILE; row += 1)
    picture.set(tile.subarray(row * TILE * 3, (row + 1) * TILE * 3), ((top + row) * width + left) * 3);
}

/** A PNG file. The platform does the hard part, the compression. */
export async function encodePng(pixels: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  const lines = new Uint8Array(height * (width * 3 + 1)); // each begins with a 0: it is stored as it is
  for (let row = 0; row < height; row += 1)
    lines.set(pixels.subarray(row * width * 3, (row + 1) * width * 3), row * (width * 3 + 1) + 1);
  const packed = new Blob([lines]).stream().pipeThrough(new CompressionStream('deflate'));
  const header = Uint8Array.of(0, 0, width >> 8, width, 0, 0, height >> 8, height, 8, 2, 0, 0, 0); // 8 bits, RGB
  const chunks = [
    chunk('IHDR', header),
    chunk('IDAT', await new Response(packed).bytes()),
    chunk('IEND', new Uint8Array()),
  ];
  return new Blob([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), ...chunks]).bytes();
}

/** A part of a PNG file: length, name, data and the checksum of name and data (CRC-32). */
function chunk(name: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(data.length + 12);
  whole.set(new TextEncoder().encode(name), 4);
  whole.set(data, 8);
  let crc = -1;
  for (const byte of whole.subarray(4, -4)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  new DataView(whole.buffer).setUint32(0, data.length);
  new DataView(whole.buffer).setInt32(data.length + 8, ~crc);
  return whole;
}
