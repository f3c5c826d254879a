import type { NodeStatus } from '@rrmq/contract';
import { RrmqError } from './error.ts';
import { isHandshakeFailure } from './handshake.ts';
import { reasonOf } from './reason.ts';

/** How many nodes known by hints only are remembered: more than any cluster has. */
const LEARNT_MAX = 32;

/** Asks a node for its status; rejects when it does not answer. */
export type Probe = (url: string) => Promise<NodeStatus>;

/**
 * Knows, or finds out, which node leads. What it says is a guess that the cluster corrects: a node that
 * does not lead refuses, and nothing is lost by having asked it.
 */
export class LeaderLocator {
  readonly #configured: readonly string[];
  readonly #protocols: ReadonlySet<string>;
  readonly #learnt = new Set<string>();
  readonly #probe: Probe;
  #leader: string | undefined;
  /** The highest term heard of: a node that claims to lead an earlier one was cut off. */
  #term = 0;
  #search: Promise<string> | undefined;
  #turn = 0;

  constructor(urls: readonly string[], probe: Probe) {
    this.#configured = urls;
    this.#protocols = new Set(urls.map((url) => new URL(url).protocol));
    this.#probe = probe;
  }

  /** The nodes that were given, and those that hints named. */
  get known(): readonly string[] {
    return [...new Set([...this.#configured, ...this.#learnt])];
  }

  /**
   * The leader's URL if it is known or one of the nodes says that it leads, else some node that answers.
   * Calls at the same time share one search. Rejects when no node answers: with `untrusted-certificate` or
   * `wrong-scheme` when one of them is there and TLS fails, else with `unreachable`.
   */
  locate(): Promise<string> {
    if (this.#leader !== undefined) return Promise.resolve(this.#leader);
    this.#search ??= this.#searchAll().finally(() => {
      this.#search = undefined;
    });
    return this.#search;
  }

  /** The node at `url` did what only a leader does. */
  confirm(url: string): void {
    this.#leader = url;
  }

  /** The node at `url` does not lead, or cannot be reached. */
  forget(url: string): void {
    if (this.#leader === url) this.#leader = undefined;
  }

  /**
   * A node said that `url` leads. Returns `false` when that is no usable URL: nobody leads this client to another
   * protocol than those it was given.
   */
  follow(url: string): boolean {
    if (!URL.canParse(url) || !this.#protocols.has(new URL(url).protocol)) return false;
    const leader = url.replace(/\/+$/, '');
    if (!this.#configured.includes(leader)) this.#learn(leader);
    this.#leader = leader;
    return true;
  }

  #learn(url: string): void {
    this.#learnt.add(url);
    const [oldest] = this.#learnt;
    if (this.#learnt.size > LEARNT_MAX && oldest !== undefined) this.#learnt.delete(oldest);
  }

  async #searchAll(): Promise<string> {
    const answers = this.known.map((url) => this.#ask(url));
    const leader = await Promise.any(
      answers.map(async (answer) => {
        const { url, leads } = await answer;
        if (!leads) throw new RrmqError('not the leader', notLeading(url));
        return url;
      }),
    ).catch(() => undefined);
    if (leader !== undefined) {
      this.#leader ??= leader;
      return this.#leader;
    }
    return this.#anyOf(await Promise.allSettled(answers));
  }

  async #ask(url: string): Promise<{ url: string; leads: boolean }> {
    const { role, term } = await this.#probe(url);
    const leads = role === 'Leader' && term >= this.#term;
    this.#term = Math.max(this.#term, term);
    return { url, leads };
  }

  /** The nodes that answer take turns: one of them may know the leader's address. */
  #anyOf(answers: readonly PromiseSettledResult<{ url: string }>[]): string {
    const reachable = answers.flatMap((a) => (a.status === 'fulfilled' ? [a.value.url] : []));
    const url = reachable[this.#turn++ % Math.max(1, reachable.length)];
    if (url !== undefined) return url;
    const reasons = answers.flatMap((a) => (a.status === 'rejected' ? [a.reason as unknown] : []));
    const failed = reasons.find((reason) => isHandshakeFailure(reason));
    throw failed ?? noneReachable(reasons);
  }
}

/** They were asked at once; the first of them stands for all. */
function noneReachable(reasons: readonly unknown[]): RrmqError {
  const [first] = reasons;
  const url = first instanceof RrmqError ? first.url : undefined;
  const text = `no node can be reached (${reasons.length} tried): ${reasonOf(first)}`;
  return new RrmqError(text, {
    code: 'unreachable',
    outcome: 'none',
    retryable: true,
    ...(url === undefined ? {} : { url }),
    cause: first,
  });
}

function notLeading(url: string) {
  return { code: 'not-leader', outcome: 'none', retryable: true, url } as const;
}
