import type { LogIndex, Term } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { RoleName } from '../core/role.ts';

type Watched = Pick<Raft, 'applied' | 'role' | 'term' | 'serving'>;

interface Progress {
  readonly applied: LogIndex;
  readonly role: RoleName;
  readonly term: Term;
  readonly serving: boolean;
}

/** Tells who asked for it that entries were executed, or that role, term or readiness changed. */
export class ProgressWatch {
  readonly #core: Watched;
  readonly #listeners = new Set<() => void>();
  #seen: Progress;

  constructor(core: Watched) {
    this.#core = core;
    this.#seen = progressOf(core);
  }

  add(listener: () => void): () => void {
    if (this.#listeners.size === 0) this.#seen = progressOf(this.#core);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Something may have changed. */
  poke(): void {
    if (this.#listeners.size === 0) return;
    const before = this.#seen;
    const now = progressOf(this.#core);
    const isSame =
      now.applied === before.applied &&
      now.role === before.role &&
      now.term === before.term &&
      now.serving === before.serving;
    if (isSame) return;
    this.#seen = now;
    this.tell();
  }

  /** Something has changed that is seen elsewhere. */
  tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

const progressOf = ({ applied, role, term, serving }: Watched): Progress => ({
  applied,
  role,
  term,
  serving,
});
