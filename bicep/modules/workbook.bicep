metadata name = 'Workbook'
metadata description = 'One page in the portal with the queries of docs/monitoring.md.'

@description('Required. Title of the workbook.')
param displayName string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

@description('Required. Resource id of the Log Analytics workspace that is asked.')
param workspaceResourceId string

@description('Required. Queries that show how rotations go; main.bicep loads them from queries/.')
param usageQueries {
  rotations: string
  durations: string
  steps: string
  actions: string
  sweeps: string
  slow: string
  throttled: string
  lockWaits: string
  pinnedVersions: string
}

@description('Required. Queries that raise alerts; main.bicep loads them from queries/.')
param alertQueries {
  failedRotations: string
  dueNotRotated: string
  late: string
  findings: string
  parkedEvents: string
  deadLetters: string
  appUnhealthy: string
}

var panels = [
  { title: 'Rotations by day and ending', query: usageQueries.rotations, visualization: 'barchart' }
  { title: 'Failed and refused rotations', query: alertQueries.failedRotations, visualization: 'table' }
  { title: 'Due and not rotated', query: alertQueries.dueNotRotated, visualization: 'table' }
  { title: 'Expired before they were rotated', query: alertQueries.late, visualization: 'table' }
  { title: 'What the last sweep wants looked at', query: alertQueries.findings, visualization: 'table' }
  { title: 'What people did', query: usageQueries.actions, visualization: 'table' }
  { title: 'Sweeps', query: usageQueries.sweeps, visualization: 'table' }
  { title: 'Who asks for an old version', query: usageQueries.pinnedVersions, visualization: 'table' }
  { title: 'How long rotations take, graces left out', query: usageQueries.durations, visualization: 'linechart' }
  { title: 'Slow rotations', query: usageQueries.slow, visualization: 'table' }
  { title: 'What was throttled', query: usageQueries.throttled, visualization: 'table' }
  { title: 'Accounts whose rotations wait for each other', query: usageQueries.lockWaits, visualization: 'table' }
  { title: 'What the steps answered', query: usageQueries.steps, visualization: 'table' }
  { title: 'Parked events', query: alertQueries.parkedEvents, visualization: 'table' }
  { title: 'Dead letters and dropped events', query: alertQueries.deadLetters, visualization: 'table' }
  { title: 'Health of the app', query: alertQueries.appUnhealthy, visualization: 'table' }
]

var timeRangeItem = {
  type: 9
  name: 'parameters'
  content: {
    version: 'KqlParameterItem/1.0'
    parameters: [
      {
        version: 'KqlParameterItem/1.0'
        name: 'TimeRange'
        label: 'Time range'
        type: 4
        isRequired: true
        value: {
          durationMs: 604800000
        }
        typeSettings: {
          selectableValues: [
            { durationMs: 86400000 }
            { durationMs: 172800000 }
            { durationMs: 604800000 }
            { durationMs: 2592000000 }
          ]
        }
      }
    ]
  }
}

var panelItems = [
  for (panel, index) in panels: {
    type: 3
    name: 'panel-${index}'
    content: {
      version: 'KqlItem/1.0'
      title: panel.title
      query: panel.query
      size: 0
      timeContextFromParameter: 'TimeRange'
      queryType: 0
      resourceType: 'microsoft.operationalinsights/workspaces'
      crossComponentResources: [
        workspaceResourceId
      ]
      visualization: panel.visualization
      noDataMessage: 'Nothing in this time range.'
    }
  }
]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  // A workbook's name has to be a GUID; this one is the same at every deployment.
  name: guid(resourceGroup().id, displayName)
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: displayName
    category: 'workbook'
    sourceId: workspaceResourceId
    serializedData: string({
      version: 'Notebook/1.0'
      items: concat([timeRangeItem], panelItems)
      fallbackResourceIds: [
        workspaceResourceId
      ]
    })
  }
}

@description('Resource id of the workbook.')
output resourceId string = workbook.id
