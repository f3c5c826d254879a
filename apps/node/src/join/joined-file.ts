import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationSchema, nodeAddressSchema } from '@rrmq/contract';
import type { NodeAddress } from '@rrmq/raft';
import * as z from 'zod';
import { ExitCode } from '../exit-code.ts';
import { NodeFailure } from '../node-failure.ts';
import { systemErrorCode } from '../system-error.ts';

/** In the data directory of a node that joined: who it is, so that it is asked for once and starts again by itself. */
const JOINED_FILE = 'joined.json';

/** The part of the cluster's answer that makes a member. */
export const membershipSchema = z.object({
  id: z.int().min(1),
  clusterId: z.string().regex(/^[0-9a-f]{32}$/),
  clusterEpoch: z.int().min(1),
  configuration: configurationSchema,
});

export type Membership = z.infer<typeof membershipSchema>;

const fileSchema = z.object({
  address: nodeAddressSchema,
  instanceId: z.string().regex(/^[0-9a-f]{32}$/),
  membership: membershipSchema.nullable(),
});

/** A joined node, or one that has asked and not got its answer yet. */
export interface Joined {
  readonly address: NodeAddress;
  /** 32 random hex digits: the same request again gets the same answer. */
  readonly instanceId: string;
  /** What the cluster answered; `null` before that. */
  readonly membership: Membership | null;
}

/** What the directory says; `undefined` when no node joined in it. */
export function readJoined(directory: string): Joined | undefined {
  const file = join(directory, JOINED_FILE);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
  return parseJoined(text, file);
}

/** Writes it down whole, or not at all. */
export function writeJoined(directory: string, joined: Joined): void {
  mkdirSync(directory, { recursive: true });
  const temp = join(directory, `${JOINED_FILE}.tmp`);
  writeFileSync(temp, `${JSON.stringify(joined, undefined, 2)}\n`, { flush: true });
  renameSync(temp, join(directory, JOINED_FILE));
}

/** As if nobody had ever asked to join with this directory. */
export function forgetJoined(directory: string): void {
  rmSync(join(directory, JOINED_FILE), { force: true });
}

function parseJoined(text: string, file: string): Joined {
  const parsed = fileSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const message = `${file} cannot be understood: it was changed, or is of another version.`;
  const advice =
    'Restore it from a copy; without it, start the node with an empty data directory and --join.';
  throw new NodeFailure(message, ExitCode.dataDirectory, advice);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
