#!/usr/bin/env node
import { clientCommand, leave } from '../cli/index.ts';

leave(await clientCommand(process.argv));
