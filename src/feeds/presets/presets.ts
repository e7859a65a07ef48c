import { adp } from './adp.ts';
import { csv2scim, finch, merge } from './aggregators.ts';
import { bamboohr } from './bamboohr.ts';
import { germanPayroll } from './german-payroll.ts';
import { hibob } from './hibob.ts';
import { personio } from './personio.ts';
import type { Preset } from './preset.ts';
import { rippling } from './rippling.ts';
import { successfactors } from './successfactors.ts';
import { ukgHrsd, ukgPro } from './ukg.ts';
import { workday } from './workday.ts';

/** Every system with words of its own. Where two explain a header equally well, the first one is it. */
export const PRESETS: readonly Preset[] = [
  workday,
  bamboohr,
  adp,
  ukgPro,
  successfactors,
  personio,
  rippling,
  hibob,
  germanPayroll,
  merge,
  finch,
  csv2scim,
  ukgHrsd,
];
