/** Protobuf's wire format: numbered fields, each a number or some bytes. */
import { ProtobufError } from './protobuf-error.ts';

export interface WireField {
  number: number;
  /** Of a number; 0 where the field is bytes. */
  value: bigint;
  /** Of text, bytes and messages; empty where the field is a number. */
  bytes: Uint8Array;
}

const none = new Uint8Array();

/** The fields of a message in order. @throws ProtobufError */
export function readFields(bytes: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new ProtobufError('unexpected EOF');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError('integer overflow');
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new ProtobufError('unexpected EOF');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = Math.floor(tag / 8);
    if (number < 1 || number > 0x1fffffff) throw new ProtobufError(`illegal tag ${number}`);
    fields.push({ number, ...readPayload(tag % 8, varint, take) });
  }
  return fields;
}

function readPayload(
  type: number,
  varint: () => bigint,
  take: (length: number) => Uint8Array,
): Pick<WireField, 'value' | 'bytes'> {
  switch (type) {
    case 0:
      return { value: varint(), bytes: none };
    case 1:
      return { value: 0n, bytes: take(8) };
    case 2:
      return { value: 0n, bytes: take(Number(varint())) };
    case 5:
      return { value: 0n, bytes: take(4) };
    default:
      throw new ProtobufError(`illegal wireType ${type}`);
  }
}
