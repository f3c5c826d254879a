import type { NodeEvent, SnapshotEvent } from '@rrmq/raft';
import type { Logger } from 'pino';

type Line = readonly [level: 'debug' | 'info' | 'warn' | 'error', text: string];

/** Writes what a node tells about itself to the log. The field `event` names the kind, for programs that read along. */
export function logEvent(logger: Logger, event: NodeEvent): void {
  const { kind, ...fields } = event;
  const [level, text] = describe(event);
  logger[level]({ event: kind, ...fields }, text);
}

function describe(event: NodeEvent): Line {
  switch (event.kind) {
    case 'opened':
      return describeOpened(event);
    case 'role-changed':
      return describeRole(event);
    case 'stalled':
      return ['warn', `the process stood still for ${Math.round(event.gapMs)} ms`];
    case 'peer-gone':
      return ['info', `nobody listens at the address of node ${event.peer}`];
    case 'hello-refused':
    case 'refused-by-peer':
    case 'welcome-refused':
      return describeRefusal(event);
    case 'no-node-there':
      return ['warn', `what listens at the address of node ${event.peer} is no RRMQ node`];
    case 'no-trusted-tls':
      return ['error', `no trusted TLS at the address of node ${event.peer}: ${event.detail}`];
    case 'handshake-timeout':
      return ['warn', `${peerName(event.peer)} did not introduce itself in time`];
    case 'malformed-frame':
      return ['warn', `${peerName(event.peer)} sent what cannot be read: ${event.reason}`];
    case 'too-many-streams':
      return ['warn', 'more connections of peers than a cluster needs: one was closed'];
    case 'stream-opened':
      return ['debug', `connected to node ${event.peer} (${event.channel})`];
    case 'stream-lost':
      return ['info', `lost the ${event.channel} connection to node ${event.peer}`];
    case 'bulk-stalled':
      return ['warn', `node ${event.peer} takes no data: its connection is opened again`];
    case 'voted':
      return ['debug', `votes for node ${event.candidate} (term ${event.term})`];
    case 'configuration-changed':
      return describeConfiguration(event);
    case 'flushed':
    case 'compacted':
    case 'snapshot-sending':
    case 'snapshot-sent':
    case 'snapshot-receiving':
    case 'snapshot-refused':
    case 'snapshot-installed':
      return describeSnapshot(event);
    case 'slow-disk':
      return ['warn', `a durable write took ${Math.round(event.writeMs)} ms`];
    case 'room-changed':
      return describeRoom(event);
    case 'store-full':
      return ['error', `the disk has no room for the state: nothing is lost, it is tried again`];
    default:
      return event satisfies never;
  }
}

function describeConfiguration({
  index,
  configuration,
}: Extract<NodeEvent, { kind: 'configuration-changed' }>): Line {
  const { voters, outgoing, learners } = configuration;
  const learn = learners.length === 0 ? '' : `, learners ${learners.join(' ')}`;
  const joint = outgoing.length === 0 ? '' : `, together with ${outgoing.join(' ')} for the moment`;
  return ['info', `the voters are ${voters.join(' ')}${joint}${learn} (entry ${index})`];
}

function describeSnapshot(event: SnapshotEvent): Line {
  switch (event.kind) {
    case 'flushed':
      return ['debug', `the state is stored through entry ${event.index}`];
    case 'compacted':
      return ['debug', `the log no longer holds entries through ${event.index}`];
    case 'snapshot-sending':
      return ['info', `sends the state at entry ${event.index} to node ${event.peer}`];
    case 'snapshot-sent':
      return event.installed
        ? ['info', `node ${event.peer} has the state at entry ${event.index}`]
        : ['warn', `node ${event.peer} did not take the state: ${event.why}`];
    case 'snapshot-receiving':
      return ['info', `receives the state at entry ${event.index} from node ${event.peer}`];
    case 'snapshot-refused':
      return ['error', `cannot take the state that node ${event.peer} sends: ${event.reason}`];
    case 'snapshot-installed':
      return ['info', `goes on from the state at entry ${event.index}`];
    default:
      return event satisfies never;
  }
}

function describeRoom({ room, freeBytes }: Extract<NodeEvent, { kind: 'room-changed' }>): Line {
  const free = `${Math.floor(freeBytes / 1_048_576)} MiB free`;
  if (room) return ['info', `the disk has room (${free})`];
  return ['error', `the disk is almost full (${free}): new messages are refused, pops go on`];
}

function describeOpened(event: Extract<NodeEvent, { kind: 'opened' }>): Line {
  const { last, tornBytes, clean } = event;
  if (tornBytes > 0) {
    const text = `the log ended in an unfinished write: ${tornBytes} bytes, never acknowledged, were cut; its last entry is ${last}`;
    return ['warn', text];
  }
  return [
    'info',
    `the log is open, its last entry is ${last}${clean ? '' : ', after an unclean stop'}`,
  ];
}

function describeRole({ role, term, leader }: Extract<NodeEvent, { kind: 'role-changed' }>): Line {
  if (role === 'leader') return ['info', `leads the cluster (term ${term})`];
  if (role === 'follower') {
    return leader === 0
      ? ['info', `follows, knows no leader (term ${term})`]
      : ['info', `follows node ${leader} (term ${term})`];
  }
  return role === 'candidate'
    ? ['info', `stands for election (term ${term})`]
    : ['debug', `asks whether it would be elected (term ${term})`];
}

/** What to do about a refusal, by its code. */
const ADVICE: Readonly<Record<string, string>> = {
  instance:
    'This node started with another data directory than before and cannot take part: stop it, put its own directory back, start again',
  removed:
    'This node was taken out of the cluster: stop it. To join anew, as a new member, start it with another --data-dir and --join <url of a node>',
  unauthenticated: 'Give all nodes the same cluster secret',
};

type RefusalEvent = Extract<
  NodeEvent,
  { kind: 'hello-refused' | 'refused-by-peer' | 'welcome-refused' }
>;

function describeRefusal({ kind, peer, refusal }: RefusalEvent): Line {
  const why = `${refusal.code}: ${refusal.text}`;
  if (kind === 'refused-by-peer') {
    const advice = ADVICE[refusal.code];
    const more = advice === undefined ? '' : `. ${advice}`;
    return ['error', `node ${peer} refuses this one (${why})${more}`];
  }
  return ['error', `refused a node that says to be node ${peer} (${why})`];
}

function peerName(peer: number | undefined): string {
  return peer === undefined ? 'somebody' : `node ${peer}`;
}
