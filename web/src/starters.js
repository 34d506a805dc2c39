// The tabs that the page opens with, in the order in which a coordinator works through a case.
import carePlan from './queries/care-plan.graphql';
import carePlanVariables from './queries/care-plan.json';
import chart from './queries/chart-at-a-glance.graphql';
import chartVariables from './queries/chart-at-a-glance.json';
import communityServices from './queries/community-services.graphql';
import communityServicesVariables from './queries/community-services.json';
import encounters from './queries/encounters.graphql';
import encountersVariables from './queries/encounters.json';
import findPatient from './queries/find-patient.graphql';
import findPatientVariables from './queries/find-patient.json';
import labTrend from './queries/lab-trend.graphql';
import labTrendVariables from './queries/lab-trend.json';
import whatIsMissing from './queries/what-is-missing.graphql';
import whatIsMissingVariables from './queries/what-is-missing.json';
import whoAmI from './queries/who-am-i.graphql';

const STARTERS = [
  [findPatient, findPatientVariables],
  [chart, chartVariables],
  [labTrend, labTrendVariables],
  [encounters, encountersVariables],
  [carePlan, carePlanVariables],
  [communityServices, communityServicesVariables],
  [whatIsMissing, whatIsMissingVariables],
  [whoAmI],
];

/** The tabs, with the server's patient in place of the written-out placeholder where there is one. */
export function starterTabs({ identifier }) {
  return STARTERS.map(([query, variables]) => ({ query, variables: fill(variables, identifier) }));
}

function fill(variables, identifier) {
  if (!variables) return undefined;
  const filled = identifier && 'identifier' in variables ? { ...variables, identifier } : variables;
  return JSON.stringify(filled, null, 2);
}
