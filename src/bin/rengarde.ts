#!/usr/bin/env node
import { rengardeCommand } from '../cli/index.ts';

process.exit(await rengardeCommand(process.argv));
