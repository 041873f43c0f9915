"use strict";

// What the x- keys of the document say of an operation, in words above its parameters.

const CALLERS = { user: "everybody who is signed in", owner: "the owner of the item", self: "the account itself" };
const COUNTED = { principal: "for each caller", address: "for each client address", body: "for each account" };

function accessOf(operation) {
  const access = operation["x-access"];
  if (!access) return "everybody, without a token";
  const callers = access.allow.map((name) => CALLERS[name] ?? `role \`${name}\``).join(", ");
  return access.refusal ? `${callers}; all others get ${access.refusal}` : callers;
}

function limitsOf(operation, root) {
  const limits = root["x-rate-limit"] ?? {};
  const names = operation["x-rate-limit"] ?? limits.default ?? [];
  return names.map((name) => {
    const { limit, window, by, counts } = limits.policies[name];
    const tiers = Object.entries(limit).map(([tier, number]) => `${number} (${tier})`).join(", ");
    return `${tiers || limit} ${counts ?? "requests"} in ${window} s ${COUNTED[by]}`;
  }).join("; ") || "none";
}

function cacheOf(operation) {
  if (operation["x-clears"] === "cache") return "empties the cache of the service";
  const cache = operation["x-cache"];
  if (!cache) return "the service keeps no answer";
  const facts = [`the service keeps an answer for ${cache.store} s`];
  if (cache["max-staleness"]) facts.push(`it may be ${cache["max-staleness"]} s behind`);
  if (cache.bypass) {
    const whom = cache["bypass-for"] === "user" ? " for callers who are signed in" : "";
    facts.push(`\`${cache.bypass}\` goes around it${whom}`);
  }
  return facts.join("; ");
}

function withFacts(root) {
  const told = structuredClone(root);
  for (const item of Object.values(told.paths ?? {})) {
    for (const operation of Object.values(item).filter((one) => one?.responses)) {
      const facts = { Access: accessOf(operation), Limits: limitsOf(operation, root), Cache: cacheOf(operation) };
      const list = Object.entries(facts).map(([name, text]) => `- **${name}:** ${text}`).join("\n");
      operation.description = `${operation.description ?? ""}\n\n${list}\n`;
    }
  }
  return told;
}

const factsOfOperations = {
  statePlugins: {
    spec: { wrapActions: { updateJsonSpec: (update) => (root) => update(withFacts(root)) } },
  },
};
