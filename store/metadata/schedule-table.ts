import type { ScheduleSpec } from '../../ir/schedule.ts';
import type { Change, ChangeLog, NewStarter, Starter, StarterSettings } from './change-log.ts';

/** What a schedule is to be like. Temporal is told of it, and told again when it has forgotten. */
export type ScheduleSettings = StarterSettings<ScheduleSpec>;
export type Schedule = Starter<ScheduleSpec>;
export type NewSchedule = NewStarter<ScheduleSpec>;
export type ScheduleChange = Change<ScheduleSpec>;

/** The schedules of a project: the desired state, of which Temporal's schedules are made. */
export type ScheduleTable = ChangeLog<ScheduleSpec>;
