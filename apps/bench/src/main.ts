import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type BacklogOptions, runBacklog } from './backlog/backlog.ts';
import { type BackupOptions, runBackup } from './backup/backup.ts';
import { type DiskOptions, runDisk } from './disk/disk.ts';
import { type FailoverOptions, runFailover } from './failover/failover.ts';
import { runFlowGenerator } from './flow/flow-generator.ts';
import { type IdleOptions, runIdle } from './idle/idle.ts';
import { runEchoServer } from './load/echo-server.ts';
import { runLoadGenerator } from './load/load-generator.ts';
import { type MembersOptions, runMembers } from './members/members.ts';
import { Progress } from './progress.ts';
import { type PutOptions, runPut } from './put/put.ts';
import { type QueueOptions, runQueue } from './queue/queue.ts';
import { TRAFFIC_KINDS } from './queue/traffic-kind.ts';
import { type RaftOptions, runRaft } from './raft/raft.ts';
import { runRaftProcess } from './raft/raft-process.ts';
import { runToTheEnd } from './resources.ts';
import { type RollingOptions, runRolling } from './rolling/rolling.ts';
import { runSoak, type SoakOptions } from './soak/soak.ts';
import { runStart, type StartOptions } from './start/start.ts';
import { runStorm, type StormOptions } from './storm/storm.ts';

const program = new Command('bench').description(
  'Benchmarks of RRMQ, on this machine and loopback',
);

function benchmark(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--json <file>', 'write the figures to this file')
    .option(
      '--directory <folder>',
      'put the data of the run there, instead of apps/bench/rrmq-data',
    );
}

