/** `spec.parameters.alerts` as the engines read it. */
import type { KubeObject } from '@larder/kube';
import { fieldAt, isRecord, textOf } from '../fields.ts';

export interface SecretKey {
  name: string;
  key: string;
}

/** Who is told; one of `url` and `urlSecretRef`. */
export interface Receiver {
  name: string;
  url?: string;
  urlSecretRef?: SecretKey;
  authorization?: { type: string; credentialsSecretRef: SecretKey };
  sendResolved: boolean;
}

export interface AlertsWish {
  enabled: boolean;
  receivers: Receiver[];
}

export function readAlerts(composite: KubeObject): AlertsWish {
  const given = fieldAt(composite, 'spec.parameters.alerts');
  const receivers = fieldAt(given, 'receivers');
  return {
    enabled: fieldAt(given, 'enabled') === true,
    receivers: Array.isArray(receivers) ? receivers.filter(isRecord).map(readReceiver) : [],
  };
}

function readReceiver(given: Record<string, unknown>): Receiver {
  const url = textOf(given.url);
  const urlSecretRef = secretKeyAt(given.urlSecretRef);
  const credentialsSecretRef = secretKeyAt(fieldAt(given, 'authorization.credentialsSecretRef'));
  return {
    name: textOf(given.name),
    ...(url === '' ? {} : { url }),
    ...(urlSecretRef ? { urlSecretRef } : {}),
    ...(credentialsSecretRef
      ? { authorization: { type: textOf(fieldAt(given, 'authorization.type'), 'Bearer'), credentialsSecretRef } }
      : {}),
    sendResolved: given.sendResolved !== false,
  };
}

function secretKeyAt(given: unknown): SecretKey | undefined {
  const [name, key] = [textOf(fieldAt(given, 'name')), textOf(fieldAt(given, 'key'))];
  return name === '' || key === '' ? undefined : { name, key };
}
