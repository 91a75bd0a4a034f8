import { alternate, progress } from './rounds.ts';

/** One line of the table. */
export interface Figure {
  what: string;
  unit: 'ms' | 's' | 'KB' | 'MB' | 'requests/s';
  baseline: { what: string; value: number };
  ours: number;
  /** What is held against the target: ours ÷ baseline, ours − baseline, or ours as it is. */
  judged: 'ratio' | 'difference' | 'itself';
  target: { bound: 'at least' | 'at most'; value: number };
}

/** Settings of a run. */
export interface BenchOptions {
  /** How often baseline and tool are measured in turn. */
  rounds: number;
}

/** One benchmark: a file of its own that gives a few figures. */
export interface Bench {
  /** How it measures, for whoever reads the table. */
  method: string;
  run(options: BenchOptions): Promise<Figure[]>;
}

/** The value that the target is about. */
const judgedValue = ({ judged, ours, baseline }: Figure): number =>
  judged === 'ratio' ? ours / baseline.value : judged === 'difference' ? ours - baseline.value : ours;

/** Whether the target is met. */
function passes(figure: Figure): boolean {
  const { bound, value } = figure.target;
  return bound === 'at least' ? judgedValue(figure) >= value : judgedValue(figure) <= value;
}

/** The figures as a table in Markdown. */
export function toTable(figures: readonly Figure[]): string {
  const lines = figures.map((figure) => {
    const { what, unit, baseline, ours, target } = figure;
    const cells = [
      what,
      `${round(baseline.value)} ${unit} (${baseline.what})`,
      `${round(ours)} ${unit}`,
      baseline.value === 0 ? '–' : `${round(ours / baseline.value)}×`,
      `${target.bound} ${inWords(figure, target.value)}`,
      inWords(figure, judgedValue(figure)),
      passes(figure) ? 'pass' : '**miss**',
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| Figure | Baseline | Ours | Ratio | Target | Measured | |',
    '|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

function inWords({ judged, unit }: Figure, value: number): string {
  if (judged === 'ratio') return `${round(value)}×`;
  return judged === 'difference' ? `${round(value)} ${unit} more` : `${round(value)} ${unit}`;
}

const round = (value: number): string =>
  Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));

/** What a figure says, and how both sides of it are measured. */
export interface Comparison extends Omit<Figure, 'baseline' | 'ours'> {
  baseline: { what: string; measure(): Promise<number> };
  ours(): Promise<number>;
}

/** Measures both sides in turn, and makes a figure of the medians. */
export async function compared(rounds: number, { baseline, ours, ...about }: Comparison): Promise<Figure> {
  progress(about.what);
  const measured = await alternate(rounds, () => baseline.measure(), ours);
  return { ...about, baseline: { what: baseline.what, value: measured.baseline }, ours: measured.ours };
}
