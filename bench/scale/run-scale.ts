// `npm run bench -- scale`: the control plane with many nodes, part by part.
import type { BenchRow } from '../harness/bench-row.ts';
import type { Report } from '../harness/report.ts';
import { decisionRows, FULL_EFFORT, QUICK_EFFORT } from './decision-cost.ts';

export interface ScaleOptions {
  readonly json?: string;
  readonly only?: readonly string[];
  readonly quick?: boolean;
}

type Part = (quick: boolean) => BenchRow[];

const PARTS: Readonly<Record<string, Part>> = {
  decision: (quick) => decisionRows(quick ? QUICK_EFFORT : FULL_EFFORT),
};

/** Runs the parts that are wanted, by default all. */
export async function runScale({ only, quick = false }: ScaleOptions, report: Report): Promise<void> {
  for (const name of only ?? Object.keys(PARTS)) {
    const part = PARTS[name];
    if (part) await report.part(name, () => part(quick)); // oxlint-disable-line no-await-in-loop -- one after the other
    else report.add({ name, error: `there are these parts: ${Object.keys(PARTS).join(', ')}` });
  }
}
