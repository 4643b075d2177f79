// az deployment group create --resource-group rg-of-the-vault --parameters bicep/onboard-replica-vault.example.bicepparam
// The variables are outputs of main.bicep; with azd: set -a; eval "$(azd env get-values)"; set +a
using 'onboard-replica-vault.bicep'

param vaultName = 'contoso-east'
param appPrincipalId = readEnvironmentVariable('APP_PRINCIPAL_ID')
param useCustomRole = true
