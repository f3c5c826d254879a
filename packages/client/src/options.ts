import { X509Certificate } from 'node:crypto';
import type { EndpointName, V1EndpointName } from '@rrmq/contract';
import { RrmqError } from './error.ts';

/** Options of one call. */
export interface CallOptions {
  /** Ends the call early with code `aborted`; whether it took effect says the error's `outcome`. */
  readonly signal?: AbortSignal | undefined;
  /** How long the call may take with all its tries and its wait for its turn, in ms, 1 to 2^31-1. */
  readonly timeoutMs?: number | undefined;
}

/** One failed try that is about to be repeated. */
export interface Retry {
  readonly call: EndpointName | V1EndpointName;
  /** How many tries have failed so far, from 1. */
  readonly tries: number;
  readonly error: RrmqError;
  /** The wait before the next try, in ms; 0 when a follower named the leader. */
  readonly delayMs: number;
}

/** Options of `connect`. */
export interface ConnectOptions {
  /** `CallOptions.timeoutMs` of calls that give none. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * How long one try may wait for a node's answer after the request was sent, in ms. Default 1,500: nodes
   * answer within a second, so a longer silence means that the node or the way to it is gone.
   */
  readonly answerTimeoutMs?: number | undefined;
  /** The wait before the second try, in ms; it doubles with every further try, with jitter. Default 20. */
  readonly retryDelayMs?: number | undefined;
  /** The longest wait between two tries, in ms. Default 400. */
  readonly retryDelayMsMax?: number | undefined;
  /**
   * Whether publishes to one topic are sent one after another, in the order of the calls, even when
   * nobody awaits them. Default `true`. With `false` they go out at once, in no promised order.
   */
  readonly ordered?: boolean | undefined;
  /** How many publishes may be under way at once over all topics. Default 64. */
  readonly maxConcurrentPublishes?: number | undefined;
  /** How many calls may be unsettled; one more is refused with `too-many-pending`. Default 10,000. */
  readonly maxPendingCalls?: number | undefined;
  /** How many bytes of requests may be unsettled, likewise. Default 64 MiB. */
  readonly maxPendingBytes?: number | undefined;
  /** For `cluster` and `backup`: sent to the nodes of the cluster, never over another protocol than their URLs'. */
  readonly adminToken?: string | undefined;
  /** Certificates of the authorities that nodes with https URLs are trusted by, in PEM. Default: Node's own list. */
  readonly ca?: string | Buffer | undefined;
  /** Called before every repeated try, for logs and metrics. It must not throw. */
  readonly onRetry?: ((retry: Retry) => void) | undefined;
}

/** `ConnectOptions` with nothing missing. */
export interface Settings {
  readonly timeoutMs: number;
  readonly answerTimeoutMs: number;
  readonly retryDelayMs: number;
  readonly retryDelayMsMax: number;
  readonly ordered: boolean;
  readonly maxConcurrentPublishes: number;
  readonly maxPendingCalls: number;
  readonly maxPendingBytes: number;
  readonly adminToken: string | undefined;
  readonly ca: string | Buffer | undefined;
  readonly onRetry: (retry: Retry) => void;
}

/** Longest delay of a Node.js timer, in ms; a longer one would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Fills the defaults in. @throws {RangeError} when one is out of range. */
export function parseOptions(options: ConnectOptions): Settings {
  return {
    timeoutMs: parseTimeoutMs(options.timeoutMs ?? 10_000),
    answerTimeoutMs: whole('answerTimeoutMs', options.answerTimeoutMs ?? 1500, TIMER_MS_MAX),
    retryDelayMs: whole('retryDelayMs', options.retryDelayMs ?? 20, TIMER_MS_MAX),
    retryDelayMsMax: whole('retryDelayMsMax', options.retryDelayMsMax ?? 400, TIMER_MS_MAX),
    ordered: options.ordered ?? true,
    maxConcurrentPublishes: whole(
      'maxConcurrentPublishes',
      options.maxConcurrentPublishes ?? 64,
      1024,
    ),
    maxPendingCalls: whole('maxPendingCalls', options.maxPendingCalls ?? 10_000, 1_000_000),
    maxPendingBytes: whole('maxPendingBytes', options.maxPendingBytes ?? 64 * 1024 * 1024, 2 ** 40),
    adminToken: parseToken(options.adminToken),
    ca: parseCa(options.ca),
    onRetry: options.onRetry ?? (() => undefined),
  };
}

/** The message never holds the token. */
function parseToken(token: string | undefined): string | undefined {
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token;
  throw new RangeError('adminToken must be one or more visible ASCII characters without spaces');
}

/** Node would ignore in silence what is no certificate. */
function parseCa(ca: string | Buffer | undefined): string | Buffer | undefined {
  if (ca === undefined || areCertificates(ca.toString())) return ca;
  throw new RangeError('ca must be certificates in PEM');
}

function areCertificates(pem: string): boolean {
  const found = pem.match(/-----BEGIN ([\w ]*CERTIFICATE)-----[^-]*-----END \1-----/g) ?? [];
  try {
    return found.map((each) => new X509Certificate(each)).length > 0;
  } catch {
    return false;
  }
}

/** Checks a `timeoutMs`. @throws {RangeError} when it is not a whole number of ms that a timer can wait. */
export function parseTimeoutMs(timeoutMs: number): number {
  return whole('timeoutMs', timeoutMs, TIMER_MS_MAX);
}

/**
 * The base URLs of a list, or of one string with commas, without their last slash and each once.
 * @throws {RrmqError} `invalid-parameter` when there is none, or one is not an http(s) URL without path, query and fragment.
 */
export function parseUrls(urls: string | readonly string[]): string[] {
  const given: readonly unknown[] | undefined =
    typeof urls === 'string' ? urls.split(',') : Array.isArray(urls) ? urls : undefined;
  if (given === undefined) throw invalid('the URLs of the nodes must be a string or an array');
  if (given.length === 0) throw invalid('no URL is given');
  return [...new Set(given.map(parseUrl))];
}

function parseUrl(given: unknown): string {
  const text = typeof given === 'string' ? given.trim() : String(given);
  if (text === '') throw invalid('one of the URLs is empty');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === undefined || !isHttp || url.search !== '' || url.hash !== '') {
    throw invalid(`not an http or https URL: ${text}`);
  }
  if (url.pathname === '/') return url.href.replace(/\/$/, '');
  throw invalid(`the URL of a node has no path: write ${url.origin} instead of ${text}`);
}

function invalid(text: string): RrmqError {
  return new RrmqError(text, { code: 'invalid-parameter', outcome: 'none', retryable: false });
}

function whole(name: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new RangeError(`${name} must be a whole number from 1 to ${max}, not ${value}`);
}
