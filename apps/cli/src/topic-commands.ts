import type { Command } from 'commander';
import type { Io } from './io.ts';
import { withSession } from './session.ts';

/** `rrmq topic …` */
export function addTopicCommands(program: Command, io: Io): void {
  const topic = program.command('topic').description('create and list topics');
  addCreate(topic, io);
  addList(topic, io);
}

function addCreate(topic: Command, io: Io): void {
  topic
    .command('create')
    .description('create topics, one after another; stops at the first that fails')
    .argument('<name...>', 'names: any text of 1 to 4096 bytes')
    .option('--if-not-exists', 'accept topics that are there already')
    .addHelpText(
      'after',
      `
Examples:
  $ rrmq topic create orders
  $ rrmq topic create orders invoices --if-not-exists`,
    )
    .action(async (names: string[], options: { ifNotExists?: true }, command: Command) => {
      await withSession(io, command, async ({ client, output, call }) => {
        const list = output.list<{ topic: string; created: boolean }>((row) =>
          output.isForPeople
            ? `${row.created ? 'created' : 'exists already:'} ${row.topic}`
            : row.topic,
        );
        try {
          for (const name of names) {
            const how = { ...call, ifNotExists: options.ifNotExists === true };
            await list.add({ topic: name, ...(await client.createTopic(name, how)) });
          }
        } finally {
          await list.end();
        }
      });
    });
}

function addList(topic: Command, io: Io): void {
  topic
    .command('ls')
    .description('list topics in the order of their creation')
    .addHelpText(
      'after',
      `
Examples:
  $ rrmq topic ls
  $ rrmq topic ls | grep ^order      one name a line when piped
  $ rrmq topic ls -o json`,
    )
    .action(async (_options: object, command: Command) => {
      await withSession(io, command, async ({ client, output, call }) => {
        const rows = (await client.topics(call)).map((name) => ({ topic: name }));
        await output.records(rows, [{ title: 'topic', text: (row) => row.topic }]);
      });
    });
}
