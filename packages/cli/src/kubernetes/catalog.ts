/** The catalog on a cluster: its function as a package of the registry, and what `crossplane/` holds, in the order in which it can exist. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { CommandError } from '../failure.ts';
import { readManifests, type Manifest } from '../manifests.ts';
import { applyAll } from './apply.ts';
import { untilAvailable, untilCondition, untilPackage } from './cluster.ts';
import type { Engine } from './operators.ts';
import { pushArchive, type Registry } from './registry.ts';
import { runProgram } from './programs.ts';
import type { Sources } from './sources.ts';
import type { Step } from './steps.ts';
import { versions } from './versions.ts';

export const deliveries = ['direct', 'objects'] as const;
export type Delivery = (typeof deliveries)[number];

/** Composites' connection secrets lie here. */
export const SYSTEM_NAMESPACE = 'larder-system';
export const FUNCTION = { apiVersion: 'pkg.crossplane.io/v1', kind: 'Function', name: 'larder' };

export interface CatalogPlan {
  checkout: string;
  version: string;
  registry: Registry;
  engine: Engine;
  delivery: Delivery;
  /** The cluster's Crossplane is older than 2. */
  isOldCrossplane: boolean;
  sources: Sources;
}

export function catalogSteps(client: HttpClient, plan: CatalogPlan): Step[] {
  let functionImage = '';
  let toolsImage = '';
  let agentImage = '';
  return [
    {
      name: `the catalog's packages at ${plan.registry.push}`,
      look: 'skopeo login and the address in REGISTRY; npm run package makes the packages',
      run: async () => {
        const archive = await ensurePackage(plan);
        functionImage = await pushArchive(plan.registry, archive, 'function');
        toolsImage = await pushArchive(plan.registry, join(plan.checkout, 'dist', toolsArchive), 'tools');
        agentImage = await pushArchive(plan.registry, agentArchive(plan), 'agent');
      },
    },
    {
      name: 'rights and namespaces of the catalog',
      look: 'kubectl auth whoami; the right to make ClusterRoles is needed',
      run: async () => {
        const ours = [
          { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE } },
          toolsNote(toolsImage),
        ];
        const manifests = ours.map(object => ({ object, source: 'the installer' }));
        await applyAll(client, [...manifests, ...(await read(plan, 'rbac'))]);
      },
    },
    {
      name: 'the agent, which works on databases by SQL',
      look: `kubectl get pods,events --namespace ${AGENT.namespace}; kubectl logs --namespace ${AGENT.namespace} deployment/${AGENT.name}`,
      run: async () => {
        const manifests = await Promise.all(agentFiles.map(file => read(plan, `agent/${file}`)));
        for (const { object } of manifests.flat()) useAgentImage(object, agentImage);
        await applyAll(client, manifests.flat());
        await untilAvailable(client, AGENT);
      },
    },
    ...(plan.delivery === 'objects' ? [providerStep(client, plan)] : []),
    {
      name: 'the composition function',
      look: 'kubectl describe function.pkg.crossplane.io larder; kubectl get pods --namespace crossplane-system',
      run: async () => {
        const manifests = await read(plan, 'function.yaml');
        for (const { object } of manifests) usePackage(object, functionImage);
        await applyAll(client, manifests);
        await untilPackage(client, FUNCTION, functionImage);
      },
    },
    {
      name: 'the services on offer',
      look: 'kubectl get xrds,compositions,functions',
      run: () => applyServices(client, plan),
    },
  ];
}

/** Its Deployment. */
export const AGENT = { namespace: 'larder-agent', name: 'larder-agent' };

/** In the order in which they can exist. */
const agentFiles = ['kinds.yaml', 'rights.yaml', 'deployment.yaml'];

function agentArchive({ checkout, version }: CatalogPlan): string {
  return join(checkout, 'dist', `agent-${version}.tar`);
}

function useAgentImage(object: KubeObject, image: string): void {
  if (object.kind !== 'Deployment') return;
  const { template } = object.spec as { template: { spec: { containers: { image: string }[] } } };
  for (const container of template.spec.containers) container.image = image;
}

export const toolsArchive = `tools-${versions.tools.version}.tar`;

/** @returns the function's archive, made now if it lacks */
async function ensurePackage(plan: CatalogPlan): Promise<string> {
  const { checkout, version } = plan;
  const archive = join(checkout, 'dist', `function-${version}.xpkg`);
  if (![archive, join(checkout, 'dist', toolsArchive), agentArchive(plan)].every(file => existsSync(file)))
    await runProgram('npm', ['run', '--prefix', checkout, 'package']);
  return archive;
}

