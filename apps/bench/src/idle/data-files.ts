import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Size and time of the last change of each data file, by its path. */
export type DataFiles = ReadonlyMap<string, { readonly bytes: number; readonly changedMs: number }>;

/** A file that was written, in place or at its end. */
export interface FileChange {
  readonly path: string;
  readonly grownBytes: number;
}

/** All files below a cluster's folder, without the logs of its programs, which lie in the folder itself. */
export function listDataFiles(directory: string): DataFiles {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath !== directory)
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    files.map((path) => {
      const { size, mtimeMs } = statSync(path);
      return [path, { bytes: size, changedMs: mtimeMs }];
    }),
  );
}

export function changesBetween(before: DataFiles, after: DataFiles): FileChange[] {
  return [...after]
    .filter(([path, file]) => before.get(path)?.changedMs !== file.changedMs)
    .map(([path, file]) => ({ path, grownBytes: file.bytes - (before.get(path)?.bytes ?? 0) }));
}
