import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/**
 * A request listener that is loaded when it is first needed. Express costs more than a third of what a node does until it
 * listens (measured: 40 ms of CPU time), and the data plane does without.
 */
export class LateApp {
  readonly #load: () => Promise<RequestListener>;
  #loading: Promise<void> | undefined;
  #app: RequestListener | undefined;

  constructor(load: () => Promise<RequestListener>) {
    this.#load = load;
  }

  /** Loads the listener unless that is done, so that no request waits for it. */
  async ready(): Promise<void> {
    this.#loading ??= this.#start();
    return this.#loading;
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    if (this.#app === undefined) void this.#serveLate(request, response);
    else this.#app(request, response);
  }

  async #serveLate(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.ready();
    this.#app?.(request, response);
  }

  async #start(): Promise<void> {
    this.#app = await this.#load();
  }
}
