import type { DevNode } from './dev-node.ts';
import { type DevPlan, shortPath } from './dev-plan.ts';
import { CHECK_TOPIC } from './self-check.ts';

/** What a person at the terminal is told. */
export class DevScreen {
  constructor() {
    // A reader that went away must not take the cluster with it.
    process.stdout.on('error', () => undefined);
    process.stderr.on('error', () => undefined);
  }

  say(...lines: string[]): void {
    process.stdout.write(`${lines.join('\n')}\n`);
  }

  complain(...lines: string[]): void {
    process.stderr.write(`${lines.join('\n')}\n`);
  }
}

/** One row per node. */
export function tableOf(nodes: readonly DevNode[]): string[] {
  const rows = nodes.map(({ id, url, role, term, pid }) =>
    [id, url, role, term, pid ?? '-'].map(String),
  );
  const all = [['node', 'url', 'role', 'term', 'pid'], ...rows];
  const widths = (all[0] ?? []).map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  return all.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')}`.trimEnd(),
  );
}

/** Lines that work as they are, with a topic that does not exist yet. */
export function curlLines(leader: DevNode, topics: readonly string[]): string[] {
  const topic = unusedName('orders', topics);
  const json = "-H 'content-type: application/json'";
  return [
    `  curl -X PUT ${leader.url}/topic ${json} -d '{"topic":"${topic}"}'`,
    `  curl -X PUT ${leader.url}/message ${json} -d '{"topic":"${topic}","message":"hello"}'`,
    `  curl ${leader.url}/message/${topic}`,
    `  curl ${leader.url}/topic`,
    `  curl ${leader.url}/status`,
  ];
}

export function checkLine(): string {
  return `Checked: a message was published and popped (topic "${CHECK_TOPIC}").`;
}

/** What there was before this start. */
export function earlierDataLine({ dataDir }: DevPlan, topics: readonly string[]): string {
  const count = `${topics.length} topic${topics.length === 1 ? '' : 's'}`;
  return `It goes on with the data of an earlier run in ${shortPath(dataDir)} (${count}); remove that folder to start afresh.`;
}

/** A node that ended on its own. */
export function deathLines(dead: DevNode, nodes: readonly DevNode[]): string[] {
  const { code, signal } = dead.exit ?? { code: null, signal: null };
  const how = signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`;
  return [
    `Node ${dead.id} (${dead.url}) ${how}. The end of its log, ${shortPath(dead.logFile)}:`,
    ...dead.tail.map((line) => `  | ${line}`),
    ...stateAfterDeath(nodes),
  ];
}

/** What is known here of the cluster now. */
export function stateAfterDeath(nodes: readonly Pick<DevNode, 'exit'>[]): string[] {
  const left = nodes.filter(({ exit }) => exit === undefined).length;
  const again = 'To have all again: Ctrl-C, then start anew; nothing acknowledged is lost.';
  if (left * 2 > nodes.length) {
    return [`${left} of ${nodes.length} nodes are left and serve on. ${again}`];
  }
  if (left === 0) return [];
  // Nodes that joined from elsewhere are not known here.
  const [are, them] = left === 1 ? ['is', 'it'] : ['are', 'them'];
  return [
    `Only ${left} of its ${nodes.length} nodes ${are} left: unless other members make a majority with ${them}, nothing can be published or popped. ${again}`,
  ];
}

function unusedName(base: string, taken: readonly string[]): string {
  for (let i = 1; ; i++) {
    const name = i === 1 ? base : `${base}-${i}`;
    if (!taken.includes(name)) return name;
  }
}
