/** Sizes as StackGres' schema wants them: whole mebibytes and gibibytes, whole processors or thousandths. */
import type { Parameters } from '../../parameters.ts';
import { cpuText } from '../cluster/decide.ts';

const MiB = 1024 ** 2;

/** At least so much. */
export function mebibytes(bytes: number): string {
  const whole = Math.ceil(bytes / MiB);
  return whole % 1024 === 0 ? `${whole / 1024}Gi` : `${whole}Mi`;
}

/** A profile always has both; what a claim leaves out is what sizes it then. */
export function profileTexts({ limits, requests }: Parameters): Record<string, string> {
  const memory = limits.memoryBytes ?? requests.memoryBytes ?? 1024 ** 3;
  const cpu = limits.milliCpu ?? requests.milliCpu ?? 1000;
  return {
    'limits.memory': mebibytes(memory),
    'limits.cpu': cpuText(cpu),
    ...(requests.memoryBytes === undefined ? {} : { 'requests.memory': mebibytes(requests.memoryBytes) }),
    ...(requests.milliCpu === undefined ? {} : { 'requests.cpu': cpuText(requests.milliCpu) }),
  };
}
