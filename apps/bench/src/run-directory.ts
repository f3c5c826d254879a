import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Resources } from './resources.ts';

/** In the package's folder, thus on a real disk; git ignores folders of this name. */
function defaultParent(): string {
  return join(dirname(process.argv[1] ?? '.'), '..', 'rrmq-data');
}

/** Makes a fresh folder for the data of this run, in `parent` or the default place; it goes when the run ends. */
export function makeRunDirectory(resources: Resources, parent = defaultParent()): string {
  const folder = resolve(parent);
  mkdirSync(folder, { recursive: true });
  const directory = mkdtempSync(join(folder, 'bench-'));
  resources.defer(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  return directory;
}