/** Parses a whole number from 1 to `max`. */
function upTo(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${max}.`);
  };
}

/** Parses whole numbers with commas between. */
function listUpTo(max: number): (text: string) => number[] {
  return (text) => text.split(',').map(upTo(max));
}

benchmark('put', 'PUT /message on a cluster, beside a bare node:http echo')
  .option('--rounds <n>', 'rounds of each level', upTo(100), 3)
  .option('--seconds <n>', 'length of a round, for each of both', upTo(600), 5)
  .option('--warm-up-seconds <n>', 'load before the first round, for each of both', upTo(60), 5)
  .option('--connections <list>', 'levels', listUpTo(2000), [1, 64, 256])
  .option('--nodes <n>', 'size of the cluster', upTo(19), 3)
  .option('--body-bytes <n>', 'size of a request body', upTo(1024 * 1024), 100)
  .addOption(
    new Option('--loader <name>', 'what sends the requests')
      .choices(['raw', 'autocannon'])
      .default('raw'),
  )
  .option(
    '--cpu-prof <folder>',
    'write CPU profiles there, show the self times of the leader',
    (text) => resolve(text),
  )
  .action((options: PutOptions) =>
    runToTheEnd((resources) => runPut(options, resources, new Progress())),
  );

benchmark('disk', 'how long a durable write takes')
  .option('--seconds <n>', 'for each size at most', upTo(600), 5)
  .action((options: DiskOptions) => runToTheEnd((resources) => runDisk(options, resources)));

benchmark('start', 'how soon nodes listen and have a leader')
  .option('--nodes <list>', 'sizes of clusters', listUpTo(19), [1, 3, 5, 7, 19])
  .option('--runs <n>', 'further starts of 3 nodes', upTo(1000), 10)
  .action((options: StartOptions) =>
    runToTheEnd((resources) => runStart(options, resources, new Progress())),
  );

benchmark('failover', 'kill -9 the leader under load, then account for every message')
  .option('--rounds <n>', 'how often', upTo(1000), 20)
  .option('--producers <n>', 'each with its own topic and client', upTo(100), 4)
  .option('--rate <n>', 'publishes per second of all producers', upTo(10_000), 800)
  .option('--nodes <n>', 'size of the cluster', upTo(19), 3)
  .action((options: FailoverOptions) =>
    runToTheEnd((resources) => runFailover(options, resources, new Progress())),
  );

benchmark('idle', 'what a cluster costs that has nothing to do')
  .option('--seconds <n>', 'how long to watch', upTo(3600), 30)
  .option('--nodes <n>', 'size of the cluster', upTo(19), 3)
  .option('--waiting <n>', 'receives that wait all the time', upTo(10_000), 0)
  .option('--delayed <n>', 'messages that are due in an hour', upTo(10_000_000), 0)
  .action((options: IdleOptions) =>
    runToTheEnd((resources) => runIdle(options, resources, new Progress())),
  );

benchmark('raft', 'the library alone: three processes that propose, replicate and write')
  .option('--entry-bytes <list>', 'sizes of entries', listUpTo(65_536), [256, 1024])
  .option('--rounds <n>', 'rounds of each size', upTo(100), 3)
  .option('--seconds <n>', 'length of a round', upTo(60), 10)
  .option('--warm-up-seconds <n>', 'load before each round', upTo(60), 5)
  .option('--window <n>', 'proposals under way', upTo(65_536), 4096)
  .option('--nodes <n>', 'size of the group', upTo(19), 3)
  .action((options: RaftOptions) =>
    runToTheEnd((resources) => runRaft(options, resources, new Progress())),
  );

benchmark(
  'queue',
  'the state machine alone, on a real store: is its rate flat, however long the backlog?',
)
  .option('--backlogs <list>', 'messages in the topic', listUpTo(100_000_000), [1e3, 1e5, 1e6])
  .option('--batches <list>', 'messages a command', listUpTo(300), [1, 100])
  .option('--commands <n>', 'of each operation', upTo(1_000_000), 2000)
  .option('--body-bytes <n>', 'size of a message', upTo(1024 * 1024), 100)
  .addOption(
    new Option('--kinds <names...>', 'what messages have')
      .choices([...TRAFFIC_KINDS])
      .default([...TRAFFIC_KINDS]),
  )
  .action((options: QueueOptions) =>
    runToTheEnd((resources) => runQueue(options, resources, new Progress())),
  );

benchmark('soak', 'publish and pop at full speed: do log, store and memory stop to grow?')
  .option('--minutes <n>', 'how long', upTo(24 * 60), 10)
  .option('--sample-seconds <n>', 'between two samples', upTo(600), 15)
  .option('--publishers <n>', 'connections that publish', upTo(1000), 32)
  .option('--poppers <n>', 'connections that pop', upTo(1000), 32)
  .option('--topics <n>', 'over which they are spread', upTo(1000), 4)
  .option('--message-bytes <n>', 'size of a message', upTo(1024 * 1024), 100)
  .option('--backlog <n>', 'messages that are there all the time', upTo(100_000_000), 10_000)
  .option('--nodes <n>', 'size of the cluster', upTo(19), 3)
  .action((options: SoakOptions) =>
    runToTheEnd((resources) => runSoak(options, resources, new Progress())),
  );

benchmark('rolling', 'restart each node by SIGTERM under load: no call may fail')
  .option('--rounds <n>', 'how often each node', upTo(1000), 10)
  .option('--producers <n>', 'each with its own topic and client', upTo(100), 4)
  .option('--rate <n>', 'publishes per second of all producers', upTo(10_000), 400)
  .option('--nodes <n>', 'size of the cluster', upTo(19), 3)
  .action((options: RollingOptions) =>
    runToTheEnd((resources) => runRolling(options, resources, new Progress())),
  );

benchmark('members', 'join, kill -9, remove and a snapshot under load, then account for all')
  .option('--producers <n>', 'each with its own topic and client', upTo(100), 4)
  .option('--rate <n>', 'publishes per second of all producers', upTo(10_000), 400)
  .option('--missed-messages <n>', 'while a follower is away', upTo(100_000_000), 1_000_000)
  .option('--connections <n>', 'that publish then, and as many that pop', upTo(1000), 32)
  .option('--backlog <n>', 'messages that are there all the time', upTo(100_000_000), 50_000)
  .action((options: MembersOptions) =>
    runToTheEnd((resources) => runMembers(options, resources, new Progress())),
  );

benchmark('backup', 'save under load, restore into an empty cluster, compare all messages')
  .option('--messages <n>', 'before the backup', upTo(100_000_000), 200_000)
  .option('--message-bytes <n>', 'size of a message', upTo(1024 * 1024), 100)
  .option('--topics <n>', 'over which they are spread', upTo(1000), 16)
  .option('--connections <n>', 'that publish', upTo(1000), 64)
  .option('--load-seconds <n>', 'of publishing without a limit before', upTo(600), 3)
  .option('--nodes <n>', 'size of each cluster', upTo(19), 3)
  .action((options: BackupOptions) =>
    runToTheEnd((resources) => runBackup(options, resources, new Progress())),
  );

benchmark('backlog', 'what many messages cost that nobody receives: rates, memory, disk, restarts')
  .option('--messages <n>', 'how many', upTo(100_000_000), 1_000_000)
  .option('--message-bytes <n>', 'size of a message', upTo(64 * 1024), 100)
  .option('--connections <n>', 'that publish or receive', upTo(100), 4)
  .option('--nodes <list>', 'sizes of clusters', listUpTo(19), [1, 3])
  .action((options: BacklogOptions) =>
    runToTheEnd((resources) => runBacklog(options, resources, new Progress())),
  );

benchmark('storm', 'kill -9 any node under all that the queue can do, then account for all of it')
  .option('--messages <n>', 'how many', upTo(10_000_000), 1_000_000)
  .option('--kills <n>', 'spread over the publishes', upTo(1000), 30)
  .option('--seconds <n>', 'after which the run is given up', upTo(86_400), 3600)
  .option('--producers <n>', 'each publishes batch after batch', upTo(100), 4)
  .option('--consumers <n>', 'each receives and settles', upTo(100), 6)
  .option('--nodes <n>', 'size of the cluster', upTo(19), 3)
  .action((options: StormOptions) =>
    runToTheEnd((resources) => runStorm(options, resources, new Progress())),
  );

program.command('echo-server', { hidden: true }).action(runEchoServer);
program.command('load-generator', { hidden: true }).action(runLoadGenerator);
program.command('flow-generator', { hidden: true }).action(runFlowGenerator);
program.command('raft-process', { hidden: true }).action(runRaftProcess);

await program.parseAsync();
