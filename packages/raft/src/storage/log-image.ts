import {
  EntryType,
  recordAt,
  recordGroupId,
  recordIndex,
  recordPayloadBytes,
  recordTerm,
  recordType,
} from '../core/entry-batch.ts';
import { assert } from '../core/assert.ts';
import type { HardState } from '../core/hard-state.ts';
import {
  type LogIndex,
  type LogTime,
  type NodeId,
  type Term,
  logIndex,
  nodeId,
} from '../core/numbers.ts';
import type { TermRun } from '../core/raft-log.ts';
import type { SnapshotMark } from '../core/ready.ts';
import { type Frame, recordOffset } from './frame.ts';
import { FrameIndex, type Place } from './frame-index.ts';
import { type EntryName, type Standing, configurationsFrom } from './head.ts';
import { RecordType, isEntry } from './records.ts';
import type { ConfigurationRecord } from './recovered.ts';
import { SegmentBases } from './segment-bases.ts';
import { type MarkRecord, decodeMarkRecord } from './snapshot-mark.ts';

/**
 * What the durable frames say, one applied after the other. Recovery and the running log use the same code, so that
 * what a head repeats is what recovery finds. It begins with what the head of the first segment says: entries up to
 * that head's last one are compacted.
 */
export class LogImage {
  readonly index = new FrameIndex();
  readonly bases = new SegmentBases();
  readonly groupId: number;
  readonly #peers: Map<NodeId, string>;
  #compacted: EntryName;
  #configurations: ConfigurationRecord[];
  #termRuns: TermRun[] = [];
  #hardState: HardState;
  #mark: SnapshotMark | undefined;
  #last: LogIndex;
  #lastTerm: Term;
  /** `undefined` after a truncation: not known then without reading. */
  #lastAt: LogTime | undefined;
  /** Of the last record; none is 0. */
  #newestType = 0;
  /** Of the frame that is being applied. */
  #sequence = 0;
  #resets = 0;

  constructor(groupId: number, standing: Standing) {
    const { last, tail } = standing;
    assert(tail !== undefined, 'a log begins behind an entry whose term is known');
    this.groupId = groupId;
    this.#compacted = { index: last, ...tail };
    this.#peers = new Map(standing.peers);
    this.#configurations = configurationsFrom(last, standing.configurations);
    this.#hardState = standing.hardState;
    this.#mark = standing.mark;
    this.#last = last;
    this.#lastTerm = tail.term;
    this.#lastAt = tail.at;
  }

  get last(): LogIndex {
    return this.#last;
  }

  /** Entries up to this one are no longer in the log. */
  get compacted(): EntryName {
    return this.#compacted;
  }

  get mark(): SnapshotMark | undefined {
    return this.#mark;
  }

  /** Counts the marks that made all entries void. */
  get resets(): number {
    return this.#resets;
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
    const at = this.#lastAt;
    return {
      hardState: this.#hardState,
      mark: this.#mark,
      last: this.#last,
      tail: at === undefined ? undefined : { term: this.#lastTerm, at },
      configurations: [...this.#configurations],
      peers: new Map(this.#peers),
    };
  }

  /** Takes in a frame whose checksums, payloads included, are right. A string tells why it cannot follow here. */
  apply(frame: Frame, place: Place): string | undefined {
    const { bytes, records } = frame;
    this.#sequence = frame.sequence;
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

  /** The log begins behind `base` from now on, in the segment that follows frame `sequence`: earlier ones may go. */
  compact(base: EntryName, sequence: number): void {
    assert(base.index >= this.#compacted.index, 'entries that are gone do not come back');
    assert(base.index <= (this.#mark?.index ?? 0), 'a mark covers what is compacted');
    this.#compacted = base;
    this.index.dropThrough(base.index);
    this.bases.forgetThrough(sequence);
    this.#configurations = configurationsFrom(base.index, this.#configurations);
    const first = logIndex(base.index + 1);
    const runs = this.#termRuns.filter(
      (_, i) => (this.#termRuns[i + 1]?.first ?? Infinity) > first,
    );
    this.#termRuns =
      base.index === this.#last
        ? []
        : runs.map((run) => ({ ...run, first: logIndex(Math.max(run.first, first)) }));
  }

  #applyEntry(bytes: Buffer, header: number): string | undefined {
    const index = recordIndex(bytes, header);
    const ofTerm = recordTerm(bytes, header);
    const at = recordAt(bytes, header);
    if (index !== this.#last + 1) return `entry ${index} follows entry ${this.#last}`;
    if (ofTerm < this.#lastTerm) return `term ${ofTerm} follows term ${this.#lastTerm}`;
    if (this.#lastAt !== undefined && at < this.#lastAt) return 'the time goes back';
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
    const index = recordIndex(bytes, header);
    switch (recordType(bytes, header)) {
      case RecordType.hardState:
        this.#hardState = { term: recordTerm(bytes, header), vote: nodeId(index) };
        return undefined;
      case RecordType.truncation:
        return this.#truncate(index);
      case RecordType.snapshotMark: {
        const name = { index, term: recordTerm(bytes, header), at: recordAt(bytes, header) };
        return this.#applyMark(decodeMarkRecord(name, payload));
      }
      case RecordType.peer:
        this.#peers.set(nodeId(index), payload.toString());
        return undefined;
      case RecordType.cleanShutdown:
      case RecordType.idle:
        return undefined;
      default:
        return `record type ${recordType(bytes, header)} is not known`;
    }
  }

  #truncate(after: LogIndex): string | undefined {
    if (after < this.#compacted.index || after > this.#last) {
      return `entries after ${after} cannot be void: the log holds ${this.#compacted.index + 1} … ${this.#last}`;
    }
    if (after < (this.#mark?.index ?? 0)) return `a mark covers entries after ${after}`;
    while ((this.#termRuns.at(-1)?.first ?? 0) > after) this.#termRuns.pop();
    while ((this.#configurations.at(-1)?.index ?? 0) > after) this.#configurations.pop();
    this.index.truncate(after);
    this.bases.truncated(this.#sequence, after);
    this.#last = after;
    this.#lastTerm = this.#termRuns.at(-1)?.term ?? this.#compacted.term;
    this.#lastAt = undefined;
    return undefined;
  }

  #applyMark({ mark, resets }: MarkRecord): string | undefined {
    const { index, generation } = mark;
    if (
      this.#mark !== undefined &&
      (index < this.#mark.index || generation < this.#mark.generation)
    ) {
      return `a mark of entry ${index} follows one of entry ${this.#mark.index}`;
    }
    if (resets) this.#reset(mark);
    else if (index > this.#last || (this.#termAt(index) ?? mark.term) !== mark.term) {
      return `a mark of entry ${index} of term ${mark.term}, which the log does not hold`;
    }
    this.#mark = mark;
    return undefined;
  }

  #reset({ index, term, at, configuration }: SnapshotMark): void {
    this.#compacted = { index, term, at };
    this.#last = index;
    this.#lastTerm = term;
    this.#lastAt = at;
    this.#termRuns = [];
    this.#configurations = [configuration];
    this.index.clear();
    this.bases.reset(this.#sequence, this.#compacted);
    this.#resets += 1;
  }

  /** `undefined` for entries that are compacted. */
  #termAt(index: LogIndex): Term | undefined {
    if (index === this.#compacted.index) return this.#compacted.term;
    return this.#termRuns.findLast(({ first }) => first <= index)?.term;
  }
}
