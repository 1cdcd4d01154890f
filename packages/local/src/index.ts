/** The local plane: its home folder, its keys, its process, and how it is started and stopped. */
export { fileLogger, type Logger, type LogLevel } from './plane/logger.ts';
export { findHome, homeAt, homeFolder, HomeError, openHome, type Home } from './home/home.ts';
export { findText, writeFileAtomic } from './home/files.ts';
export { issueAuthority, issueCertificate, type CertificateRequest } from './pki/issue.ts';
export type { KeyPair } from './pki/keypair.ts';
export { ensureKubeconfig, kubeconfigText, type KubeconfigContents } from './pki/kubeconfig.ts';
export { openPki, type Pki, type ServerCertificateRequest } from './pki/pki.ts';
export { findPlaneRecord, findRunningPlane, type Endpoints, type PlaneRecord } from './plane/record.ts';
export { endProcess } from './process/end.ts';
export { findProcess, isRunning, type ProcessIdentity } from './process/identity.ts';
export { describePortHolder, findPortHolder, type PortHolder } from './process/ports.ts';
export { findOutput, startDetached, type StartOptions } from './lifecycle/start.ts';
export { findOwnProcesses, stopOwnProcesses, stopPlane, type OwnProcess } from './lifecycle/stop.ts';
export { cleanHome } from './lifecycle/clean.ts';
