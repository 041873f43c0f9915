"use strict";

// What Swagger UI leaves out for those who do not see the page, or use no mouse: each control has a name,
// what scrolls can be reached by keyboard, and no link stands inside a button.

function nameOf(control) {
  if (control.id === "servers") return "Server";
  const parameter = control.closest("tr[data-param-name]");
  if (parameter) return parameter.dataset.paramName;
  if (control.closest(".body-param, .opblock-section-request-body")) {
    return control.tagName === "SELECT" ? "Media type or example of the content" : "Content";
  }
  return control.closest(".response") ? "Media type or example of the answer" : "Value";
}

function mend() {
  for (const link of document.querySelectorAll(".opblock-summary-control a[href]")) link.removeAttribute("href");
  for (const text of document.querySelectorAll("#api pre:not([tabindex])")) text.tabIndex = 0;
  for (const control of document.querySelectorAll("#api :is(select, textarea, input):not([aria-label])")) {
    control.setAttribute("aria-label", nameOf(control));
  }
}

new MutationObserver(mend).observe(document.getElementById("api"), { childList: true, subtree: true });
