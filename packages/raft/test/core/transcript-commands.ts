import { assert } from '../../src/core/assert.ts';
import { NOBODY, logIndex, nodeId } from '../../src/core/numbers.ts';
import type { Rpc } from '../../src/core/rpc.ts';
import { CoreNetwork, type CoreNetworkOptions, type RpcFilter } from './core-network.ts';
import { textOfConfiguration, textOfNode } from './transcript-text.ts';
import { TranscriptWatch } from './transcript-watch.ts';

/** The words that a script may use, and what they do to a network of cores. */
export interface Stage {
  readonly network: CoreNetwork;
  readonly watch: TranscriptWatch;
  /** What is undone by `heal`. */
  readonly heals: (() => void)[];
}

type Command = (stage: Stage, words: readonly string[]) => void;

/** Commands that need no script to explain them; the argument of most is a node. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  elect: ({ network }, [id]) => {
    network.campaign(idOf(id));
    network.connect();
  },
  lead: ({ network, watch }, [id]) => {
    network.elect(idOf(id));
    network.connect();
    network.tick(50);
    watch.take();
    for (const node of network.nodes) watch.note(textOfNode(node));
  },
  campaign: ({ network }, [id]) => network.campaign(idOf(id)),
  tick: ({ network }, [ms]) => network.tick(Number(ms)),
  propose: ({ network, watch }, [id, ...commands]) => {
    const proposed = network.node(idOf(id)).propose(...commands);
    if (!proposed.ok) watch.note(`${id} refuses: ${proposed.reason}`);
    network.settle();
  },
  shrink: ({ network, watch }, [id, ...commands]) => {
    const payloads = commands.map((command) => Buffer.from(command));
    const proposed = network.core(idOf(id)).propose(payloads, 'shrinks');
    if (!proposed.ok) watch.note(`${id} refuses: ${proposed.reason}`);
    network.settle();
  },
  read: ({ network, watch }, [id, read]) => {
    const refusal = network.node(idOf(id)).read(Number(read));
    if (refusal !== undefined) watch.note(`${id} refuses read ${read}: ${refusal}`);
    network.settle();
  },
  transfer: ({ network, watch }, [id, target]) => {
    const answer = network
      .core(idOf(id))
      .transfer(target === undefined ? undefined : nodeId(idOf(target)));
    watch.note(
      answer.ok ? `${id} hands over to ${answer.target}` : `${id} refuses: ${answer.text}`,
    );
    network.settle();
  },
  room: ({ network }, [id, what]) => network.core(idOf(id)).setRoom(what === 'enough'),
  isolate: ({ network, heals }, [id]) => void heals.push(network.isolate(idOf(id))),
  lose: ({ network, heals }, words) => void heals.push(network.drop(filterOf(words))),
  hold: ({ network }, words) => network.hold(filterOf(words)),
  release: ({ network }, [count]) =>
    network.release(count === undefined ? undefined : Number(count)),
  repeat: ({ network }, words) => network.repeat(filterOf(words)),
  deliver: ({ network }) => network.settle(),
  heal: ({ heals }) => {
    for (const heal of heals.splice(0)) heal();
  },
  crash: ({ network }, [id]) => network.node(idOf(id)).crash(),
  restart: ({ network }, [id]) => {
    network.node(idOf(id)).restart();
    network.connect();
    network.settle();
  },
  gone: ({ network }, [id]) => {
    for (const node of network.nodes) {
      if (node.id !== idOf(id) && node.running) node.core.peerGone(nodeId(idOf(id)));
    }
    network.settle();
  },
  pause: ({ network }, [id]) => network.node(idOf(id)).pause(),
  resume: ({ network }, [id]) => {
    network.node(idOf(id)).resume();
    network.settle();
  },
  disk: ({ network }, [id, what]) => {
    if (what === 'hangs') network.node(idOf(id)).holdDisk();
    else network.node(idOf(id)).persist();
    network.settle();
  },
  machine: ({ network }, [id, what]) => {
    network.node(idOf(id)).applyHeld = what === 'hangs';
    network.node(idOf(id)).act();
  },
  adoption: ({ network }, [id, what]) => {
    const node = network.node(idOf(id));
    node.snapshots.heldAdoption = what === 'hangs';
    for (let i = 0; i < 2; i += 1) node.act();
    network.settle();
  },
  compact: ({ network }, [id, through]) =>
    network
      .node(idOf(id))
      .compact(through === undefined ? network.core(idOf(id)).applied : Number(through)),
  luck: ({ network }, [id, luck]) => {
    network.node(idOf(id)).luck = Number(luck);
  },
  add: ({ network, watch }, [at, as, ...replaces]) => {
    assert(as === 'voter' || as === 'learner', 'a member is added as voter or learner');
    const [, replaced] = replaces;
    const answer = network.add(idOf(at), {
      as,
      ...(replaced === undefined ? {} : { replaces: idOf(replaced) }),
    });
    watch.note(answer.ok ? `${at} adds ${answer.id}` : `${at} refuses: ${answer.text}`);
  },
  remove: (stage, [at, ...ids]) => change(stage, at, { kind: 'remove', ids }),
  promote: (stage, [at, ...ids]) => change(stage, at, { kind: 'promote', ids }),
  show: ({ watch }) => {
    watch.heartbeats = true;
  },
  hide: ({ watch }) => {
    watch.heartbeats = false;
  },
  status: ({ network, watch }) => {
    for (const node of network.nodes) watch.note(textOfNode(node));
  },
  members: ({ network, watch }) => {
    for (const { id, running, core } of network.nodes) {
      const settled = core.isSettled ? '' : ' (not settled)';
      if (running) watch.note(`${id} counts ${textOfConfiguration(core.configuration)}${settled}`);
    }
  },
  peers: ({ network, watch }, [at]) => {
    for (const peer of network.core(idOf(at)).peers()) {
      const { id, state, match, lagEntries, inflightAppends, live } = peer;
      const lag = `lag ${lagEntries}, on the way ${inflightAppends}`;
      watch.note(`${id} ${state}, match ${match}, ${lag}${live ? '' : ', does not answer'}`);
    }
  },
  terms: ({ network, watch }) => {
    for (const node of network.nodes) watch.note(`${node.id} ${node.terms.join(' ')}`);
  },
  memory: ({ network, watch }, [id]) => {
    const core = network.core(idOf(id));
    const held = core.entriesFrom(logIndex(core.compacted + 1), 1) !== undefined;
    watch.note(`${id} holds ${held ? 'all entries' : 'the newest entries only'} in memory`);
  },
};

/** `nodes 3 learners 4 log 2:1,1,2 term 3:7 window 500`: makes the network. */
export function stageOf(words: readonly string[]): Stage {
  const [, voters, ...rest] = words;
  const logs: Record<number, readonly number[]> = {};
  const terms: Record<number, number> = {};
  const learners: number[] = [];
  let settings: NonNullable<CoreNetworkOptions['settings']> = {};
  for (let i = 0; i < rest.length; i += 2) {
    const [id = '', value = ''] = (rest[i + 1] ?? '').split(':');
    if (rest[i] === 'log') logs[Number(id)] = value.split(',').map(Number);
    else if (rest[i] === 'term') terms[Number(id)] = Number(value);
    else if (rest[i] === 'learner') learners.push(Number(id));
    else if (rest[i] === 'memory') {
      settings = { windowBytes: Number(id), unappliedBytesMax: 0 };
    } else if (rest[i] === 'uncommitted') settings = { uncommittedBytesMax: Number(id) };
    else assert(false, `a network has no ${rest[i]}`);
  }
  const network = new CoreNetwork({ voters: Number(voters), learners, logs, terms, settings });
  return { network, watch: new TranscriptWatch(network), heals: [] };
}

function change(
  { network, watch }: Stage,
  at: string | undefined,
  { kind, ids }: { kind: 'remove' | 'promote'; ids: readonly string[] },
): void {
  const answer = network.change(idOf(at), { kind, ids: ids.map((id) => nodeId(idOf(id))) });
  if (!answer.ok) watch.note(`${at} refuses: ${answer.text}`);
  else if (answer.index === 0) watch.note(`${at}: that is so already`);
}

function idOf(word: string | undefined): number {
  const id = Number(word);
  assert(Number.isInteger(id) && id > NOBODY, `${word} is no node`);
  return id;
}

/** `append-reply 2->1`, `vote-reply *->3`, `1->*`: rpcs of a kind, or all, on the way from one node to another. */
function filterOf(words: readonly string[]): RpcFilter {
  const kinds = words.filter((word) => !word.includes('->'));
  const [from = '*', to = '*'] = words.find((word) => word.includes('->'))?.split('->') ?? [];
  const fits = (word: string, id: number): boolean =>
    word === '*' || word.split(',').map(Number).includes(id);
  return (rpc: Rpc) =>
    fits(from, rpc.from) && fits(to, rpc.to) && (kinds.length === 0 || kinds.includes(rpc.kind));
}
