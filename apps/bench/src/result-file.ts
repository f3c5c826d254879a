import { writeFileSync } from 'node:fs';

/** Writes a run's figures where `--json` says, if it does. */
export function writeJson(file: string | undefined, figures: object): void {
  if (file === undefined) return;
  writeFileSync(file, `${JSON.stringify(figures, undefined, 2)}\n`);
  console.log(`\nfigures written to ${file}`);
}
