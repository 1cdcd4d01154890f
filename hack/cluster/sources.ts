/**
 * Makes the images that an installation needs and writes the sources file that leads the product's own installer to them: nothing is fetched
 * from where the products publish.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { REGISTRY } from './addresses.ts';
import { cloudnativePg, coredns, crossplane, pause, postgresql } from './images/catalog.ts';
import type { Image } from './images/catalog.ts';
import { ensureImage } from './images/push.ts';
import { providerKubernetes, writeProviderManifest } from './images/provider.ts';
import { program, tools } from './place.ts';
import type { Place } from './place.ts';
import { versions } from '../../packages/cli/src/kubernetes/versions.ts';

const run = promisify(execFile);

/** Small: the machine has two processors, and everything runs on it. */
const requests = { cpu: '10m', memory: '64Mi' };

/** Which PostgreSQL images there are here, by the tar files that images/postgresql.sh made. */
export const majors = [{ major: '17', suite: 'trixie' }];

export interface SourcesOptions {
  /** host:port of the registry on loopback. */
  registry: string;
  /** Also what the delivery through provider-kubernetes needs. */
  objects: boolean;
  /** The oldest Crossplane that the catalog knows, instead of the current one. */
  oldCrossplane: boolean;
}

/** As its go.mod says. */
const OLD_CROSSPLANE = '1.20.11';

/** What must be in the registry before any pod can start. */
export async function ensureBaseImages(registry: string): Promise<void> {
  for (const image of [pause, coredns]) await ensureImage(registry, image);
}

/** @returns the path of the sources file */
export async function ensureSources(
  place: Place,
  { registry, objects, oldCrossplane }: SourcesOptions,
): Promise<string> {
  const operator = cloudnativePg(versions.cloudnativePg.version);
  const version = oldCrossplane ? OLD_CROSSPLANE : versions.crossplane.version;
  const share = oldCrossplane ? 'crossplane-1.20' : 'crossplane';
  const core = crossplane(`v${version}`, share, oldCrossplane ? 'crossplane-core-1.20' : 'crossplane-core');
  const operands = await Promise.all(majors.map(ensurePostgresql));
  for (const image of [core, operator, ...operands]) await ensureImage(registry, image);
  const provider = providerKubernetes(`v${versions.providerKubernetes.version}`);
  if (objects) {
    writeProviderManifest();
    await ensureImage(registry, provider);
  }
  const resources = {
    resourcesCrossplane: { requests, limits: null },
    resourcesRBACManager: { requests, limits: null },
  };
  const sources = {
    crossplane: {
      version,
      chart: await packChart(share, version),
      values: { image: { repository: `${REGISTRY}/${core.name}`, tag: core.tag }, ...resources },
    },
    cloudnativePg: {
      version: versions.cloudnativePg.version,
      manifest: join(tools, 'share/cloudnative-pg', `cnpg-${versions.cloudnativePg.version}.yaml`),
      image: referenceOf(operator),
    },
    providerKubernetes: { package: referenceOf(provider) },
    postgresql: operands.map(image => ({ version: image.tag, image: referenceOf(image) })),
  };
  const file = join(place.folder, 'sources.json');
  writeFileSync(file, JSON.stringify(sources, null, 2));
  return file;
}

function referenceOf({ name, tag }: Image): string {
  return `${REGISTRY}/${name}:${tag}`;
}

async function ensurePostgresql({ major, suite }: { major: string; suite: string }): Promise<Image> {
  const target = join(tools, 'images', `postgresql-${major}.tar`);
  mkdirSync(join(tools, 'images'), { recursive: true });
  if (!existsSync(target)) {
    const script = join(import.meta.dirname, 'images/postgresql.sh');
    await run(script, [suite, major, target], { maxBuffer: 64 * 1024 * 1024 });
  }
  return postgresql(major, readFileSync(`${target}.version`, 'utf8').trim());
}

/** The chart that the module brings has no version of its own. @returns the archive's path */
async function packChart(share: string, version: string): Promise<string> {
  const folder = join(tools, 'share', share);
  const chart = join(folder, `crossplane-${version}.tgz`);
  if (existsSync(chart)) return chart;
  const work = join(folder, 'pack');
  rmSync(work, { recursive: true, force: true });
  cpSync(join(folder, 'crossplane'), join(work, 'crossplane'), { recursive: true });
  const words = ['--version', version, '--app-version', `v${version}`, '--destination', folder];
  await run(program('helm'), ['package', join(work, 'crossplane'), ...words]);
  rmSync(work, { recursive: true, force: true });
  return chart;
}
