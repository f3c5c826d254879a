import {
  type Command,
  type DecodedCommand,
  type DecodedMessage,
  type DecodedPlainCommand,
  type DecodedSettlement,
  type NewMessage,
  PRIORITY_DEFAULT,
  type PlainCommand,
  type Settlement,
  decodeCommand,
} from '@rrmq/queue';

/** The command that bytes say, without what is there by default; `undefined` when they are malformed. */
export function commandOf(bytes: Buffer): Command | undefined {
  const decoded = decodeCommand(bytes);
  return decoded === undefined ? undefined : asCommand(decoded);
}

function asCommand(decoded: DecodedCommand): Command {
  switch (decoded.kind) {
    case 'once':
      return { kind: 'once', key: decoded.key, command: asPlain(decoded.command) };
    case 'compare-states':
    case 'restore-begin':
    case 'restore-chunk':
    case 'restore-end':
      return decoded;
    default:
      return asPlain(decoded);
  }
}

function asPlain(decoded: DecodedPlainCommand): PlainCommand {
  switch (decoded.kind) {
    case 'publish':
      return { ...decoded, messages: decoded.messages.map(asMessage) };
    case 'receive':
    case 'settle':
      return { ...decoded, settle: decoded.settle.map(asSettlement) };
    default:
      return decoded;
  }
}

function asMessage(decoded: DecodedMessage): NewMessage {
  const { contentType, body, key, delayMs, deliverAt, ttlMs, dedupId } = decoded;
  const priority = decoded.priority === PRIORITY_DEFAULT ? undefined : decoded.priority;
  const attributes = decoded.attributes.length === 0 ? undefined : decoded.attributes;
  const options = { key, priority, delayMs, deliverAt, ttlMs, dedupId, attributes };
  return { contentType, body, ...present(options) };
}

function asSettlement(decoded: DecodedSettlement): Settlement {
  const { action, token, delayMs, reason, leaseMs } = decoded;
  switch (action) {
    case 'ack':
    case 'release':
      return { action, token };
    case 'nack':
      return { action, token, ...present({ delayMs, reason }) };
    case 'reject':
      return { action, token, ...present({ reason }) };
    case 'extend':
      return { action, token, ...present({ leaseMs }) };
    default:
      return action satisfies never;
  }
}

type Present<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** Without the fields that are undefined. */
function present<Fields extends object>(fields: Fields): Present<Fields> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Present<Fields>;
}
