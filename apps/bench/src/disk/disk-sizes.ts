import {
  type DiskBudget,
  type DiskLatency,
  measureDisk,
  SYNC_MODE,
} from '../machine/disk-latency.ts';
import { formatBytes, formatCount, formatFigure } from '../quantities.ts';
import { formatTable } from '../table.ts';

/** The smallest frame of the log, a page, and a large batch. */
const WRITE_BYTES = [512, 4096, 65_536];

/** Measures durable writes of all sizes in `directory`. */
export async function measureDiskSizes(
  directory: string,
  budget: DiskBudget,
): Promise<DiskLatency[]> {
  const latencies: DiskLatency[] = [];
  for (const bytes of WRITE_BYTES) latencies.push(await measureDisk(directory, bytes, budget));
  return latencies;
}

export function formatDisk(latencies: readonly DiskLatency[]): string {
  const rows = latencies.map(({ writeBytes, writes, medianMs, p99Ms }) => [
    formatBytes(writeBytes).replace('.0', ''),
    formatFigure(medianMs),
    formatFigure(p99Ms),
    formatCount(writes),
  ]);
  return formatTable([`one durable write (${SYNC_MODE})`, 'median ms', 'p99 ms', 'writes'], rows);
}
