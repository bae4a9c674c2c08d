// A line chart as plain SVG: axes with units, one colour per line, readable on light and dark ground alike.

const WIDTH = 720;
const HEIGHT = 420;
const LEFT = 84;
const RIGHT = 24;
const TOP = 56;
const BOTTOM = 64;
/** Neither black nor white: they stand out from both. */
const INK = '#7a7f87';
const COLOURS = ['#2f81f7', '#d9730d', '#1a9e5c', '#a855f7'];
const FONT = 'font-family="system-ui, sans-serif" font-size="13"';
const LEGEND_STEP = 18;

/** Points of one line, in the order in which they are joined. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Drawn as a limit. */
  readonly isDashed?: boolean;
}

/** What is drawn. Both axes are logarithmic: a straight line with slope 1 is linear growth. */
export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly Line[];
}

/** Powers of ten that enclose the values. */
function decades(values: readonly number[]): number[] {
  const least = Math.floor(Math.log10(Math.min(...values)));
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...values))));
  return Array.from({ length: most - least + 1 }, (_, n) => 10 ** (least + n));
}

/** 1 000 rather than 1000. */
function tickText(value: number): string {
  return value >= 1 ? value.toLocaleString('en-US').replaceAll(',', ' ') : String(value);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** The chart as an SVG file. */
export function drawChart({ title, xLabel, yLabel, lines }: Chart): string {
  const points = lines.flatMap((line) => line.points);
  const xTicks = decades(points.map(([x]) => x));
  const yTicks = decades(points.map(([, y]) => y));
  const scale = (ticks: readonly number[], from: number, to: number) => {
    const low = Math.log10(ticks[0] ?? 1);
    const high = Math.log10(ticks.at(-1) ?? 10);
    return (value: number): number => from + ((Math.log10(value) - low) / (high - low)) * (to - from);
  };
  const x = scale(xTicks, LEFT, WIDTH - RIGHT);
  const y = scale(yTicks, HEIGHT - BOTTOM, TOP);
  const text = (atX: number, atY: number, words: string, more = ''): string =>
    `<text x="${atX.toFixed(1)}" y="${atY.toFixed(1)}" fill="${INK}" ${FONT} ${more}>${escaped(words)}</text>`;
  const grid = (x1: number, y1: number, x2: number, y2: number): string =>
    `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="${INK}" stroke-opacity="0.35"/>`;
  const parts = [
    text(LEFT, 22, title, 'font-weight="600"'),
    ...xTicks.map((tick) => grid(x(tick), TOP, x(tick), HEIGHT - BOTTOM)),
    ...xTicks.map((tick) => text(x(tick), HEIGHT - BOTTOM + 20, tickText(tick), 'text-anchor="middle"')),
    ...yTicks.map((tick) => grid(LEFT, y(tick), WIDTH - RIGHT, y(tick))),
    ...yTicks.map((tick) => text(LEFT - 8, y(tick) + 4, tickText(tick), 'text-anchor="end"')),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 16, xLabel, 'text-anchor="middle"'),
    text(LEFT, TOP - 8, yLabel),
    ...lines.flatMap((line, n) => drawLine(line, COLOURS[n % COLOURS.length] ?? INK, x, y)),
    ...lines.map(({ name }, n) =>
      text(LEFT + 28, TOP + 16 + n * LEGEND_STEP, name).replace(INK, COLOURS[n % COLOURS.length] ?? INK),
    ),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}">\n${parts.join('\n')}\n</svg>\n`;
}

function drawLine(
  { points, isDashed = false }: Line,
  colour: string,
  x: (value: number) => number,
  y: (value: number) => number,
): string[] {
  const places = points.map(([atX, atY]) => `${x(atX).toFixed(1)},${y(atY).toFixed(1)}`);
  const dashes = isDashed ? ' stroke-dasharray="6 5"' : '';
  const line = `<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"${dashes}/>`;
  const dots = points.map(
    ([atX, atY]) => `<circle cx="${x(atX).toFixed(1)}" cy="${y(atY).toFixed(1)}" r="3.5" fill="${colour}"/>`,
  );
  return isDashed ? [line] : [line, ...dots];
}
