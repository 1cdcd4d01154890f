/** The values of protobuf fields as JSON spells them. */
import { ProtobufError } from './protobuf-error.ts';
import { readFields } from './wire.ts';
import type { WireField } from './wire.ts';

/** `undefined` for a time that isn't set. @throws ProtobufError */
export function readScalar(type: string, { value, bytes }: WireField): unknown {
  switch (type) {
    case 'string':
      return text(bytes);
    case 'bool':
      return value !== 0n;
    case 'int':
      return Number(BigInt.asIntN(64, value));
    case 'bytes':
      return Buffer.from(bytes).toString('base64');
    case 'quantity':
      return text(find(bytes, 1)?.bytes);
    case 'intOrString':
      return intOrString(bytes);
    case 'time':
      return time(bytes)?.toISOString().replace(/\.\d+/, '');
    case 'microTime':
      return microTime(bytes);
    case 'json':
    case 'fields':
      return json(find(bytes, 1)?.bytes);
    default:
      throw new ProtobufError(`unknown type ${type}`);
  }
}

const find = (bytes: Uint8Array, number: number): WireField | undefined =>
  readFields(bytes).find(field => field.number === number);

function text(bytes: Uint8Array = new Uint8Array()): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ProtobufError('a text is not valid UTF-8');
  }
}

/** A type (0 a number, 1 a text), the number, the text. */
function intOrString(bytes: Uint8Array): unknown {
  if (find(bytes, 1)?.value === 1n) return text(find(bytes, 3)?.bytes);
  return Number(BigInt.asIntN(64, find(bytes, 2)?.value ?? 0n));
}

function time(bytes: Uint8Array): Date | undefined {
  if (bytes.length === 0) return undefined;
  const date = new Date(Number(BigInt.asIntN(64, find(bytes, 1)?.value ?? 0n)) * 1000);
  if (Number.isNaN(date.getTime())) throw new ProtobufError('a time is out of range');
  return date;
}

function microTime(bytes: Uint8Array): string | undefined {
  const nanos = Number(BigInt.asIntN(64, find(bytes, 2)?.value ?? 0n));
  const micros = String(Math.trunc(nanos / 1000)).padStart(6, '0');
  return time(bytes)?.toISOString().replace(/\.\d+/, `.${micros}`);
}

function json(bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined || bytes.length === 0) return undefined;
  try {
    return JSON.parse(text(bytes));
  } catch {
    throw new ProtobufError('raw JSON within the message cannot be read');
  }
}