function providerStep(client: HttpClient, plan: CatalogPlan): Step {
  const provider = { apiVersion: 'pkg.crossplane.io/v1', kind: 'Provider', name: 'provider-kubernetes' };
  return {
    name: 'provider-kubernetes, which carries objects to the databases’ cluster',
    look: 'kubectl describe provider.pkg.crossplane.io provider-kubernetes; kubectl get pods --namespace crossplane-system',
    run: async () => {
      const manifests = await read(plan, 'objects');
      const ofProvider = ({ object }: Manifest): boolean => object.apiVersion.startsWith('kubernetes.crossplane.io/');
      for (const { object } of manifests)
        if (object.kind === 'Provider') usePackage(object, plan.sources.providerKubernetes.package);
      const first = manifests.filter(each => !ofProvider(each) && each.object.kind !== 'Composition');
      await applyAll(client, first);
      await untilPackage(client, provider, plan.sources.providerKubernetes.package);
      await applyAll(client, manifests.filter(ofProvider));
    },
  };
}

async function applyServices(client: HttpClient, plan: CatalogPlan): Promise<void> {
  const definitions = await read(plan, 'definitions');
  for (const { object } of definitions) preferEngine(object, plan.engine);
  await applyAll(client, definitions);
  for (const { object } of definitions) {
    const { apiVersion, kind, metadata } = object;
    if (kind !== 'CompositeResourceDefinition') continue;
    for (const condition of ['Established', 'Offered'])
      await untilCondition(client, { apiVersion, kind, name: metadata.name }, condition);
  }
  const compositions = await read(plan, compositionsFolder(plan));
  const only = compositions.filter(({ object }) => object.kind === 'Composition');
  for (const { object } of only) offerVersions(object, plan.sources.postgresql);
  await applyAll(client, only);
  await applyAll(client, await read(plan, 'admission'));
}

/** Direct delivery is for Crossplane 2: the older one can't compose objects of a namespace. */
export function compositionsFolder({
  delivery,
  isOldCrossplane,
}: Pick<CatalogPlan, 'delivery' | 'isOldCrossplane'>): string {
  if (isOldCrossplane) return 'objects-1.20/compositions';
  return delivery === 'objects' ? 'objects/compositions' : 'compositions';
}

/** Which engine runs the instance of a claim that asks for none. */
export function preferEngine({ metadata, ...definition }: KubeObject, engine: Engine): void {
  const spec = definition.spec as { defaultCompositionRef?: { name: string } };
  if (metadata.name === 'xpostgresqlinstances.syn.tools' && spec.defaultCompositionRef && engine === 'stackgres')
    spec.defaultCompositionRef.name += '-stackgres';
}

interface Pipeline {
  pipeline: { input?: { engine?: string; images?: { version: string; image: string }[] } }[];
}

/** Puts the cluster's own images in the place of those that the composition names. */
export function offerVersions(composition: KubeObject, images: { version: string; image: string }[] | undefined): void {
  if (!images) return;
  for (const { input } of (composition.spec as Pipeline).pipeline) if (input?.images) input.images = images;
}

function usePackage(object: KubeObject, reference: string): void {
  (object.spec as { package?: string }).package = reference;
}

function read({ checkout }: CatalogPlan, name: string): Promise<Manifest[]> {
  const path = join(checkout, 'crossplane', name);
  if (!existsSync(path))
    throw new CommandError(`there is no crossplane/${name} in this checkout`, { remedy: 'npm run generate makes it' });
  return readManifests(path);
}

const TOOLS_NOTE = { apiVersion: 'v1', kind: 'ConfigMap', namespace: SYSTEM_NAMESPACE, name: 'larder-tools' };

/** For whoever runs a job of ours there later. */
function toolsNote(image: string): KubeObject {
  const { apiVersion, kind, ...metadata } = TOOLS_NOTE;
  return { apiVersion, kind, metadata, data: { image } };
}

/** The tools image as the cluster calls it, where the catalog is installed. */
export async function findToolsImage(client: HttpClient): Promise<string | undefined> {
  const { data } = ((await client.find(TOOLS_NOTE)) ?? {}) as { data?: { image?: string } };
  return data?.image;
}
