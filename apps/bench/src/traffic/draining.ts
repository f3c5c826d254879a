import { connect, type RrmqClient } from '@rrmq/client';

/** Pops each topic empty, the topics side by side; every topic's messages in the order of the pops. */
export async function drain(
  urls: readonly string[],
  topics: readonly string[],
  popped: (count: number) => void,
): Promise<string[][]> {
  await using client = connect(urls);
  let count = 0;
  return await Promise.all(topics.map((topic) => drainTopic(client, topic, () => popped(++count))));
}

/** A pop of unknown outcome may have taken a message with it: it ends the run. */
async function drainTopic(client: RrmqClient, topic: string, popped: () => void) {
  const messages: string[] = [];
  for (;;) {
    const message = await client.pop(topic);
    if (message === undefined) return messages;
    messages.push(message);
    popped();
  }
}
