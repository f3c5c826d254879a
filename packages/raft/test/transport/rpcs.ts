import { EntryBatch, EntryType } from '../../src/core/entry-batch.ts';
import {
  type NodeId,
  incarnation,
  logIndex,
  logTime,
  nodeId,
  term,
} from '../../src/core/numbers.ts';
import type {
  AppendEntries,
  Heartbeat,
  HeartbeatReply,
  InstallSnapshot,
  Rpc,
  VoteReply,
} from '../../src/core/rpc.ts';
import type { Random } from '../../src/ports.ts';

export const GROUP_ID = 1;

export function batch(first: number, payloads: readonly string[], ofTerm = 3): EntryBatch {
  const header = { groupId: GROUP_ID, first: logIndex(first), term: term(ofTerm) };
  return EntryBatch.encode(
    { ...header, at: logTime(1_700_000_000_000), type: EntryType.command },
    payloads.map((payload) => Buffer.from(payload)),
  );
}

const envelope = (from: number, to: number) => ({
  from: nodeId(from),
  to: nodeId(to),
  term: term(7),
  incarnation: incarnation(0),
});

export function heartbeat(from: number, to: number, round = 1): Heartbeat {
  const now = logTime(1_700_000_000_000);
  return { kind: 'heartbeat', ...envelope(from, to), commit: logIndex(4), round, now };
}

export function heartbeatReply(from: number, to: number, boot: number): HeartbeatReply {
  const asked = { ...envelope(from, to), incarnation: incarnation(boot) };
  return { kind: 'heartbeat-reply', ...asked, round: 1, room: true };
}

export function voteReply(from: number, to: number, boot: number): VoteReply {
  const asked = { ...envelope(from, to), incarnation: incarnation(boot) };
  return { kind: 'vote-reply', ...asked, pre: false, granted: true, wallMs: 0 };
}

/** A chunk of a snapshot of the entries through 40. */
export function install(from: number, to: number, data: Buffer, chunk = 0): InstallSnapshot {
  const snapshot = {
    id: 1,
    index: logIndex(40),
    term: term(6),
    at: logTime(1_700_000_000_000),
    configuration: Buffer.from('members'),
    configurationIndex: logIndex(3),
  };
  return { kind: 'install-snapshot', ...envelope(from, to), snapshot, chunk, last: false, data };
}

export function append(from: NodeId, to: NodeId, batches: readonly EntryBatch[]): AppendEntries {
  const prevIndex = logIndex((batches[0]?.first ?? 1) - 1);
  const places = { prevIndex, prevTerm: term(0), commit: logIndex(0) };
  return { kind: 'append-entries', ...envelope(from, to), ...places, batches };
}

/** One of each kind, with numbers up to 2^53 - 1. */
export function randomRpcs(random: Random, from: NodeId, to: NodeId): Rpc[] {
  const yes = (): boolean => random.next() < 0.5;
  const any = (): number =>
    yes()
      ? Math.floor(random.next() * 1000)
      : Math.floor(random.next() * (Number.MAX_SAFE_INTEGER + 1));
  const oneOf = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random.next() * values.length)] as Value;
  const boot = incarnation(Math.floor(random.next() * 0x1_0000_0000));
  const request = { from, to, term: term(any()), incarnation: incarnation(9) };
  const reply = { ...request, incarnation: boot };
  const hint = { hintIndex: logIndex(any()), hintTerm: term(any()) };
  const last = { lastIndex: logIndex(any()), lastTerm: term(any()) };
  return [
    { kind: 'request-vote', ...request, pre: yes(), transfer: yes(), ...last },
    { kind: 'vote-reply', ...reply, pre: yes(), granted: yes(), wallMs: any() },
    randomAppend(random, { ...request, term: term(1000 + any() / 2) }),
    { kind: 'append-reply', ...reply, ok: yes(), match: logIndex(any()), ...hint, room: yes() },
    {
      kind: 'heartbeat',
      ...request,
      commit: logIndex(any()),
      round: any(),
      now: logTime(any()),
    },
    { kind: 'heartbeat-reply', ...reply, round: any(), room: yes() },
    { kind: 'timeout-now', ...request },
    randomInstall(random, { ...request, term: term(1000 + Math.floor(any() / 2)) }),
    { kind: 'install-reply', ...reply, snapshotId: any(), status: oneOf(STATUSES), next: any() },
    { kind: 'read-index', ...request, read: any() },
    {
      kind: 'read-reply',
      ...reply,
      read: any(),
      index: logIndex(any()),
      refusal: oneOf(READ_REFUSALS),
    },
  ];
}

const STATUSES = ['more', 'installed', 'refused'] as const;
const READ_REFUSALS = ['not-leader', 'unconfirmed', 'overloaded', undefined] as const;

type Envelope = Pick<Rpc, 'from' | 'to' | 'term' | 'incarnation'>;

function randomAppend(random: Random, request: Envelope): Rpc {
  const prevIndex = Math.floor(random.next() * 2 ** 50);
  const batches: EntryBatch[] = [];
  let next = prevIndex + 1;
  while (random.next() < 0.6) {
    const payloads = Array.from({ length: 1 + Math.floor(random.next() * 5) }, () =>
      'x'.repeat(Math.floor(random.next() * 50)),
    );
    batches.push(batch(next, payloads, 3 + batches.length));
    next += payloads.length;
  }
  const previous = { prevIndex: logIndex(prevIndex), prevTerm: term(3) };
  const whole = { ...request, term: term(Math.floor(request.term)) };
  return { kind: 'append-entries', ...whole, ...previous, commit: logIndex(2), batches };
}

function randomInstall(random: Random, request: Envelope): Rpc {
  const some = (most: number): number => Math.floor(random.next() * most);
  const snapshot = {
    id: some(2 ** 53),
    index: logIndex(1000 + some(2 ** 50)),
    term: term(some(1000)),
    at: logTime(some(2 ** 53)),
    configuration: Buffer.alloc(some(40), 'c'),
    configurationIndex: logIndex(some(1000)),
  };
  const data = Buffer.alloc(some(60), 'd');
  const last = random.next() < 0.5;
  return { kind: 'install-snapshot', ...request, snapshot, chunk: some(1000), last, data };
}
