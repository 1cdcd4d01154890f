/** Debian's barman-cloud, where this machine has it. */
import { execFile, execFileSync } from 'node:child_process';
import type { Destination } from '@larder/archive';

/** Why tests with the tools don't run; undefined when they do. */
export function toolsMissing(): string | undefined {
  try {
    execFileSync('barman-cloud-backup', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'not run: barman-cloud is not here (apt-get install barman-cli-cloud)';
  }
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** `barman-cloud-<name>` with the store's address and keys; never throws for an exit code. */
export async function barman(
  { endpoint, accessKeyId, secretAccessKey }: Destination,
  name: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<Ran> {
  const keys = {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
  };
  const options = { env: { PATH: process.env.PATH, ...keys, ...env }, maxBuffer: 2 ** 24, timeout: 300_000 };
  return new Promise(resolve => {
    execFile(`barman-cloud-${name}`, ['--endpoint-url', endpoint, ...args], options, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ code, stdout, stderr });
    });
  });
}

/** `s3://bucket/prefix` and the server's name. */
export function addressOf({ bucket, prefix, serverName }: Destination): [url: string, server: string] {
  return [`s3://${bucket}/${prefix}`, serverName];
}
