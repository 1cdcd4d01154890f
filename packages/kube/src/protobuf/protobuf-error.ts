/** Bytes that are no protobuf, or of a kind that isn't read in protobuf. */
export class ProtobufError extends Error {
  override name = 'ProtobufError';
}
