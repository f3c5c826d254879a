import type { JoiningNode, NewNode, NodeAddress } from '@rrmq/raft';
import type { Logger } from 'pino';
import type { AddressOrigin, HeldPort } from './ports.ts';
import type { Secrets } from './secrets.ts';
import type { Settings } from './settings.ts';

/** A node to be started. */
export interface NodePlan {
  readonly address: NodeAddress;
  readonly origin: AddressOrigin;
  /** Those of its ports that this process holds already; the others must be free. */
  readonly held: readonly HeldPort[];
  /** What an empty data directory becomes. */
  readonly create: NewNode | JoiningNode;
  readonly directory: string;
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly version: string;
  readonly logger: Logger;
  /** The node acknowledges nothing any more: the process must end. */
  readonly onFailure: (error: Error) => void;
}
