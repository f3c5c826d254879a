import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { median, percentile } from '../statistics.ts';

/** How long durable writes of one size took. */
export interface DiskLatency {
  readonly writeBytes: number;
  readonly writes: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

/** When to stop: whichever comes first. */
export interface DiskBudget {
  readonly writesMax: number;
  readonly msMax: number;
}

/** The file is written round and round, like a segment of the log; its blocks exist before it is measured. */
const FILE_BYTES = 4 * 1024 * 1024;

/** Absent on Windows. `as` because Node's types know only the systems that have it. */
const dataSync = constants.O_DSYNC as number | undefined;

/** How writes are made durable here, in words. */
export const SYNC_MODE = dataSync === undefined ? 'write + fdatasync' : 'O_DSYNC';

/** Measures one write after the other, as the log does, into a file in `directory` that is removed afterwards. */
export async function measureDisk(
  directory: string,
  writeBytes: number,
  budget: DiskBudget,
): Promise<DiskLatency> {
  const path = join(directory, `disk-${writeBytes}`);
  const flags = constants.O_CREAT | constants.O_WRONLY | (dataSync ?? 0);
  const file = await open(path, flags);
  try {
    await file.write(Buffer.alloc(FILE_BYTES), 0, FILE_BYTES, 0);
    await file.sync();
    return await measureWrites(file, writeBytes, budget);
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

async function measureWrites(
  file: FileHandle,
  writeBytes: number,
  { writesMax, msMax }: DiskBudget,
): Promise<DiskLatency> {
  const bytes = Buffer.alloc(writeBytes, 'r');
  const tookMs: number[] = [];
  const endMs = performance.now() + msMax;
  while (tookMs.length < writesMax && performance.now() < endMs) {
    const position = (tookMs.length * writeBytes) % FILE_BYTES;
    const startedMs = performance.now();
    await file.write(bytes, 0, writeBytes, position);
    if (dataSync === undefined) await file.datasync();
    tookMs.push(performance.now() - startedMs);
  }
  const writes = tookMs.length;
  return { writeBytes, writes, medianMs: median(tookMs), p99Ms: percentile(tookMs, 99) };
}
