#!/usr/bin/env node
import { beginLoop } from '../loop/index.ts';

const [first = ''] = process.argv.slice(2);
// While the packet loop's thread gets ready, this one loads what else the program needs.
if (!first.startsWith('-')) beginLoop();
const { leave, serverCommand } = await import('../cli/index.ts');
leave(await serverCommand(process.argv));
