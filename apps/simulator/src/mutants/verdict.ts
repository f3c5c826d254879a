import type { Mutant } from './mutant.ts';

/** How one mutant ended. */
export interface Verdict {
  readonly mutant: Mutant;
  /** What the failing seed found; `undefined`: the mutant survived. */
  readonly caughtBy: string | undefined;
  /** Seeds that it took, the failing one included. */
  readonly seeds: number;
  readonly cpuMs: number;
  /** Seeds that fail without the mutant, too: they say nothing about it, and something about the source. */
  readonly sick: readonly number[];
  /** The program with the mutant failed in a way that proves nothing: a clumsy patch, or a machine that was too busy. */
  readonly broken: string | undefined;
}

/** More of what a seed found is cut off. */
const WORDS_MAX = 100;

/** A table of all verdicts, for people. */
export function textTable(verdicts: readonly Verdict[]): string {
  return tableOf(verdicts)
    .map(([name, , ...rest]) => [name.padEnd(40), ...rest].join('  '))
    .join('\n');
}

/** The same as docs/TESTING.md has it, with the bugs in words. */
export function markdownTable(verdicts: readonly Verdict[]): string {
  const head = ['mutant', 'the bug', 'seeds', 'CPU s', 'caught by'];
  const rows = tableOf(verdicts).map(([name, ...rest]) => [`\`${name}\``, ...rest]);
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.trim().replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

type Row = readonly [name: string, what: string, seeds: string, cpuS: string, caughtBy: string];

function tableOf(verdicts: readonly Verdict[]): Row[] {
  return verdicts.map(({ mutant, seeds, cpuMs, caughtBy, broken }) => [
    mutant.name,
    mutant.what,
    String(seeds).padStart(6),
    (cpuMs / 1_000).toFixed(1).padStart(7),
    firstWords(caughtBy ?? (broken === undefined ? 'SURVIVED' : `BROKEN: ${broken}`)),
  ]);
}

/** Later lines tell where nodes stood, and bodies of messages are filled up with dots. */
function firstWords(text: string): string {
  const line = (text.split('\n', 1)[0] ?? '').replaceAll(/\.{4,}/g, '…');
  return line.length > WORDS_MAX ? `${line.slice(0, WORDS_MAX)}…` : line;
}
