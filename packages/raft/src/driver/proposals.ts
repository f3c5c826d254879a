import { RECORD_HEADER_BYTES } from '../core/entry-batch.ts';
import type { Raft } from '../core/raft.ts';
import { DEFAULT_SETTINGS } from '../core/settings.ts';
import type { Completions, Done } from './completions.ts';
import type { CommandEffect, RefusalReason } from './group.ts';

/** A command larger than this is refused: followers must be able to hold some appends in memory. */
export const COMMAND_BYTES_MAX = 33_554_432;

/**
 * Commands of one turn whose entries take more bytes are offered apart: back-pressure acts between them, and a batch that
 * an append can carry is never cut, which would copy it for each peer.
 */
const OFFER_BYTES_MAX = DEFAULT_SETTINGS.appendBytesMax;

/** The commands that one event-loop turn brings, which become one batch of entries. */
export class Proposals<Result> {
  #offer: Offer<Result> = emptyOffer();

  add(command: Uint8Array, done: Done<Result>, effect: CommandEffect): void {
    this.#offer.commands.push(command);
    this.#offer.dones.push(done);
    this.#offer.effects.push(effect);
  }

  /** Offers everything to the core; who is accepted waits in `completions`, the others are refused. */
  offer(core: Raft, completions: Completions<Result>): void {
    if (this.#offer.commands.length === 0) return;
    const offer = this.#take();
    let from = 0;
    while (from < offer.commands.length) {
      const end = endOfOffer(offer.commands, from);
      offerSome(core, completions, part(offer, from, end));
      from = end;
    }
  }

  refuseAll(reason: RefusalReason): void {
    for (const done of this.#take().dones) done({ kind: 'refused', reason });
  }

  #take(): Offer<Result> {
    const offer = this.#offer;
    this.#offer = emptyOffer();
    return offer;
  }
}

/** Commands, who waits for them and what they do to the state, place by place. */
interface Offer<Result> {
  readonly commands: Uint8Array[];
  readonly dones: Done<Result>[];
  readonly effects: CommandEffect[];
}

const emptyOffer = <Result>(): Offer<Result> => ({ commands: [], dones: [], effects: [] });

function part<Result>(offer: Offer<Result>, from: number, end: number): Offer<Result> {
  if (from === 0 && end === offer.commands.length) return offer;
  return {
    commands: offer.commands.slice(from, end),
    dones: offer.dones.slice(from, end),
    effects: offer.effects.slice(from, end),
  };
}

function offerSome<Result>(
  core: Raft,
  completions: Completions<Result>,
  offer: Offer<Result>,
): void {
  const { commands, dones, effects } = offer;
  const [first] = commands;
  const tooLarge = first !== undefined && first.length > COMMAND_BYTES_MAX;
  const effect = effects.includes('grows') ? 'grows' : 'shrinks';
  const proposed = tooLarge ? TOO_LARGE : core.propose(commands, effect);
  if (proposed.ok) {
    completions.add(proposed.first, core.term, dones);
  } else if (proposed.reason === 'disk-full' && effects.includes('shrinks')) {
    offerApart(core, completions, offer);
  } else {
    for (const done of dones) done({ kind: 'refused', reason: proposed.reason });
  }
}

/** The disks are full: what shrinks the state is taken without the rest. */
function offerApart<Result>(
  core: Raft,
  completions: Completions<Result>,
  { commands, dones, effects }: Offer<Result>,
): void {
  const shrinking: Offer<Result> = emptyOffer();
  commands.forEach((command, place) => {
    const done = dones[place];
    if (done === undefined) return;
    if (effects[place] === 'grows') {
      done({ kind: 'refused', reason: 'disk-full' });
      return;
    }
    shrinking.commands.push(command);
    shrinking.dones.push(done);
    shrinking.effects.push('shrinks');
  });
  offerSome(core, completions, shrinking);
}

const TOO_LARGE = { ok: false, reason: 'too-large' } as const;

/** Where the offer that begins at `from` ends: at its bound, and an oversized command stands alone. */
function endOfOffer(commands: readonly Uint8Array[], from: number): number {
  let bytes = 0;
  let end = from;
  for (; end < commands.length; end += 1) {
    bytes += RECORD_HEADER_BYTES + (commands[end]?.length ?? 0);
    if (bytes > OFFER_BYTES_MAX && end > from) break;
  }
  return end;
}
