import type { Raft } from '../../src/core/raft.ts';

/** What a core says of itself in the place of the truth. */
export type Lies = Partial<
  Pick<
    Raft,
    | 'id'
    | 'role'
    | 'term'
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
    get: (target, name) => {
      const found: unknown = Reflect.get(name in lies ? lies : target, name, target);
      return typeof found === 'function' && !(name in lies) ? found.bind(target) : found;
    },
  });
}
