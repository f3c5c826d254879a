import {
  EntryType,
  recordAt,
  recordGroupId,
  recordIndex,
  recordPayloadBytes,
  recordTerm,
  recordType,
} from '../core/entry-batch.ts';
import type { HardState } from '../core/hard-state.ts';
import {
  type LogIndex,
  type LogTime,
  type NodeId,
  logIndex,
  logTime,
  nodeId,
} from '../core/numbers.ts';
import { type Frame, recordOffset } from './frame.ts';
import { FrameIndex, type Place } from './frame-index.ts';
import type { Standing } from './head.ts';
import { RecordType, isEntry } from './records.ts';
import type { ConfigurationRecord } from './recovered.ts';
import type { TermRun } from '../core/raft-log.ts';

/**
 * What the durable frames say, one applied after the other. Recovery and the running log use the same code, so that
 * what a head repeats is what recovery finds.
 */
export class LogImage {
  readonly index = new FrameIndex();
  readonly groupId: number;
  readonly #compacted: Pick<Standing, 'compacted' | 'compactedTerm' | 'compactedAt'>;
  readonly #peers: Map<NodeId, string>;
  readonly #configurations: ConfigurationRecord[];
  readonly #termRuns: TermRun[] = [];
  #hardState: HardState;
  #last: LogIndex;
  #lastTerm: number;
  /** 0 after a truncation: not known then without reading. */
  #lastAt: LogTime;
  /** Of the last record; none is 0. */
  #newestType = 0;

  constructor(groupId: number, standing: Standing) {
    const { compacted, compactedTerm, compactedAt } = standing;
    this.groupId = groupId;
    this.#compacted = { compacted, compactedTerm, compactedAt };
    this.#peers = new Map(standing.peers);
    this.#configurations = [...standing.configurations];
    this.#hardState = standing.hardState;
    this.#last = standing.last;
    this.#lastTerm = compactedTerm;
    this.#lastAt = compactedAt;
  }

  get last(): LogIndex {
    return this.#last;
  }

  /** The last frame was a clean-shutdown mark. */
  get endsClean(): boolean {
    return this.#newestType === RecordType.cleanShutdown;
  }

  /** The last frame was an idle mark: losing it would lose nothing. */
  get endsIdle(): boolean {
    return this.#newestType === RecordType.idle;
  }

  get termRuns(): readonly TermRun[] {
    return this.#termRuns;
  }

  /** A copy, which stays as it is while frames go on. */
  standing(): Standing {
    return {
      ...this.#compacted,
      hardState: this.#hardState,
      last: this.#last,
      configurations: [...this.#configurations],
      peers: new Map(this.#peers),
    };
  }

  /** Takes in a frame whose checksums, payloads included, are right. A string tells why it cannot follow here. */
  apply(frame: Frame, place: Place): string | undefined {
    const { bytes, records } = frame;
    let payload = recordOffset(records);
    let inRun = false;
    for (let record = 0; record < records; record += 1) {
      const header = recordOffset(record);
      const end = payload + recordPayloadBytes(bytes, header);
      if (recordGroupId(bytes, header) !== this.groupId) return 'a record of another group';
      const ofEntry = isEntry(recordType(bytes, header));
      if (ofEntry && !inRun) this.index.add(logIndex(this.#last + 1), place, record);
      const why = ofEntry
        ? this.#applyEntry(bytes, header)
        : this.#applyOwn(bytes, header, bytes.subarray(payload, end));
      if (why !== undefined) return why;
      this.#newestType = recordType(bytes, header);
      if (ofEntry) this.#noteConfiguration(bytes, header, payload);
      inRun = ofEntry;
      payload = end;
    }
    return undefined;
  }

  #applyEntry(bytes: Buffer, header: number): string | undefined {
    const index = recordIndex(bytes, header);
    const ofTerm = recordTerm(bytes, header);
    const at = recordAt(bytes, header);
    if (index !== this.#last + 1) return `entry ${index} follows entry ${this.#last}`;
    if (ofTerm < this.#lastTerm) return `term ${ofTerm} follows term ${this.#lastTerm}`;
    if (at < this.#lastAt) return 'the time goes back';
    if (ofTerm > this.#lastTerm || this.#termRuns.length === 0) {
      this.#termRuns.push({ first: index, term: ofTerm });
    }
    this.#last = index;
    this.#lastTerm = ofTerm;
    this.#lastAt = at;
    return undefined;
  }

  #noteConfiguration(bytes: Buffer, header: number, payload: number): void {
    if (recordType(bytes, header) !== EntryType.configuration) return;
    const end = payload + recordPayloadBytes(bytes, header);
    const copy = Buffer.from(bytes.subarray(payload, end));
    this.#configurations.push({ index: recordIndex(bytes, header), payload: copy });
  }

  #applyOwn(bytes: Buffer, header: number, payload: Buffer): string | undefined {
    switch (recordType(bytes, header)) {
      case RecordType.hardState:
        this.#hardState = {
          term: recordTerm(bytes, header),
          vote: nodeId(recordIndex(bytes, header)),
        };
        return undefined;
      case RecordType.truncation:
        return this.#truncate(recordIndex(bytes, header));
      case RecordType.peer:
        this.#peers.set(nodeId(recordIndex(bytes, header)), payload.toString());
        return undefined;
      case RecordType.cleanShutdown:
      case RecordType.idle:
        return undefined;
      default:
        return `record type ${recordType(bytes, header)} is not known`;
    }
  }

  #truncate(after: LogIndex): string | undefined {
    const { compacted, compactedTerm } = this.#compacted;
    if (after < compacted || after > this.#last) {
      return `entries after ${after} cannot be void: the log holds ${compacted + 1} … ${this.#last}`;
    }
    while ((this.#termRuns.at(-1)?.first ?? 0) > after) this.#termRuns.pop();
    while ((this.#configurations.at(-1)?.index ?? 0) > after) this.#configurations.pop();
    this.index.truncate(after);
    this.#last = after;
    this.#lastTerm = this.#termRuns.at(-1)?.term ?? compactedTerm;
    this.#lastAt = logTime(0);
    return undefined;
  }
}
