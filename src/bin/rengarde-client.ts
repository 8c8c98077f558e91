#!/usr/bin/env node
import { beginLoop } from '../loop/index.ts';

const [first = ''] = process.argv.slice(2);
// While the packet loop's thread gets ready, this one loads what else the program needs.
if (!first.startsWith('-') && first !== 'list-interfaces') beginLoop();
const { clientCommand, leave } = await import('../cli/index.ts');
leave(await clientCommand(process.argv));
