// Reads {"tables": {name: schema}, "queries": {name: text}} as JSON, prints what the language service says of each query.
//
// The package is C# translated for browsers: two scripts that expect a window and leave the namespace Kusto there.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const PACKAGE = path.resolve("node_modules/@kusto/language-service-next");
global.window = global;
for (const script of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
  vm.runInThisContext(fs.readFileSync(path.join(PACKAGE, script), "utf8"), { filename: script });
}
const { GlobalState, KustoCode, Symbols } = Kusto.Language;

function listed(list) {
  return Array.from({ length: System.Array.getCount(list) }, (_, index) => System.Array.getItem(list, index));
}

const asked = JSON.parse(fs.readFileSync(0, "utf8"));
const tables = Object.entries(asked.tables).map(([name, schema]) => new Symbols.TableSymbol.$ctor7(name, schema, null));
const database = new Symbols.DatabaseSymbol.$ctor3("workspace", null, System.Array.init(tables, Symbols.Symbol), false);
const workspace = GlobalState.Default.WithDatabase(database);

function judged(text) {
  const code = KustoCode.ParseAndAnalyze(text, workspace);
  const complaints = listed(code.GetDiagnostics()).map(
    (each) => `line ${text.slice(0, each.Start).split("\n").length}: ${each.Message}`,
  );
  const columns = (code.ResultType && code.ResultType.Columns && listed(code.ResultType.Columns)) || [];
  return { complaints, columns: Object.fromEntries(columns.map((each) => [each.Name, each.Type.Name])) };
}

const answers = Object.entries(asked.queries).map(([name, text]) => [name, judged(text)]);
fs.writeSync(1, JSON.stringify(Object.fromEntries(answers)));
