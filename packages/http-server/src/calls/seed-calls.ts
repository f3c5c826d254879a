import type { EndpointName } from '@rrmq/contract';
import type { CallHandler } from '../exchange.ts';
import { createTopic } from './create-topic.ts';
import { listTopics } from './list-topics.ts';
import { pop } from './pop.ts';
import { publish } from './publish.ts';
import type { SeedNode } from './seed-node.ts';
import { status } from './status.ts';

/** A handler for each row of the endpoint table. */
export function seedCalls(node: SeedNode): Readonly<Record<EndpointName, CallHandler>> {
  return {
    createTopic: (call) => createTopic(node, call),
    listTopics: (call) => listTopics(node, call),
    publish: (call) => publish(node, call),
    pop: (call) => pop(node, call),
    status: (call) => status(node, call),
  };
}
