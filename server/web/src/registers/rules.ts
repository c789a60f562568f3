/** The office's own rules, each as a row: how often what is inspected, and what is kept how long. */
import { call, client } from "../api/client";
import type { components } from "../api/schema";

export type Rule = components["schemas"]["PolicyRule"];
export type Period = components["schemas"]["PeriodView"];

export async function allRules() {
  const [policy, retention] = await Promise.all([call(client.GET("/api/policy")), call(client.GET("/api/retention"))]);
  return { policy, retention };
}

export const ruleId = ({ name }: Rule): string => `rule-${name}`;
export const periodId = ({ name }: Period): string => `period-${name}`;
