import type { LogIndex, NodeId, Term } from '../core/numbers.ts';
import type { MembershipChange } from '../core/membership-change.ts';
import type { Raft } from '../core/raft.ts';
import type { MembershipOutcome } from './group.ts';

type Done = (outcome: MembershipOutcome) => void;

interface PendingChange {
  readonly index: LogIndex;
  /** Of that entry: another leader may put another one in its place. */
  readonly term: Term | undefined;
  readonly id: NodeId | undefined;
  readonly done: Done;
}

type Core = Pick<Raft, 'changeMembers' | 'committed' | 'isSettled' | 'configuration' | 'termAt'>;

/** Changes of membership that were asked for here: who asked is told when they are in force for good. */
export class MembershipChanges {
  readonly #core: Core;
  #pending: PendingChange[] = [];

  constructor(core: Core) {
    this.#core = core;
  }

  ask(change: MembershipChange, done: Done): void {
    const answer = this.#core.changeMembers(change);
    if (!answer.ok) {
      done({ kind: 'refused', reason: answer.reason, text: answer.text });
      return;
    }
    const { index, id } = answer;
    this.#pending.push({ index, term: this.#core.termAt(index), id, done });
    this.poke();
  }

  /** More may be committed. */
  poke(): void {
    if (this.#pending.length === 0) return;
    const { committed, isSettled, configuration } = this.#core;
    const over = this.#pending.filter(({ index }) => index <= committed && isSettled);
    if (over.length === 0) return;
    this.#pending = this.#pending.filter((pending) => !over.includes(pending));
    for (const { index, term, id, done } of over) {
      const isThere = index === 0 || this.#core.termAt(index) === term;
      done(isThere ? { kind: 'done', id, configuration } : { kind: 'unknown' });
    }
  }

  /** Leadership is lost, or the node stops: the next leader completes what is in its log, or replaces it. */
  unknownAll(): void {
    this.poke();
    const pending = this.#pending;
    this.#pending = [];
    for (const { done } of pending) done({ kind: 'unknown' });
  }
}
