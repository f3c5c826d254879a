import { RECORD_HEADER_BYTES, recordIndex, recordTerm, recordType } from '../core/entry-batch.ts';
import { type LogIndex, type NodeId, type Term, logIndex, nodeId } from '../core/numbers.ts';
import { claimedBytes, parseFrame, recordOffset } from '../storage/frame.ts';
import { RecordType, isEntry } from '../storage/records.ts';
import type { Recovered } from '../storage/recovered.ts';

/** What one record does to a log, apart from payloads. */
interface Change {
  readonly type: number;
  readonly index: LogIndex;
  readonly term: Term;
}

/** Terms of entries, with what else survives a loss of power. */
interface Image {
  term: Term;
  vote: NodeId;
  last: LogIndex;
  /** Entries up to here are part of a durable state, and may be gone. */
  mark: LogIndex;
  /** By index; of entries before `mark` some are missing. */
  terms: Term[];
}

/**
 * What the disk of a node certainly keeps, found out from the bytes of the writes that ended and from nothing that the
 * node says: frames are taken apart as they are written, and count once their write is durable. A write that was under
 * way when the node died may have happened or not, so a restart finds one of two logs.
 */
export class DurableLog {
  #image: Image | undefined;
  /** Entries up to here were acknowledged by a disk that is gone: what was said of them was true, and counts. */
  #gone = logIndex(0);
  /** Of the write that has begun and not ended. */
  #written: readonly Change[] | undefined;
  #wentBack: string | undefined;
  /** A process that has read its log writes; what it writes before that repeats what is there. */
  #isOpen = false;

  /** `undefined` while it is not known: before the first boot, or when the disk was tampered with. */
  get term(): Term | undefined {
    return this.#image?.term;
  }

  get vote(): NodeId | undefined {
    return this.#image?.vote;
  }

  /** The vote of `term` is for this node. Also while nothing is known. */
  votesFor(id: NodeId, term: Term): boolean {
    return this.#image === undefined || (this.#image.term === term && this.#image.vote === id);
  }

  /** What a write took back that no write may. */
  get wentBack(): string | undefined {
    return this.#wentBack;
  }

  get mark(): LogIndex {
    return this.#image?.mark ?? logIndex(0);
  }

  /** The entry of this term is durable, or a state that includes it, or was until somebody took the disk away. */
  has(index: LogIndex, term: Term | undefined): boolean {
    const image = this.#image;
    if (index <= this.#gone) return true;
    if (image === undefined) return false;
    if (index <= image.mark) return true;
    return index <= image.last && (term === undefined || image.terms[index] === term);
  }

  /** A write begins; the function that comes back is called when it is durable, if ever. */
  append(bytes: Uint8Array): () => void {
    if (!this.#isOpen) return () => undefined;
    const changes = changesOf(bytes);
    this.#written = changes;
    return () => {
      if (this.#image !== undefined) {
        const { mark } = this.#image;
        apply(this.#image, changes);
        if (this.#image.mark < mark) this.#wentBack = `mark ${this.#image.mark} after ${mark}`;
      }
      if (this.#written === changes) this.#written = undefined;
    };
  }

  /** The process ended. */
  close(): void {
    this.#isOpen = false;
  }

  /** Somebody took durable bytes away or put others there: nothing is promised until the next boot. */
  forget(): void {
    if (this.#image !== undefined) this.#gone = this.#image.last;
    this.#image = undefined;
    this.#written = undefined;
  }

  /** A process has read its log. Says what is wrong with it; `undefined` when it is what must be there. */
  opened(recovered: Recovered): string | undefined {
    const found = imageOf(recovered);
    const before = this.#image;
    const written = this.#written;
    this.#image = found;
    this.#written = undefined;
    this.#isOpen = true;
    if (before === undefined) return undefined;
    const difference = differenceOf(before, found);
    if (difference === undefined || written === undefined) return difference;
    apply(before, written);
    return differenceOf(before, found) === undefined ? undefined : difference;
  }
}

function changesOf(bytes: Uint8Array): Change[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const claimed = claimedBytes(buffer, 0);
  if (claimed === 0 || claimed > buffer.length) return [];
  const frame = parseFrame(buffer.subarray(0, claimed));
  if (frame === undefined) return [];
  const changes: Change[] = [];
  for (let record = 0; record < frame.records; record += 1) {
    const header = recordOffset(record);
    if (header + RECORD_HEADER_BYTES > buffer.length) break;
    const type = recordType(buffer, header);
    changes.push({ type, index: recordIndex(buffer, header), term: recordTerm(buffer, header) });
  }
  return changes;
}

function apply(image: Image, changes: readonly Change[]): void {
  for (const { type, index, term } of changes) {
    if (isEntry(type)) {
      image.terms[index] = term;
      image.last = index;
    } else if (type === RecordType.hardState) {
      image.term = term;
      image.vote = nodeId(index);
    } else if (type === RecordType.truncation) {
      image.last = index;
    } else if (type === RecordType.snapshotMark) {
      image.mark = index;
      // One that was installed stands in the place of all entries.
      if (index > image.last || image.terms[index] !== term) image.last = index;
      image.terms[index] = term;
    }
  }
}

function imageOf({ hardState, last, mark, compacted, compactedTerm, termRuns }: Recovered): Image {
  const terms: Term[] = [];
  terms[compacted] = compactedTerm;
  for (const [place, { first, term }] of termRuns.entries()) {
    const end = termRuns[place + 1]?.first ?? last + 1;
    for (let index: number = first; index < end; index += 1) terms[index] = term;
  }
  return { ...hardState, last, mark: mark?.index ?? logIndex(0), terms };
}

function differenceOf(before: Image, found: Image): string | undefined {
  if (found.term !== before.term || found.vote !== before.vote) {
    return `term ${found.term} with vote ${found.vote} in the place of ${before.term} and ${before.vote}`;
  }
  if (found.mark !== before.mark) return `the mark ${found.mark} in the place of ${before.mark}`;
  if (found.last !== before.last) return `last ${found.last} in the place of ${before.last}`;
  for (let index = before.mark + 1; index <= before.last; index += 1) {
    if (found.terms[index] !== before.terms[index]) {
      return `entry ${index} of term ${found.terms[index]} in the place of ${before.terms[index]}`;
    }
  }
  return undefined;
}
