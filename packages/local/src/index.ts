/** The local plane: its home folder, its keys, its process, and how it is started and stopped. */
export { rotatingFile, type RotatingFileOptions } from './plane/rotating-file.ts';
export { findHome, homeAt, homeFolder, HomeError, openHome, type Home } from './home/home.ts';
export { findText, writeFileAtomic } from './home/files.ts';
export { issueAuthority, issueCertificate, type CertificateRequest } from './pki/issue.ts';
export type { KeyPair } from './pki/keypair.ts';
export { ensureKubeconfig, kubeconfigText, type KubeconfigContents } from './pki/kubeconfig.ts';
export { adminCredentials, openPki, type Pki, type ServerCertificateRequest } from './pki/pki.ts';
export type { ListenWish } from './plane/listen.ts';
export { findPlaneRecord, findRunningPlane, type Endpoints, type PlaneRecord } from './plane/record.ts';
export { endProcess } from './process/end.ts';
export { findOutput, startDetached, type StartOptions } from './lifecycle/start.ts';
export { findOwnProcesses, stopOwnProcesses, stopPlane, type OwnProcess } from './lifecycle/stop.ts';
export { cleanHome } from './lifecycle/clean.ts';
export { planStoreRestore, restoreStore, type StoreRestore } from './lifecycle/restore-store.ts';
export { offeredVersions } from './versions.ts';
export { runSql, type SqlProgram } from './tools/run-sql.ts';
export { runPlane, type PlaneOptions } from './plane/run.ts';
