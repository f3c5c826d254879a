import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { connect } from '@rrmq/client';
import type { Cluster } from '../cluster/cluster.ts';

/** A backup on its way to or from a file. */
export interface Transfer {
  readonly bytes: number;
  readonly tookMs: number;
}

/** Saves a backup of a cluster, checked on the way, into a file. */
export async function saveBackup(cluster: Cluster, file: string): Promise<Transfer> {
  await using client = connect(cluster.urls);
  const startedMs = performance.now();
  await pipeline(client.backup.save(), createWriteStream(file));
  return { bytes: statSync(file).size, tookMs: performance.now() - startedMs };
}

/** Restores a file into an empty cluster; `messages`: what the cluster says that it holds then. */
export async function restoreBackup(
  cluster: Cluster,
  file: string,
): Promise<Transfer & { readonly messages: number }> {
  await using client = connect(cluster.urls);
  const startedMs = performance.now();
  const { messages } = await client.backup.restore(createReadStream(file));
  return { bytes: statSync(file).size, tookMs: performance.now() - startedMs, messages };
}
