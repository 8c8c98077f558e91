#!/usr/bin/env node
import { clientCommand } from '../cli/index.ts';

process.exit(await clientCommand(process.argv));
