/** The XRD of a service: claim and composite of one group and version, the same on every plane. */
import type { PrinterColumn, Schema, ValidationRule } from '@larder/kube';
import { claimName } from './claim-name.ts';
import type { CompositeResourceDefinition } from './service.ts';

export interface ClaimDefinition {
  /** The folder of the service. */
  service: string;
  /** Of the claim, in CamelCase. The plural is in lower case with an `s`; the composite's names begin with an X. */
  kind: string;
  description: string;
  /** The composition of a claim that names none. */
  composition: string;
  /** Absent: claims have no connection secret. */
  secretKeys?: string[];
  parameters: Schema;
  /** Whether a claim may say nothing at all. @default false */
  parametersOptional?: boolean;
  status: Schema;
  /** Beside the one about the claim's name. */
  rules?: ValidationRule[];
  columns: PrinterColumn[];
}

export function claimDefinition(of: ClaimDefinition): CompositeResourceDefinition {
  const plural = `${of.kind.toLowerCase()}s`;
  return {
    apiVersion: 'apiextensions.crossplane.io/v1',
    kind: 'CompositeResourceDefinition',
    metadata: { name: `x${plural}.syn.tools`, labels: { 'larder.dev/service': of.service } },
    spec: {
      group: 'syn.tools',
      names: { kind: `X${of.kind}`, plural: `x${plural}` },
      claimNames: { kind: of.kind, plural },
      ...(of.secretKeys && { connectionSecretKeys: of.secretKeys }),
      defaultCompositionRef: { name: of.composition },
      defaultCompositeDeletePolicy: 'Foreground',
      versions: [
        {
          name: 'v1',
          served: true,
          referenceable: true,
          schema: { openAPIV3Schema: rootSchema(of) },
          additionalPrinterColumns: of.columns,
        },
      ],
    },
  };
}

function rootSchema({
  kind,
  description,
  parameters,
  parametersOptional,
  status,
  rules = [],
}: ClaimDefinition): Schema {
  return {
    type: 'object',
    description,
    ...(!parametersOptional && { required: ['spec'] }),
    'x-kubernetes-validations': [claimName(kind), ...rules],
    properties: {
      spec: {
        type: 'object',
        ...(!parametersOptional && { required: ['parameters'] }),
        properties: { parameters },
      },
      status,
    },
  };
}
