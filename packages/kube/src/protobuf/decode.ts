/**
 * Request bodies in protobuf: kubectl and typed Go clients send built-in kinds so, and take no other answer than success. Only
 * reading; answers are JSON. Untrusted input: every length is checked, and nothing nests deeper than the messages do.
 */
import { isJsonObject, setField } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { groupOf, versionOf } from '../objects.ts';
import { messages } from './messages.ts';
import { ProtobufError } from './protobuf-error.ts';
import { readScalar } from './scalars.ts';
import { readFields } from './wire.ts';
import type { WireField } from './wire.ts';

/** What every body begins with. */
const magic = [0x6b, 0x38, 0x73, 0x00];

/** The object that the body holds, as JSON would spell it. @throws ProtobufError */
export function decodeProtobuf(bytes: Uint8Array): JsonObject {
  if (!magic.every((byte, index) => bytes[index] === byte)) {
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  const envelope = decodeMessage('unknown', bytes.subarray(magic.length));
  const { apiVersion = '', kind = '' } = (envelope.typeMeta ?? {}) as { apiVersion?: string; kind?: string };
  const name = messageOf(apiVersion, kind);
  if (name === undefined) throw new ProtobufError(`no kind "${kind}" is registered for version "${apiVersion}"`);
  const raw = envelope.raw instanceof Uint8Array ? envelope.raw : new Uint8Array();
  return { apiVersion, kind, ...decodeMessage(name, raw) };
}

function messageOf(apiVersion: string, kind: string): string | undefined {
  if (kind === 'DeleteOptions') return 'meta.DeleteOptions';
  const group = groupOf(apiVersion);
  const name = `${group === '' ? 'core' : group.split('.')[0]}.${kind}`;
  const isKnown = versionOf(apiVersion) === 'v1' && (!group.includes('.') || group.endsWith('.k8s.io'));
  return isKnown && Object.hasOwn(messages, name) ? name : undefined;
}

interface Field {
  /** `-`: its fields are the message's own. */
  name: string;
  type: string;
  many?: 'list' | 'map';
  /** Whether a zero says something. */
  optional: boolean;
}

/** The wrapper of every object; `raw` stays bytes. */
const envelopeFields = new Map<number, Field>([
  [1, { name: 'typeMeta', type: 'typeMeta', optional: true }],
  [2, { name: 'raw', type: 'raw', optional: true }],
]);
const typeMetaFields = fieldsOf('1 apiVersion string, 2 kind string');

function fieldsOf(text: string): Map<number, Field> {
  const fields = new Map<number, Field>();
  for (const line of text === '' ? [] : text.split(', ')) {
    const [number = '', name = '', spelled = ''] = line.split(' ');
    const [, mark, type = ''] = /^(\*|\[\]|\{\})?(.*)$/.exec(spelled.replace(/^\*\*/, '*')) ?? [];
    const many = mark === '[]' ? 'list' : mark === '{}' ? 'map' : undefined;
    fields.set(Number(number), { name, type: type.replace(/^\*/, ''), many, optional: mark !== undefined });
  }
  return fields;
}

function schemaOf(message: string): Map<number, Field> {
  if (message === 'unknown') return envelopeFields;
  return message === 'typeMeta' ? typeMetaFields : fieldsOf(messages[message] ?? '');
}

function decodeMessage(message: string, bytes: Uint8Array): JsonObject {
  const schema = schemaOf(message);
  const result: JsonObject = {};
  for (const wire of readFields(bytes)) {
    const field = schema.get(wire.number);
    if (field !== undefined) addField(result, field, wire);
  }
  return result;
}

function addField(result: JsonObject, field: Field, wire: WireField): void {
  const { name, many } = field;
  if (many === 'map') return addEntry(result, field, wire);
  const value = decodeValue(field.type, wire);
  if (many === 'list') {
    const list = result[name];
    if (Array.isArray(list)) list.push(value);
    else result[name] = [value];
  } else if (name === '-') {
    if (isJsonObject(value)) Object.assign(result, value);
  } else if (value !== undefined && (field.optional || !isZero(value))) {
    setField(result, name, value);
  }
}

/** A map comes as messages of a key (1) and a value (2). */
function addEntry(result: JsonObject, { name, type }: Field, wire: WireField): void {
  let key = '';
  let value: unknown = type === 'string' || type === 'bytes' ? '' : undefined;
  for (const part of readFields(wire.bytes)) {
    if (part.number === 1) key = String(readScalar('string', part));
    if (part.number === 2) value = decodeValue(type, part);
  }
  const map = isJsonObject(result[name]) ? result[name] : {};
  setField(map, key, value);
  result[name] = map;
}

function decodeValue(type: string, wire: WireField): unknown {
  if (type === 'raw') return wire.bytes;
  if (type === 'list') return readFields(wire.bytes).map(item => readScalar('string', item));
  if (type === 'typeMeta' || Object.hasOwn(messages, type)) return decodeMessage(type, wire.bytes);
  return readScalar(type, wire);
}

/** What Go clients write for a field that JSON would leave out. */
function isZero(value: unknown): boolean {
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}
