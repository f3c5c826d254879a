import type { Raft } from '../core/raft.ts';
import type { Completions, Done } from './completions.ts';
import type { RefusalReason } from './group.ts';

/** A command larger than this is refused: followers must be able to hold some appends in memory. */
export const COMMAND_BYTES_MAX = 33_554_432;

/** Commands of one turn beyond this many bytes are offered apart, so that back-pressure acts between them. */
const OFFER_BYTES_MAX = 8_388_608;

/** The commands that one event-loop turn brings, which become one batch of entries. */
export class Proposals<Result> {
  #commands: Uint8Array[] = [];
  #dones: Done<Result>[] = [];

  add(command: Uint8Array, done: Done<Result>): void {
    this.#commands.push(command);
    this.#dones.push(done);
  }

  /** Offers everything to the core; who is accepted waits in `completions`, the others are refused. */
  offer(core: Raft, completions: Completions<Result>): void {
    if (this.#commands.length === 0) return;
    const commands = this.#commands;
    const dones = this.#dones;
    this.#commands = [];
    this.#dones = [];
    let from = 0;
    while (from < commands.length) {
      const end = endOfOffer(commands, from);
      offerSome(core, completions, {
        commands: commands.slice(from, end),
        dones: dones.slice(from, end),
      });
      from = end;
    }
  }

  refuseAll(reason: RefusalReason): void {
    const dones = this.#dones;
    this.#commands = [];
    this.#dones = [];
    for (const done of dones) done({ kind: 'refused', reason });
  }
}

interface Offer<Result> {
  readonly commands: readonly Uint8Array[];
  readonly dones: readonly Done<Result>[];
}

function offerSome<Result>(
  core: Raft,
  completions: Completions<Result>,
  { commands, dones }: Offer<Result>,
): void {
  const [first] = commands;
  const tooLarge = first !== undefined && first.length > COMMAND_BYTES_MAX;
  const proposed = tooLarge ? TOO_LARGE : core.propose(commands);
  if (proposed.ok) {
    completions.add(proposed.first, core.term, dones);
    return;
  }
  for (const done of dones) done({ kind: 'refused', reason: proposed.reason });
}

const TOO_LARGE = { ok: false, reason: 'too-large' } as const;

/** Where the offer that begins at `from` ends: at its bound, and an oversized command stands alone. */
function endOfOffer(commands: readonly Uint8Array[], from: number): number {
  let bytes = 0;
  let end = from;
  for (; end < commands.length; end += 1) {
    bytes += commands[end]?.length ?? 0;
    if (bytes > OFFER_BYTES_MAX && end > from) break;
  }
  return end;
}
