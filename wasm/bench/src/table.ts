//! Tables of medians, with how many times as long the others take as Amphi.

/** What was measured of one database. */
export interface Measured {
  peer: string;
  /** Milliseconds by name, of each run. */
  runs: Record<string, number>[];
}

function median(values: number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function milliseconds(time: number | undefined): string {
  if (time === undefined) return '–';
  return time >= 100 ? time.toFixed(0) : time >= 1 ? time.toFixed(1) : time.toFixed(4);
}

function line(cells: string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

/** Prints one: a row per measurement, a column per database, in ms; behind others than the first their ratio to it. */
export function printTable(title: string, all: Measured[], withSum: boolean): void {
  const names = [...new Set(all.flatMap((m) => m.runs.flatMap((r) => Object.keys(r))))];
  const cells = (of: (m: Measured) => number | undefined): string[] => {
    const times = all.map(of);
    const own = times[all.findIndex((m) => m.peer.startsWith('Amphi'))];
    return times.map((time, i) => {
      const is_own = all[i]?.peer.startsWith('Amphi') ?? false;
      const ratio = time !== undefined && own !== undefined && !is_own ? ` (${(time / own).toFixed(2)}×)` : '';
      return milliseconds(time) + ratio;
    });
  };
  console.log(`\n${title}: ms (× as long as Amphi)\n`);
  line(['', ...all.map((m) => m.peer)]);
  line(['---', ...all.map(() => '---:')]);
  const of = (name: string) => (m: Measured) =>
    median(m.runs.map((r) => r[name]).filter((t): t is number => t !== undefined));
  for (const name of names) line([name, ...cells(of(name))]);
  if (withSum) {
    const sum = (m: Measured): number | undefined =>
      m.runs.length === 0 ? undefined : names.reduce((total, name) => total + (of(name)(m) ?? NaN), 0);
    line(['**sum**', ...cells(sum)]);
  }
}
