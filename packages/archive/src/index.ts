/** Base backups, WAL archiving and recovery in the layout of barman-cloud. */
export {
  DEFAULT_SEGMENT_BYTES,
  isSegmentSize,
  parseLsn,
  printLsn,
  segmentAfter,
  segmentAt,
  segmentStart,
  type SegmentPosition,
} from './layout/lsn.ts';
export {
  COMPRESSIONS,
  parseArchivedName,
  parseWalName,
  printSegment,
  printWalName,
  segmentNameAt,
  splitCompression,
  type Compression,
  type WalName,
} from './layout/wal-name.ts';
export { backupIdAt, isBackupId } from './layout/backup-id.ts';
export { archiveKeys, hashFolder, type ArchiveKeys, type ArchivePlace } from './layout/keys.ts';
export { checkDestination, type Destination } from './store/destination.ts';
export { StoreError, type StoreErrorKind } from './store/errors.ts';
export {
  openStore,
  type GetOptions,
  type ListEntry,
  type ObjectFacts,
  type PutOptions,
  type Store,
  type StoreOptions,
  type StoredObject,
  type UploadOptions,
} from './store/store.ts';
