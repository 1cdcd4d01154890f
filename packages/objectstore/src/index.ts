/** An S3 server on a folder. */
export { startObjectStore, type Certificate, type ObjectStore, type ObjectStoreOptions } from './server.ts';
export { keyFolder, newAccessKey, type AccessKey, type KeyFolder, type KeyStore, type Rights } from './auth/keys.ts';
export { ensureBucket, hasBucket, removeBucket } from './folder/bucket.ts';
