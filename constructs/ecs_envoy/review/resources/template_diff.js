// Prints what the CDK's own diff library finds, as JSON. The pairs of templates come on standard input; the
// library is found from the folder in the first argument.
const { createRequire } = require("node:module");
const { fullDiff } = createRequire(process.argv[2] + "/")("@aws-cdk/cloudformation-diff");
const pairs = JSON.parse(require("node:fs").readFileSync(0, "utf8"));

function resource(id, difference) {
  const properties = [];
  const attributes = [];
  difference.forEachDifference((kind, name, found) => {
    const row = { name, old: found.oldValue, new: found.newValue, impact: found.changeImpact };
    (kind === "Property" ? properties : attributes).push(row);
  });
  return { id, impact: difference.changeImpact, old: difference.oldValue, new: difference.newValue, properties, attributes };
}

function section(differences) {
  const found = [];
  differences.forEachDifference((name, difference) =>
    found.push({ name, old: difference.oldValue, new: difference.newValue }));
  return found;
}

const results = pairs.map(([before, after]) => {
  const diff = fullDiff(before, after);
  const resources = [];
  diff.resources.forEachDifference((id, difference) => resources.push(resource(id, difference)));
  const declarations = {
    parameter: section(diff.parameters),
    condition: section(diff.conditions),
    mapping: section(diff.mappings),
    output: section(diff.outputs),
  };
  return { resources, declarations };
});
process.stdout.write(JSON.stringify(results));
