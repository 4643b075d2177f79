// az deployment group create --resource-group rg-of-the-vault --parameters bicep/onboard-vault.example.bicepparam
// The variables are outputs of main.bicep; with azd: set -a; eval "$(azd env get-values)"; set +a
using 'onboard-vault.bicep'

param vaultName = 'contoso'
param appPrincipalId = readEnvironmentVariable('APP_PRINCIPAL_ID')
param eventHubResourceId = readEnvironmentVariable('EVENT_HUB_RESOURCE_ID')
param deadLetterStorageResourceId = readEnvironmentVariable('DEAD_LETTER_STORAGE_RESOURCE_ID')
param workspaceResourceId = readEnvironmentVariable('LOG_ANALYTICS_WORKSPACE_RESOURCE_ID')
param useCustomRole = true
