metadata name = 'Alerts'
metadata description = 'One action group, and one log alert for each way in which rotations go wrong.'

@description('Required. Name of the action group, and beginning of the alerts\' names.')
param namePrefix string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

@description('Required. Resource id of the Log Analytics workspace that is asked.')
param workspaceResourceId string

@description('Required. Who is told. Without an address the alerts only show in the portal.')
param emailAddresses string[]

@description('Required. The queries by name; main.bicep loads them from queries/.')
param queries {
  failedRotations: string
  dueNotRotated: string
  late: string
  findings: string
  parkedEvents: string
  deadLetters: string
  appUnhealthy: string
}

// `split` is the column whose every value raises an alert of its own, so that the alert says what it is about.
// A query range longer than the window is the rule's own business: it looks back on purpose, over two days at most.
var alerts = [
  {
    name: 'failed-rotations'
    title: 'A rotation failed or was refused'
    description: 'The reason is in the alert. Mend the cause, then restart the instance: always safe.'
    query: queries.failedRotations
    split: 'Instance'
    severity: 1
    frequency: 'PT15M'
    window: 'PT30M'
    range: 'PT30M'
  }
  {
    name: 'due-not-rotated'
    title: 'A secret is due and was not rotated'
    description: 'Key Vault announced it and no new version followed: the event was lost, or the app was not there.'
    query: queries.dueNotRotated
    split: 'Secret'
    severity: 1
    frequency: 'PT1H'
    window: 'PT1H'
    range: 'P2D'
  }
  {
    name: 'late'
    title: 'A secret had expired before its rotation began'
    description: 'It is being rotated now, or was: consumers that honour the expiry have been without it.'
    query: queries.late
    split: 'Secret'
    severity: 1
    frequency: 'PT15M'
    window: 'PT30M'
    range: 'PT30M'
  }
  {
    name: 'findings'
    title: 'The sweep found a secret that cannot be rotated'
    description: 'Or a vault that it cannot read. The reason is in the query; the alert ends a day after the last sweep that found it.'
    query: queries.findings
    split: 'Secret'
    severity: 2
    frequency: 'PT1H'
    window: 'P1D'
    range: 'P1D'
  }
  {
    name: 'parked-events'
    title: 'An event could not be used'
    description: 'It could not be read, or its vault is not in KEY_VAULTS.'
    query: queries.parkedEvents
    split: 'Reason'
    severity: 2
    frequency: 'PT15M'
    window: 'PT30M'
    range: 'PT30M'
  }
  {
    name: 'dead-letters'
    title: 'Event Grid could not deliver events'
    description: 'They are in the dead-letter container, or were dropped. The due-not-rotated alert follows if nobody acts.'
    query: queries.deadLetters
    split: 'Topic'
    severity: 1
    frequency: 'PT15M'
    window: 'PT30M'
    range: 'PT30M'
  }
  {
    name: 'app-unhealthy'
    title: 'The app is unwell'
    description: 'The host reports errors, the starter fails, or events arrive and nobody reads them.'
    query: queries.appUnhealthy
    split: 'Symptom'
    severity: 1
    frequency: 'PT15M'
    window: 'PT1H'
    range: 'PT1H'
  }
]

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: namePrefix
  location: 'Global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'rotation'
    emailReceivers: [
      for (address, index) in emailAddresses: {
        name: 'email-${index}'
        emailAddress: trim(address)
        useCommonAlertSchema: true
      }
    ]
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in alerts: {
    name: '${namePrefix}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.title
      description: alert.description
      enabled: true
      severity: alert.severity
      scopes: [
        workspaceResourceId
      ]
      evaluationFrequency: alert.frequency
      windowSize: alert.window
      overrideQueryTimeRange: alert.range == alert.window ? null : alert.range
      // Tables come into being with their first row, which is after the first deployment.
      skipQueryValidation: true
      // One alert while the condition lasts instead of one at each evaluation.
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: [
              {
                name: alert.split
                operator: 'Include'
                values: [
                  '*'
                ]
              }
            ]
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: [
          actionGroup.id
        ]
      }
    }
  }
]

@description('Resource id of the action group.')
output actionGroupResourceId string = actionGroup.id
