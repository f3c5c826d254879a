import { RECORD_HEADER_BYTES, writeRecordHeader } from '../../src/core/entry-batch.ts';
import { incarnation, logIndex, logTime, nodeId, term } from '../../src/core/numbers.ts';
import { recordOffset, sealFrame, sectorAligned } from '../../src/storage/frame.ts';
import type { Recovered } from '../../src/storage/recovered.ts';

/** The type of a record that is an entry. */
export const ENTRY = 2;
const NOTHING = Buffer.alloc(0);

/** The bytes of one write: [type, index, term] of each record. */
export function frameOf(...records: readonly (readonly [number, number, number])[]): Buffer {
  const bytes = Buffer.alloc(recordOffset(0) + records.length * RECORD_HEADER_BYTES);
  for (const [place, [type, index, ofTerm]] of records.entries()) {
    const header = { type, groupId: 1, index, term: ofTerm, at: 0 };
    writeRecordHeader(bytes, recordOffset(place), header, NOTHING);
  }
  sealFrame(bytes, records.length, { salt: 1, sequence: 1, chain: 0 });
  return Buffer.concat([bytes, Buffer.alloc(sectorAligned(bytes.length) - bytes.length)]);
}

/** A log of so many entries, all of one term. */
export function recovered(last: number, ofTerm = 1, vote = 0): Recovered {
  return {
    identity: { clusterId: 'c', clusterEpoch: 1, instanceId: 'i', nodeId: nodeId(1) },
    incarnation: incarnation(1),
    hardState: { term: term(ofTerm), vote: nodeId(vote) },
    mark: undefined,
    configurations: [],
    peers: new Map(),
    clean: false,
    tornBytes: 0,
    compacted: logIndex(0),
    compactedTerm: term(0),
    last: logIndex(last),
    lastAt: logTime(0),
    termRuns: last === 0 ? [] : [{ first: logIndex(1), term: term(ofTerm) }],
  };
}
