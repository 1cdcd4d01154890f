/** The registry that images and packages are pushed to, by skopeo: it needs no daemon and knows where credentials lie. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CommandError, EXIT } from '../failure.ts';
import { runProgram } from './programs.ts';

export interface Registry {
  /** `registry.example.com/team/larder`: where we push. */
  push: string;
  /** The same registry as the cluster calls it. */
  pull: string;
}

/** @throws CommandError when nothing is named: nothing of Larder is published, so there is no usual place */
export function registryFrom(push: string | undefined, pull: string | undefined): Registry {
  if (!push)
    throw new CommandError(
      'cannot install on a cluster: no registry is named for the images and packages of the catalog',
      {
        remedy: 'REGISTRY=host/path names one that you may push to and the cluster may pull from (skopeo login first)',
        exitCode: EXIT.usage,
      },
    );
  for (const each of [push, pull ?? push])
    if (!/^[\w.-]+(:\d+)?(\/[\w.-]+)*$/.test(each))
      throw new CommandError(`cannot use the registry "${each}": it must be host/path or host:port/path`, {
        remedy: 'leave out the scheme, tags, and a slash at the end',
        exitCode: EXIT.usage,
      });
  return { push, pull: pull ?? push };
}

/** Pushes an archive under a tag that its content gives. @returns the reference for the cluster */
export async function pushArchive(registry: Registry, archive: string, name: string): Promise<string> {
  const tag = (await sha256(archive)).slice(0, 16);
  await runProgram('skopeo', skopeoArguments(archive, `${registry.push}/${name}:${tag}`));
  return `${registry.pull}/${name}:${tag}`;
}

/** skopeo's words. A registry on loopback has no certificate. */
export function skopeoArguments(archive: string, reference: string): string[] {
  const isLocal = /^(localhost|127\.)/.test(reference);
  return [
    ...['copy', '--quiet', '--insecure-policy', ...(isLocal ? ['--dest-tls-verify=false'] : [])],
    ...[`docker-archive:${archive}`, `docker://${reference}`],
  ];
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash).catch((cause: unknown) => {
    throw new CommandError(`cannot read ${basename(file)}`, { remedy: 'npm run package makes it', cause });
  });
  return hash.digest('hex');
}
