#!/usr/bin/env node
import { leave, rengardeCommand } from '../cli/index.ts';

leave(await rengardeCommand(process.argv));
