#!/usr/bin/env node
import { serverCommand } from '../cli/index.ts';

process.exit(await serverCommand(process.argv));
