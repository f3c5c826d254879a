import type { Boot, Cluster } from '../cluster.ts';
import { PATIENCE_MS } from './caller.ts';

/** A read was served from a state that lacked what had been committed when it was asked for. */
class ReadStale extends Error {
  override readonly name = 'ReadStale';
}

/** Linearizable reads of any node (§8), each one checked. */
export class Reads {
  served = 0;
  refused = 0;
  /** Refused by a node that led when it was asked, and no longer did. */
  refusedAfterDeposition = 0;
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** `done` is called once, with `true` while the state of `target` shows all that was committed when this was called. */
  read(target: Boot, done: (isServed: boolean) => void): void {
    const { safety, world } = this.#cluster;
    const newest = safety.committed;
    const { core } = target;
    const led = core.role === 'leader' ? core.term : undefined;
    let answered = false;
    const answer = (isServed: boolean): void => {
      if (answered) return;
      answered = true;
      callOff();
      done(isServed);
    };
    const callOff = world.after(PATIENCE_MS, () => answer(false));
    target.process.run(() =>
      target.node.read((outcome) => {
        if (outcome.kind === 'ready') {
          this.served += 1;
          if (core.applied < newest) {
            throw new ReadStale(
              `node ${core.id} served a read at ${core.applied}, ${newest} was committed before`,
            );
          }
          return answer(true);
        }
        this.refused += 1;
        if (led !== undefined && (core.role !== 'leader' || core.term !== led)) {
          this.refusedAfterDeposition += 1;
        }
        return answer(false);
      }),
    );
  }
}
