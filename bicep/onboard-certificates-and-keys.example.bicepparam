// az deployment group create --resource-group rg-of-the-vault --parameters bicep/onboard-certificates-and-keys.example.bicepparam
// The variables are outputs of main.bicep; with azd: set -a; eval "$(azd env get-values)"; set +a
using 'onboard-certificates-and-keys.bicep'

param vaultName = 'contoso'
param appPrincipalId = readEnvironmentVariable('APP_PRINCIPAL_ID')
