/** What the server refuses, in S3's own codes: clients decide by them whether to try again. */

/** Status and text of each code, as S3's reference has them. */
const CODES = {
  AccessControlListNotSupported: [400, 'The bucket does not allow ACLs'],
  AccessDenied: [403, 'Access Denied'],
  AuthorizationHeaderMalformed: [400, 'The authorization header is malformed'],
  AuthorizationQueryParametersError: [400, 'The query parameters of the signature are malformed'],
  BadDigest: [400, 'The checksum that you sent does not match what was received'],
  BucketAlreadyExists: [409, 'The requested bucket name is not available'],
  BucketAlreadyOwnedByYou: [409, 'The bucket exists already, and it is yours'],
  ConditionalRequestConflict: [409, 'Another request changed the object meanwhile'],
  EntityTooLarge: [400, 'The upload is larger than an object may be'],
  EntityTooSmall: [400, 'A part is smaller than 5 MiB, and it is not the last'],
  IncompleteBody: [400, 'There were fewer bytes than Content-Length said'],
  InternalError: [500, 'An internal error occurred. Try again.'],
  InvalidAccessKeyId: [403, 'The access key does not exist'],
  InvalidArgument: [400, 'An argument is invalid'],
  InvalidBucketName: [400, 'The bucket name is not valid'],
  InvalidDigest: [400, 'The Content-MD5 or checksum is not valid'],
  InvalidPart: [400, 'A part was not found, or its ETag does not match'],
  InvalidPartOrder: [400, 'The parts are not in ascending order'],
  InvalidRange: [416, 'The requested range is not satisfiable'],
  InvalidRequest: [400, 'The request is not valid'],
  InvalidStorageClass: [400, 'The storage class is not offered; STANDARD is'],
  InvalidURI: [400, 'The URI cannot be parsed'],
  KeyTooLongError: [400, 'The key is longer than 1024 bytes'],
  MalformedXML: [400, 'The XML is not well-formed, or not what this request takes'],
  MetadataTooLarge: [400, 'The metadata is larger than 2 KB'],
  MethodNotAllowed: [405, 'The method is not allowed against this resource'],
  MissingContentLength: [411, 'Content-Length is required'],
  NoSuchBucket: [404, 'The bucket does not exist'],
  NoSuchBucketPolicy: [404, 'The bucket has no policy'],
  NoSuchCORSConfiguration: [404, 'The bucket has no CORS configuration'],
  NoSuchKey: [404, 'The key does not exist'],
  NoSuchLifecycleConfiguration: [404, 'The bucket has no lifecycle configuration'],
  NoSuchTagSet: [404, 'There are no tags'],
  NoSuchUpload: [404, 'The upload does not exist: it was completed, aborted, or never begun'],
  NoSuchVersion: [404, 'The version does not exist: the bucket has no versioning'],
  NoSuchWebsiteConfiguration: [404, 'The bucket has no website configuration'],
  NotImplemented: [501, 'A header or query parameter implies a function that is not offered'],
  ObjectLockConfigurationNotFoundError: [404, 'The bucket has no object lock'],
  PreconditionFailed: [412, 'A condition of the request did not hold'],
  RequestTimeTooSkewed: [403, 'The clocks of client and server are more than 15 minutes apart'],
  RequestTimeout: [400, 'The connection was idle for too long'],
  ServerSideEncryptionConfigurationNotFoundError: [404, 'The bucket has no encryption configuration'],
  SignatureDoesNotMatch: [403, 'The signature does not match: look at the secret key and the way of signing'],
  SlowDown: [503, 'Reduce the rate of requests'],
  XAmzContentSHA256Mismatch: [400, 'The x-amz-content-sha256 does not match what was received'],
} as const satisfies Record<string, readonly [number, string]>;

export type S3ErrorCode = keyof typeof CODES;

/** Refuses a request. The message is for its sender: it never holds a secret or a path of ours. */
export class S3Error extends Error {
  readonly code: S3ErrorCode;
  readonly status: number;
  /** More elements of the answer, such as `<Key>`. */
  readonly details: Record<string, string>;

  constructor(code: S3ErrorCode, message?: string, details: Record<string, string> = {}) {
    super(message ?? CODES[code][1]);
    this.name = 'S3Error';
    this.code = code;
    this.status = CODES[code][0];
    this.details = details;
  }
}
