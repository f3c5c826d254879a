import { afterEach, beforeEach } from '@jest/globals';
import { connect, type ConnectOptions, RrmqError, type RrmqClient } from '@rrmq/client';
import { SeedCluster } from './seed-cluster.ts';

/** A cluster and the clients of one test, closed after it. */
export class Fixture {
  cluster: SeedCluster;
  readonly #clients: RrmqClient[] = [];

  constructor(cluster: SeedCluster) {
    this.cluster = cluster;
  }

  /** A client of `urls`, by default of all nodes, that tries again quickly; a silent node is waited for long. */
  connect(options: ConnectOptions = {}, urls: string | string[] = this.cluster.urls): RrmqClient {
    const client = connect(urls, {
      answerTimeoutMs: 5000,
      retryDelayMs: 1,
      retryDelayMsMax: 20,
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.cluster[Symbol.asyncDispose]();
  }
}

/** A fresh fixture for each test of the file. */
export function useFixture(): () => Fixture {
  let fixture: Fixture | undefined;
  beforeEach(async () => {
    fixture = new Fixture(await SeedCluster.start());
  });
  afterEach(async () => {
    await fixture?.close();
  });
  return () => {
    if (fixture === undefined) throw new Error('outside of a test');
    return fixture;
  };
}

/** The error a call rejects with. */
export async function errorOf(call: Promise<unknown>): Promise<RrmqError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof RrmqError) return error;
  throw new Error(`not rejected with an RrmqError: ${String(error)}`);
}

/** Resolves when `condition` holds; the test's own timeout bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
