/** Everything on offer. The plane applies it; a test walks it. */
import { postgresql } from './postgresql/service.ts';
import type { Service } from './service.ts';

export const services: Service[] = [postgresql];
