import { describe, expect, it } from '@jest/globals';
import type { Configuration } from '../../src/core/configuration.ts';
import type { MembershipAnswer } from '../../src/core/membership-change.ts';
import { type LogIndex, type Term, logIndex, nodeId, term } from '../../src/core/numbers.ts';
import { MembershipChanges } from '../../src/driver/membership-changes.ts';

const configuration: Configuration = {
  members: [],
  voters: [nodeId(1)],
  outgoing: [],
  learners: [],
  promoting: [],
  nextId: nodeId(5),
};

function bench() {
  const terms = new Map<LogIndex, Term>([[logIndex(7), term(2)]]);
  const core = {
    committed: logIndex(6),
    isSettled: false,
    configuration,
    termAt: (index: LogIndex) => terms.get(index),
    changeMembers: (): MembershipAnswer => ({ ok: true, index: logIndex(7), id: nodeId(4) }),
  };
  const changes = new MembershipChanges(core);
  const told: string[] = [];
  const ask = (): void =>
    changes.ask({ kind: 'remove', ids: [nodeId(4)] }, (outcome) => void told.push(outcome.kind));
  return { core, changes, told, ask, terms };
}

describe('who asked for a change of membership', () => {
  it('is told when it is committed and no longer joint', () => {
    const { core, changes, told, ask } = bench();
    ask();
    core.committed = logIndex(7);
    changes.poke();
    expect(told).toEqual([]);
    core.isSettled = true;
    changes.poke();
    changes.poke();
    expect(told).toEqual(['done']);
  });

  it('is told at once that nothing has to change, and why it is refused', () => {
    const { core, told, ask } = bench();
    core.isSettled = true;
    core.changeMembers = () => ({ ok: true, index: logIndex(0), id: nodeId(4) });
    ask();
    core.changeMembers = () => ({ ok: false, reason: 'not-leader', text: 'no' });
    ask();
    expect(told).toEqual(['done', 'refused']);
  });

  it('is not told that it is done when another leader put another entry in its place', () => {
    const { core, changes, told, ask, terms } = bench();
    ask();
    terms.set(logIndex(7), term(3));
    core.committed = logIndex(7);
    core.isSettled = true;
    changes.unknownAll();
    expect(told).toEqual(['unknown']);
  });

  it('a leader that removed itself is done, though it leads no more', () => {
    const { core, changes, told, ask } = bench();
    ask();
    core.committed = logIndex(8);
    core.isSettled = true;
    changes.unknownAll();
    expect(told).toEqual(['done']);
  });
});
