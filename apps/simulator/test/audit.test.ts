import { describe, expect, it } from '@jest/globals';
import {
  type Command,
  MemoryStoreHost,
  type PlainCommand,
  QueueMachine,
  type QueueResult,
  encodeCommand,
} from '@rrmq/queue';
import { logIndex, logTime } from '@rrmq/raft';
import { Audit } from '../src/audit/audit.ts';

const SECRET = Buffer.from('sixteen bytes ..');
const LEASE_MS = 30_000;

const create: Command = { kind: 'create-topic', topic: 't' };
const receive: Command = { kind: 'receive', topic: 't', max: 1, settle: [], secret: SECRET };
const publish = (...bodies: readonly string[]): PlainCommand => ({
  kind: 'publish',
  topic: 't',
  producer: undefined,
  messages: bodies.map((body) => ({ contentType: '', body: Buffer.from(body), dedupId: body })),
});
const ack = (token: Uint8Array): Command => ({
  kind: 'settle',
  topic: 't',
  settle: [{ action: 'ack', token }],
});

/** A machine and an audit that is told what it does, or something else. */
class Told {
  readonly audit = new Audit((error) => {
    throw error;
  });
  readonly #machine: QueueMachine;
  #index = 0;

  private constructor(machine: QueueMachine) {
    this.#machine = machine;
  }

  static async open(...history: readonly Command[]): Promise<Told> {
    const machine = new QueueMachine({ host: new MemoryStoreHost() });
    await machine.open(1);
    const told = new Told(machine);
    for (const command of history) told.run(command);
    return told;
  }

  run(command: Command, at = 0): QueueResult {
    this.#index += 1;
    const bytes = encodeCommand(command);
    const result = this.#machine.apply(bytes, logTime(at), logIndex(this.#index));
    this.#tell(bytes, at, result);
    return result;
  }

  /** The audit is told of an entry that the machine did not execute. */
  lie(command: Command, result: QueueResult, at = 0): void {
    this.#index += 1;
    this.#tell(encodeCommand(command), at, result);
  }

  #tell(command: Buffer, at: number, result: QueueResult): void {
    const entry = { index: logIndex(this.#index), at: logTime(at), command, result };
    this.audit.executed(this.#machine, entry);
  }
}

function tokenOf(result: QueueResult): Buffer {
  if (!result.ok || result.kind !== 'received') throw new Error('nothing was received');
  return result.deliveries[0]?.token ?? Buffer.alloc(0);
}

const SETTLED = { ok: true, kind: 'settled', topicNumber: 1 } as const;

describe('an audit', () => {
  it('finds nothing wrong with what the machine does', async () => {
    const told = await Told.open(create, publish('a', 'b'));
    const token = tokenOf(told.run(receive));
    told.run(ack(token));
    told.run(ack(token));
    told.run(receive, 5);
    told.run({ kind: 'advance' }, LEASE_MS + 5);
    told.run(receive, LEASE_MS + 5);
    expect(told.audit.sightings.counts.get('redelivered')).toBe(1);
    expect(told.audit.sightings.counts.get('settled-again')).toBe(1);
  });

  it('sees two valid tokens of one message', async () => {
    const told = await Told.open(create, publish('a'));
    const first = told.run(receive);
    expect(() => told.lie(receive, first, LEASE_MS - 1)).toThrow('two valid tokens');
  });

  it('sees a settlement that succeeds after its lease', async () => {
    const told = await Told.open(create, publish('a'));
    const token = tokenOf(told.run(receive));
    const settled = [{ ok: true, already: false }] as const;
    expect(() => told.lie(ack(token), { ...SETTLED, settled }, LEASE_MS)).toThrow(
      'succeeds 0 ms after the lease was over',
    );
  });

  it('sees a valid token refused', async () => {
    const told = await Told.open(create, publish('a'));
    const token = tokenOf(told.run(receive));
    const settled = [{ ok: false, code: 'lease-lost' }] as const;
    expect(() => told.lie(ack(token), { ...SETTLED, settled }, LEASE_MS - 1)).toThrow(
      'is refused (lease-lost), 1 ms before the lease is over',
    );
  });

  it('sees an acked message delivered again', async () => {
    const told = await Told.open(create, publish('a'));
    const first = told.run(receive);
    told.run(ack(tokenOf(first)));
    expect(() => told.lie(receive, first)).toThrow('again, though it was acked');
  });

  it('sees a message that nobody published', async () => {
    const told = await Told.open(create, publish('a'));
    const other = await Told.open(create, publish('z', 'y'), receive);
    expect(() => told.lie(receive, other.run(receive))).toThrow('was published by nobody');
  });

  it('sees two messages under one dedup id', async () => {
    const told = await Told.open(create, publish('a'));
    const added = { ok: true, kind: 'published', topicNumber: 1, firstSequence: 2 } as const;
    const result = { ...added, count: 1, duplicate: false, repeated: [] };
    expect(() => told.lie(publish('a'), result)).toThrow('two messages under dedup id a');
  });

  it('sees a request that is executed twice', async () => {
    const once: Command = { kind: 'once', key: 'k', command: publish('a') };
    const told = await Told.open(create, once);
    const result = { ok: true, kind: 'published', topicNumber: 1, firstSequence: 2 } as const;
    const again = { ...result, count: 1, duplicate: false, repeated: [] };
    expect(() => told.lie(once, again)).toThrow('executed a second time');
  });

  it('sees an answer that was meant for somebody else', async () => {
    const told = await Told.open(create);
    const result = told.run(publish('a'));
    const tell = () => told.audit.told(encodeCommand(publish('b')), { index: logIndex(2), result });
    expect(tell).toThrow('entry 2 is told to whoever sent another command');
  });
});
