import type { Raft } from '../../src/core/raft.ts';

/** What a core says of itself in the place of the truth. */
export type Lies = Partial<
  Pick<
    Raft,
    | 'id'
    | 'role'
    | 'term'
    | 'vote'
    | 'committed'
    | 'applied'
    | 'last'
    | 'durable'
    | 'compacted'
    | 'configuration'
    | 'configurationIndex'
    | 'pendingBytes'
    | 'windowBytes'
    | 'termAt'
    | 'entriesFrom'
    | 'peers'
  >
>;

/** A core that says what it holds, but for its lies; they may change. */
export function liar(core: Raft, lies: Lies): Raft {
  return new Proxy(core, {
    get: (target, name): unknown => {
      if (name in lies) return Reflect.get(lies, name);
      const found: unknown = Reflect.get(target, name, target);
      // Methods look at private fields, which only the core itself has.
      return typeof found === 'function' ? (found.bind(target) as unknown) : found;
    },
  });
}
