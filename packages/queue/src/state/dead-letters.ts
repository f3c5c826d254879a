import { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import type { Death, DeathReason } from '../queue-view.ts';
import type { Message } from '../results/result.ts';
import { messageBytes, readMessage, writeMessage } from '../store/message-record.ts';
import { RowKind, placePrefix, readU64Text, u64Text } from '../store/row-keys.ts';
import { OrderedRows } from './ordered-rows.ts';
import type { Row, Rows } from './rows.ts';
import { type Trail, readTrail, trailBytes, writeTrail } from './trail.ts';

export interface DeadLetter {
  readonly message: Message;
  readonly trail: Trail;
  readonly death: Death;
}

/** Numbers in the store: never reuse one. */
const REASONS = [
  'failures',
  'rejected',
  'expired',
  'overflow',
] as const satisfies readonly DeathReason[];

/** The dead letters of a topic, by sequence. They have left its live messages, content and all. */
export class DeadLetters {
  readonly #letters: OrderedRows;
  #count: number;
  #bytes: number;

  constructor(rows: Rows, place: number, { count, bytes }: DeadCounts) {
    this.#letters = new OrderedRows(rows, placePrefix(RowKind.dead, place), count === 0);
    this.#count = count;
    this.#bytes = bytes;
  }

  get count(): number {
    return this.#count;
  }

  /** Of their bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  get first(): DeadLetter | undefined {
    const row = this.#count === 0 ? undefined : this.#letters.first;
    return row && letterOf(row);
  }

  add(letter: DeadLetter): void {
    this.#letters.put(u64Text(letter.message.sequence), encodeDeadLetter(letter), true);
    this.#count += 1;
    this.#bytes += letter.message.body.length;
  }

  find(sequence: number): DeadLetter | undefined {
    const value = this.#count === 0 ? undefined : this.#letters.get(u64Text(sequence));
    return value && readDeadLetter(new ByteReader(value), sequence);
  }

  /** The first one above this sequence. */
  after(sequence: number): DeadLetter | undefined {
    const row =
      this.#count === 0 ? undefined : this.#letters.after(this.#letters.prefix + u64Text(sequence));
    return row && letterOf(row);
  }

  remove({ sequence, body }: Message): void {
    this.#letters.delete(u64Text(sequence));
    this.#count -= 1;
    this.#bytes -= body.length;
  }
}

export interface DeadCounts {
  readonly count: number;
  readonly bytes: number;
}

function letterOf({ key, value }: Row): DeadLetter {
  return readDeadLetter(new ByteReader(value), readU64Text(key, key.length - 8));
}

/** | u64 at | u8 reason | trail | message, as in its own record | */
function encodeDeadLetter({ message, trail, death }: DeadLetter): Buffer {
  const writer = new ByteWriter(9 + trailBytes(trail) + messageBytes(message));
  writeTrail(writer.u64(death.at).u8(REASONS.indexOf(death.reason)), trail);
  return writeMessage(writer, message).finish();
}

/** The body is a view. Fails the reader when the bytes are none. */
export function readDeadLetter(reader: ByteReader, sequence: number): DeadLetter {
  const at = reader.u64();
  const reason = REASONS[reader.u8()];
  if (reason === undefined) reader.fail();
  const trail = readTrail(reader);
  return {
    message: readMessage(reader, sequence),
    trail,
    death: { at, reason: reason ?? 'failures' },
  };
}
