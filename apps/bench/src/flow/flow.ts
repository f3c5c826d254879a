import { encodePop, encodePublish } from '../load/http-connection.ts';
import { Backlog } from './backlog.ts';
import type { BacklogLimits, FlowAccount, FlowCounts, FlowJob } from './flow-job.ts';
import { FlowLane, LeaderPort } from './flow-lane.ts';
import { MessageMarks } from './message-marks.ts';

/** One topic of a flow. */
interface TopicFlow {
  readonly topic: string;
  readonly backlog: Backlog;
}

/** Publishes and pops at full speed from its start to its finish, and knows of every message. */
export class Flow {
  readonly #job: FlowJob;
  readonly #leader: LeaderPort;
  readonly #topics: readonly TopicFlow[];
  readonly #marks = new MessageMarks();
  readonly #startedMs = performance.now();
  readonly #publishing: Promise<void>;
  readonly #popping: Promise<void>;
  #counts = { acked: 0, popped: 0, refused: 0, unknown: 0 };
  #unknownPops = 0;
  #isOver = false;

  constructor(job: FlowJob) {
    this.#job = job;
    this.#leader = new LeaderPort(job.ports);
    const limits = share(job.backlog, job.topics.length);
    this.#topics = job.topics.map((topic) => ({ topic, backlog: new Backlog(limits) }));
    this.#publishing = this.#runLanes(job.publishers, (lane, flow) => this.#publish(lane, flow));
    this.#popping = this.#runLanes(job.poppers, (lane, flow) => this.#pop(lane, flow));
  }

  get counts(): FlowCounts {
    const backlog = this.#topics.reduce((sum, topic) => sum + topic.backlog.messages, 0);
    return { elapsedMs: performance.now() - this.#startedMs, ...this.#counts, backlog };
  }

  limit(limits: BacklogLimits): void {
    for (const { backlog } of this.#topics) backlog.limit(share(limits, this.#topics.length));
  }

  /** Ends the publishes, pops everything that is left, and says what became of each message. */
  async finish(): Promise<FlowAccount> {
    this.#isOver = true;
    for (const { backlog } of this.#topics) backlog.finish();
    await this.#publishing;
    await this.#popping;
    if (this.#job.poppers > 0) await this.#runLanes(this.#topics.length, drainTopic(this));
    return this.#marks.account(this.#unknownPops);
  }

  /** One pop; whether the topic may hold more. */
  async popOnce(lane: FlowLane, topic: string): Promise<boolean> {
    const answer = await lane.send(encodePop(topic));
    if (answer.kind === 'done') {
      this.#marks.popped(numberIn(answer.body));
      this.#counts.popped++;
    } else if (answer.kind === 'unknown') {
      this.#unknownPops++;
      this.#counts.unknown++;
    }
    return answer.kind !== 'empty';
  }

  async #runLanes(
    count: number,
    work: (lane: FlowLane, flow: TopicFlow) => Promise<void>,
  ): Promise<void> {
    const flows = Array.from({ length: count }, (_, at) => this.#topics[at % this.#topics.length]);
    await Promise.all(
      flows.map(async (flow) => {
        if (flow === undefined) throw new RangeError('a flow needs a topic');
        const lane = new FlowLane(this.#leader);
        await work(lane, flow);
        lane.close();
      }),
    );
  }

  async #publish(lane: FlowLane, { topic, backlog }: TopicFlow): Promise<void> {
    while (await backlog.enter('publish')) {
      const number = this.#marks.enter();
      const message = makeMessage(number, this.#job.messageBytes);
      const { kind } = await lane.send(encodePublish(topic, message));
      if (kind === 'done') {
        this.#marks.acked(number);
        this.#counts.acked++;
      } else if (kind === 'unknown') {
        this.#counts.unknown++;
      } else {
        this.#marks.refused(number);
        this.#counts.refused++;
      }
      backlog.leave('publish', kind === 'done');
    }
  }

  async #pop(lane: FlowLane, { topic, backlog }: TopicFlow): Promise<void> {
    while (!this.#isOver && (await backlog.enter('pop'))) {
      const before = this.#counts.popped;
      await this.popOnce(lane, topic);
      backlog.leave('pop', this.#counts.popped > before);
    }
  }
}

/** Pops a topic until it is empty. */
const drainTopic =
  (flow: Flow) =>
  async (lane: FlowLane, { topic }: TopicFlow): Promise<void> => {
    while (await flow.popOnce(lane, topic));
  };

/** The part of one topic. */
function share({ min, max }: BacklogLimits, topics: number): BacklogLimits {
  return { min: Math.floor(min / topics), max: Math.ceil(max / topics) };
}

/** `17:mmm…`, of so many bytes, at least those of the number. */
export function makeMessage(number: number, bytes: number): string {
  return `${number}:`.padEnd(bytes, 'm');
}

/** The number of the message in a pop's reply; `NaN` when it is none of `makeMessage`. */
export function numberIn(body: string): number {
  return Number(/"message":"(\d+):m*"/.exec(body)?.[1]);
}
