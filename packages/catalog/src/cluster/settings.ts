/** What a platform team decides about a cluster, once, in the Composition: the input of its pipeline's step. */
import { fieldAt, isRecord, textOf } from '../postgresql/fields.ts';

export const INPUT_API_VERSION = 'larder.dev/v1alpha1';

/** How composed objects reach the cluster that runs the databases. */
export type Delivery =
  /** Crossplane 2 composes them itself, in its own cluster. */
  | { kind: 'Direct' }
  /** provider-kubernetes carries them to the cluster of a ProviderConfig. */
  | { kind: 'Object'; providerConfig: string };

export interface PlaneSettings {
  /** The major version of the Crossplane that calls. 1 can't look up namespaced objects. */
  crossplane: 1 | 2;
  delivery: Delivery;
  /** The image catalog: the PostgreSQL versions on offer, each with its image where the engine takes one. */
  images: { version: string; image?: string }[];
  /** Absent: the cluster's default. */
  storageClass?: string;
  /** Where the engine's operator runs. */
  operatorNamespace: string;
  /** Where Larder's own agent runs. */
  agentNamespace: string;
  monitoring: Monitoring;
}

/** Who measures, and who is told. */
export interface Monitoring {
  /** Whether the cluster has the Prometheus Operator, so that its objects can be composed. @default false */
  prometheusOperator: boolean;
  /** Where Prometheus runs: who may reach the exporters of instances. @default monitoring */
  namespace: string;
  /** What its Prometheus selects PrometheusRules and PodMonitors by, beside our own labels. */
  ruleLabels: Record<string, string>;
  /** The URL of a folder with docs/runbooks. */
  runbooks?: string;
}

/** @throws Error that names the field, when the Composition can't be meant so */
export function readSettings(input: Record<string, unknown> | undefined): PlaneSettings {
  const text = (path: string, fallback: string): string => textOf(fieldAt(input, path), fallback);
  const storageClass = text('storageClass', '');
  return {
    crossplane: text('crossplane', '2') === '1' ? 1 : 2,
    delivery: readDelivery(fieldAt(input, 'delivery')),
    images: readImages(fieldAt(input, 'images')),
    ...(storageClass === '' ? {} : { storageClass }),
    operatorNamespace: text('operatorNamespace', 'cnpg-system'),
    agentNamespace: text('agentNamespace', 'larder-agent'),
    monitoring: readMonitoring(fieldAt(input, 'monitoring')),
  };
}

function readMonitoring(given: unknown): Monitoring {
  const labels = fieldAt(given, 'ruleLabels');
  const runbooks = textOf(fieldAt(given, 'runbooks')).replace(/\/+$/, '');
  return {
    prometheusOperator: fieldAt(given, 'prometheusOperator') === true,
    namespace: textOf(fieldAt(given, 'namespace'), 'monitoring'),
    ruleLabels: isRecord(labels)
      ? Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, textOf(value)]))
      : {},
    ...(runbooks === '' ? {} : { runbooks }),
  };
}

function readDelivery(given: unknown): Delivery {
  const kind = textOf(fieldAt(given, 'kind'), 'Direct');
  if (kind === 'Direct') return { kind };
  if (kind === 'Object') return { kind, providerConfig: textOf(fieldAt(given, 'providerConfig'), 'default') };
  throw new Error(`input.delivery.kind: "${kind}" is no delivery: write Direct or Object`);
}

function readImages(given: unknown): PlaneSettings['images'] {
  if (!Array.isArray(given)) return [];
  return given.map((entry: unknown, index) => {
    const version = isRecord(entry) ? textOf(entry.version) : '';
    if (!/^[1-9]\d*\.\d+$/.test(version)) {
      throw new Error(
        `input.images[${index}].version: "${version}" is no exact version: write it as "17.11", in quotes`,
      );
    }
    const image = textOf(fieldAt(entry, 'image'));
    return { version, ...(image === '' ? {} : { image }) };
  });
}
