import type { NodeEvent, NodeId } from '@rrmq/raft';
import type { Cluster } from './cluster.ts';

/** Between two looks at the nodes, in steps: what lasts a moment only is seen often enough over a campaign. */
const LOOK_EVERY = 8;

/** What may be seen; all of it is reported, so that a 0 shows. */
const MARKS = [
  'flushed',
  'compacted',
  'snapshot-sending',
  'snapshot-refused',
  'snapshot-installed',
  /** A transfer broke off, and the same node got a snapshot later. */
  'snapshot-interrupted',
  'snapshot-after-interruption',
  'configuration-changed',
  'leader-ended-in-joint-configuration',
  'torn-tail-cut',
  'followers-entries-replaced',
  'leader-applied-before-own-disk',
  'slow-disk',
  'disk-full',
  'store-full',
  'write-failed',
  'no-room-to-go-on',
  'corruption-refused',
  'flip-without-effect',
  'wiped-node-refused',
  'unknown-version-refused',
  'node-replaced',
] as const;

export type Mark = (typeof MARKS)[number];

type Core = Cluster['running'][number]['core'];

/** What was seen of a node last. */
interface Seen {
  readonly isAhead: boolean;
  readonly last: number;
}

/** Counts rare things that happen, by looking from outside. */
export class Marks {
  readonly counts = new Map<Mark, number>(MARKS.map((mark) => [mark, 0]));
  readonly #seen = new Map<Core, Seen>();
  readonly #interrupted = new Set<NodeId>();
  #steps = 0;

  add(mark: Mark): void {
    this.counts.set(mark, (this.counts.get(mark) ?? 0) + 1);
  }

  event(id: NodeId, event: NodeEvent): void {
    switch (event.kind) {
      case 'flushed':
      case 'compacted':
      case 'snapshot-sending':
      case 'snapshot-refused':
      case 'configuration-changed':
      case 'slow-disk':
      case 'store-full':
        return this.add(event.kind);
      case 'snapshot-sent':
        return event.installed ? undefined : this.#interruptedAt(event.peer);
      case 'snapshot-installed':
        return this.#installed(id);
      case 'opened':
        return event.tornBytes > 0 ? this.add('torn-tail-cut') : undefined;
      case 'room-changed':
        return event.room ? undefined : this.add('disk-full');
      case 'refused-by-peer':
        return this.#refused(event.refusal.code);
      default:
        return undefined;
    }
  }

  /** After each step. */
  look(cluster: Cluster): void {
    this.#steps += 1;
    if (this.#steps % LOOK_EVERY !== 0) return;
    for (const { core } of cluster.running) this.#lookAt(core);
  }

  /** The process of a node is about to end. */
  ending(core: Core): void {
    if (core.role === 'leader' && core.configuration.outgoing.length > 0) {
      this.add('leader-ended-in-joint-configuration');
    }
    this.#seen.delete(core);
  }

  #lookAt(core: Core): void {
    const before = this.#seen.get(core);
    const isLeader = core.role === 'leader';
    const isAhead = isLeader && core.applied > core.durable;
    if (isAhead && before?.isAhead !== true) this.add('leader-applied-before-own-disk');
    const { last } = core;
    if (!isLeader && before !== undefined && last < before.last) {
      this.add('followers-entries-replaced');
    }
    this.#seen.set(core, { isAhead, last });
  }

  #interruptedAt(peer: NodeId): void {
    this.#interrupted.add(peer);
    this.add('snapshot-interrupted');
  }

  #installed(id: NodeId): void {
    this.add('snapshot-installed');
    if (this.#interrupted.delete(id)) this.add('snapshot-after-interruption');
  }

  #refused(code: string): void {
    if (code === 'instance') this.add('wiped-node-refused');
    if (code === 'version') this.add('unknown-version-refused');
  }
}
