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
export { nextServerName, parseServerName, serverName } from './layout/server-name.ts';
export { archiveKeys, hashFolder, type ArchiveKeys, type ArchivePlace } from './layout/keys.ts';
export {
  InvalidBackupInfoError,
  parseBackupInfo,
  printBackupInfo,
  type BackupInfo,
  type CompleteBackupInfo,
  type Tablespace,
} from './backup/backup-info.ts';
export { parseLiteral, printText, type Literal } from './backup/python-literal.ts';
export { type Content } from './store/put.ts';
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
export {
  BUCKET_MARK,
  makeBucket,
  markBucket,
  removeBucketFrom,
  whoseBucket,
  type BucketOwner,
} from './endpoint/buckets.ts';
export { type EndpointAccess } from './endpoint/endpoint.ts';
export {
  checkAccounts,
  ensureAccount,
  grantKeys,
  removeAccount,
  type BucketKey,
  type KeyRights,
} from './endpoint/versitygw.ts';
export { shareConnections, type SharedConnections } from './store/connection.ts';
export {
  backupObjects,
  findBackup,
  readCatalogue,
  removeBackup,
  setKeep,
  usable,
  type Backup,
  type Catalogue,
  type UsableInfo,
} from './backup/catalogue.ts';
export { reachOf, readArchivedLog, recoverableRange, type ArchivedLog, type Reach } from './backup/recoverable.ts';
export { planRetention, type Retention, type RetentionPlan } from './retention/plan.ts';
export {
  DamagedPagesError,
  writeBackup,
  type BackupOptions,
  type BackupProgress,
  type WrittenBackup,
} from './backup/write.ts';
export { PAGE_BYTES, PageChecker, type PageState } from './backup/page-checksum.ts';
export { verifyPages, type Verified, type VerifyOptions } from './backup/verify.ts';
export { portableConfiguration, type BackupSession } from './backup/server-facts.ts';
export { fetchBackup, type Fetched, type FetchOptions } from './restore/fetch.ts';
export { backupParts, type BackupPart } from './restore/parts.ts';
export { HostileArchiveError, unpack, type Unpacked, type UnpackOptions } from './restore/unpack.ts';
export {
  endedBeforeTarget,
  lastReplayedCommit,
  recoverySettings,
  type RecoveryOptions,
  type RecoveryTarget,
} from './restore/recovery.ts';
export {
  atLeast,
  firstStartAccess,
  firstStartSettings,
  type ControlSettings,
  type FirstStart,
} from './restore/first-start.ts';
export { readControlFile, type ControlFacts } from './restore/control-file.ts';
export {
  newArchiverSlots,
  startArchiver,
  type Archiver,
  type ArchiverOptions,
  type ArchiverState,
} from './wal/archiver.ts';
export { archiveCommand, markerFolder } from './wal/markers.ts';
export { type Slots } from './wal/slots.ts';
export { planArchiving } from './wal/plan.ts';
export { readSegmentHeader, whyNotSegment, type SegmentFacts } from './wal/segment-header.ts';
export { startWalFetcher, type Fetcher, type FetcherOptions, type FetcherState } from './wal/fetcher.ts';
export { restoreCommand } from './wal/spool.ts';
export { laterSegment, locateWal, type Located } from './wal/locate.ts';
