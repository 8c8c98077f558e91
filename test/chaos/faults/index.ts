/** Every kind of the catalogue with how it is made. */
import type { KindName } from '../kinds.ts';
import { addresses } from './addresses.ts';
import { disks } from './disks.ts';
import type { Make } from './fault.ts';
import { files } from './files.ts';
import { links } from './links.ts';
import { manager } from './manager.ts';
import { names } from './names.ts';
import { programs } from './programs.ts';
import { resources } from './resources.ts';
import { wires } from './wires.ts';

export const makes: Record<KindName, Make> = {
  ...links,
  ...addresses,
  ...wires,
  ...programs,
  ...resources,
  ...disks,
  ...manager,
  ...files,
  ...names,
};
