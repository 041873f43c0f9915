"use strict";

// What scrolls can be reached by keyboard.
document.addEventListener("DOMContentLoaded", () => {
  for (const part of document.querySelectorAll(".md-typeset pre > code, .md-typeset table")) part.tabIndex = 0;
});
