import {
  EntryBatch,
  RECORD_HEADER_BYTES,
  recordIndex,
  recordPayloadBytes,
} from '../core/entry-batch.ts';
import type { DiskFile } from '../ports.ts';
import { claimedBytes, parseFrame, recordOffset } from './frame.ts';
import type { Run } from './frame-index.ts';
import { type LogDirectory, segmentName } from './log-directory.ts';
import { LogCorrupt } from './log-errors.ts';

/** Reads the entries of `runs`, at most `maxBytes` of them, but at least one. Rejects with `LogCorrupt` when they rotted. */
export async function readRuns(
  directory: LogDirectory,
  runs: readonly Run[],
  maxBytes: number,
): Promise<EntryBatch[]> {
  const batches: EntryBatch[] = [];
  let bytes = 0;
  for (let i = 0; i < runs.length;) {
    const { segment } = runs[i] ?? { segment: 0 };
    i = await directory.withFile(segmentName(segment), 'read', async (file) => {
      let next = i;
      for (let run = runs[next]; run?.segment === segment; run = runs[next]) {
        const batch = (await readRun(file, run)).prefix(maxBytes - bytes);
        if (batches.length > 0 && bytes + batch.byteLength > maxBytes) return runs.length;
        batches.push(batch);
        bytes += batch.byteLength;
        next = batch.last < run.through ? runs.length : next + 1;
      }
      return next;
    });
  }
  return batches;
}

async function readRun(file: DiskFile, run: Run): Promise<EntryBatch> {
  const bytes = Buffer.allocUnsafeSlow(run.bytes);
  const read = await file.read(bytes, run.offset);
  const whole = read === run.bytes && claimedBytes(bytes, 0) === run.bytes;
  const frame = whole ? parseFrame(bytes) : undefined;
  const batch = frame === undefined ? undefined : decodeRun(bytes, frame.records, run);
  if (batch !== undefined) return batch;
  throw new LogCorrupt({
    file: segmentName(run.segment),
    offset: run.offset,
    index: run.from,
    why: 'the entries read differently from what was written',
  });
}

/** Cuts the run's record headers and payloads out of the frame; the frame's own bytes serve when it holds nothing else. */
function decodeRun(frame: Buffer, records: number, run: Run): EntryBatch | undefined {
  const count = run.through - run.first + 1;
  if (run.record + count > records) return undefined;
  if (recordIndex(frame, recordOffset(run.record)) !== run.first) return undefined;
  if (count === records)
    return sliced(EntryBatch.decode(frame.subarray(recordOffset(0)), count), run);
  const start = recordOffset(records) + payloadBytes(frame, 0, run.record);
  const end = start + payloadBytes(frame, run.record, run.record + count);
  const headers = recordOffset(run.record);
  const bytes = Buffer.concat([
    frame.subarray(headers, headers + count * RECORD_HEADER_BYTES),
    frame.subarray(start, end),
  ]);
  return sliced(EntryBatch.decode(bytes, count), run);
}

function payloadBytes(frame: Buffer, from: number, to: number): number {
  let bytes = 0;
  for (let record = from; record < to; record += 1) {
    bytes += recordPayloadBytes(frame, recordOffset(record));
  }
  return bytes;
}

function sliced(batch: EntryBatch | undefined, run: Run): EntryBatch | undefined {
  return batch?.slice(run.from, run.through);
}
