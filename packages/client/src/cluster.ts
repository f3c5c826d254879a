import { addMemberBodySchema, type ClusterView, type MemberAdded, parseBody } from '@rrmq/contract';
import type { CallScope } from './call-scope.ts';
import { RrmqError } from './error.ts';
import type { LeaderLocator } from './leader-locator.ts';
import { type CallOptions, parseUrls } from './options.ts';
import type { V1Caller } from './v1-caller.ts';

/** Runs a call within its limits; given by the client. */
export type CallRunner = <Value>(
  options: CallOptions,
  work: (scope: CallScope) => Promise<Value>,
) => Promise<Value>;

/** A node that shall join. */
export interface NewMember {
  readonly address: {
    /** Host name or IP address, without a scheme. */
    readonly ip: string;
    /** For clients. */
    readonly port: number;
    /** For peers; by default the same as `port`. */
    readonly internalPort?: number;
  };
  /** Of its data directory: 32 hex digits. */
  readonly instanceId?: string;
  /** Default `voter`: it is promoted by itself once it has caught up. */
  readonly as?: 'voter' | 'learner';
  /** The member that leaves when this one is promoted. */
  readonly replaces?: number;
}

/** What came of `addMember`. */
export interface Addition extends MemberAdded {
  /** `false`: it was a member already. */
  readonly added: boolean;
}

export interface ClusterStatusOptions extends CallOptions {
  /** Asks this node, once, for how it sees the cluster. By default the leader is asked, or any node when none leads. */
  readonly from?: string;
}

export interface TransferOptions extends CallOptions {
  /** By default the voter that has the most. */
  readonly to?: number;
}

/**
 * What operators see and do: `client.cluster`. Changes need the admin token, or, where the nodes have
 * none, a client on the leader's own machine. They are idempotent in effect: one that is in force already succeeds.
 */
export class ClusterClient {
  readonly #v1: V1Caller;
  readonly #leaders: LeaderLocator;
  readonly #run: CallRunner;

  constructor(v1: V1Caller, leaders: LeaderLocator, run: CallRunner) {
    this.#v1 = v1;
    this.#leaders = leaders;
    this.#run = run;
  }

  /** The leader's view of the cluster; another node's when the leader cannot be asked. */
  status(options: ClusterStatusOptions = {}): Promise<ClusterView> {
    const { from } = options;
    return this.#run(options, (scope) =>
      from === undefined ? this.#bestView(scope) : this.#viewOf(parseUrls([from])[0] ?? '', scope),
    );
  }

  /** Resolves when the node is a member, at first as a learner. */
  async addMember(member: NewMember, options: CallOptions = {}): Promise<Addition> {
    const parsed = parseBody(addMemberBodySchema, member);
    if (!parsed.ok) throw refused('invalid-body', parsed.text);
    const request = { name: 'addMember', body: parsed.value } as const;
    const { status, body } = await this.#run(options, (scope) => this.#v1.call(request, scope));
    return { ...body, added: status === 201 };
  }

  /** Resolves to the new view when none of them is a member any more. */
  removeMembers(ids: readonly number[], options: CallOptions = {}): Promise<ClusterView> {
    return this.#changeByIds('removeMembers', ids, options);
  }

  /** Resolves to the new view when all of them are voters. */
  promote(ids: readonly number[], options: CallOptions = {}): Promise<ClusterView> {
    return this.#changeByIds('promoteMembers', ids, options);
  }

  /** Resolves when another node leads. */
  async transferLeadership(options: TransferOptions = {}): Promise<{ readonly leader: number }> {
    const { to: target } = options;
    const body = target === undefined ? {} : { target };
    const request = { name: 'transferLeadership', body } as const;
    const reply = await this.#run(options, (scope) => this.#v1.call(request, scope));
    return reply.body;
  }

  async #changeByIds(
    name: 'removeMembers' | 'promoteMembers',
    ids: readonly number[],
    options: CallOptions,
  ): Promise<ClusterView> {
    if (ids.length === 0 || !ids.every((id) => Number.isSafeInteger(id) && id >= 1)) {
      throw refused('invalid-parameter', 'name one or more members by their ids');
    }
    const { body } = await this.#run(options, (scope) => this.#v1.call({ name, ids }, scope));
    return body;
  }

  async #bestView(scope: CallScope): Promise<ClusterView> {
    const { body: first } = await this.#v1.call({ name: 'getCluster' }, scope);
    const view = first.leader === null ? ((await this.#ledView(scope)) ?? first) : first;
    const leader = view.members.find(({ isLeader }) => isLeader);
    if (leader === undefined || leader.id === view.node) return view;
    if (!this.#leaders.follow(leader.url)) return view;
    const asked = await this.#v1.ask(leader.url, { name: 'getCluster' }, scope);
    if (asked.kind === 'success') return asked.value.body;
    this.#leaders.forget(leader.url);
    return view;
  }

  /** Of the newest term in which one of the nodes knows a leader: a node that was removed, or is cut off, knows none. */
  async #ledView(scope: CallScope): Promise<ClusterView | undefined> {
    const asked = await Promise.all(
      this.#leaders.known.map((url) => this.#v1.ask(url, { name: 'getCluster' }, scope)),
    );
    return asked
      .flatMap((tried) => (tried.kind === 'success' ? [tried.value.body] : []))
      .filter(({ leader }) => leader !== null)
      .toSorted((a, b) => b.term - a.term)[0];
  }

  async #viewOf(url: string, scope: CallScope): Promise<ClusterView> {
    const asked = await this.#v1.ask(url, { name: 'getCluster' }, scope);
    if (asked.kind === 'failure') throw asked.error;
    return asked.value.body;
  }
}

function refused(code: 'invalid-body' | 'invalid-parameter', text: string): RrmqError {
  return new RrmqError(text, { code, outcome: 'none', retryable: false });
}
