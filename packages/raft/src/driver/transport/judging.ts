import type { Incarnation } from '../../core/numbers.ts';
import type { PeerAuth } from '../../ports.ts';
import { type Greeting, type Self, PROTOCOL, speaksOurs } from './greeting.ts';
import type { Refusal } from './refusal.ts';

/**
 * Whether a node may talk to us. `newcomer`: it is no member that this node knows of, but may have become one lately.
 * `removed`: it was a member. `unknown`: none of these.
 */
export type Standing = 'member' | 'newcomer' | 'removed' | 'unknown';

/** What a node knows of the peer that greets it. */
export interface Acquaintance {
  readonly standing: Standing;
  /** `undefined` before the first contact. */
  readonly instanceId: string | undefined;
  /** The highest boot that it has shown since this node's start; 0 when none. */
  readonly incarnation: Incarnation;
}

/** Why this node must not talk to the one that said `said`; `undefined` when it may. Judges hello and challenge alike. */
export function judge(self: Self, said: Greeting, known: Acquaintance): Refusal | undefined {
  return judgeStranger(self, said) ?? judgeNode(said, known);
}

/** As `judge`, as far as a stranger may know: tells nothing of members and their directories. */
export function judgeStranger(self: Self, said: Greeting): Refusal | undefined {
  const { clusterId, clusterEpoch, nodeId } = self.identity;
  if (!speaksOurs(said)) {
    const ours = `${PROTOCOL.least} to ${PROTOCOL.most}`;
    const theirs = `${said.leastVersion} to ${said.mostVersion}`;
    return { code: 'version', text: `this node speaks protocol ${ours}, the peer ${theirs}` };
  }
  if (said.clusterId !== clusterId) {
    return { code: 'cluster', text: `this is cluster ${clusterId}, not ${said.clusterId}` };
  }
  if (said.clusterEpoch !== clusterEpoch) {
    const text = `this cluster is at epoch ${clusterEpoch}, the peer at ${said.clusterEpoch}`;
    return { code: 'epoch', text };
  }
  if (said.to !== nodeId) {
    return { code: 'wrong-node', text: `this is node ${nodeId}, not ${said.to}` };
  }
  return undefined;
}

function judgeNode(said: Greeting, known: Acquaintance): Refusal | undefined {
  const { from, instanceId, incarnation } = said;
  if (known.standing === 'removed') {
    return { code: 'removed', text: `node ${from} is no longer a member of this cluster` };
  }
  if (known.standing === 'unknown') {
    return { code: 'unknown-node', text: `node ${from} is no member that this node knows of` };
  }
  if (known.instanceId !== undefined && known.instanceId !== instanceId) {
    const text = `node ${from} was ${known.instanceId} and comes with another data directory, ${instanceId}`;
    return { code: 'instance', text };
  }
  if (incarnation === 0 || incarnation < known.incarnation) {
    const text = `node ${from} has shown boot ${known.incarnation}, later than ${incarnation}`;
    return { code: 'stale-incarnation', text };
  }
  return undefined;
}

/** Whether the peer knows the cluster secret, or neither of us has one; otherwise why it is not believed. */
export function judgeProof(auth: PeerAuth, transcript: Buffer, proof: Buffer): Refusal | undefined {
  if (auth.check(transcript, proof)) return undefined;
  return { code: 'unauthenticated', text: whyUnproven(auth, transcript, proof) };
}

/** Without secrets in it. */
function whyUnproven(auth: PeerAuth, transcript: Buffer, proof: Buffer): string {
  return proof.length === auth.prove(transcript).length
    ? 'the cluster secrets of the two nodes differ'
    : 'a cluster secret is set on one of the two nodes only';
}
