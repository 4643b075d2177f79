// az deployment group create --resource-group rg-of-the-servers --parameters bicep/onboard-sql-logins.example.bicepparam
// The app may read where the servers are; what it may do in them is SQL: docs/providers/sql-logins.md.
using 'onboard-target.bicep'

param appPrincipalId = readEnvironmentVariable('APP_PRINCIPAL_ID')
param targetTypes = [
  'Microsoft.DBforPostgreSQL/flexibleServers'
  'Microsoft.Sql/servers'
  // For passwords of servers' own administrators; both may change the servers.
  // 'Microsoft.DBforPostgreSQL/flexibleServers (administrator)'
  // 'Microsoft.Sql/servers (administrator)'
]
