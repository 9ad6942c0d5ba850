// Every table can be kept as CSV; text that a spreadsheet would run as a formula is made harmless.
// A figure that scrolls sideways on a narrow screen can be reached by keyboard, and long tables become lists there.
document.addEventListener("DOMContentLoaded", () => {
  for (const figure of document.querySelectorAll(".bd-article figure")) figure.tabIndex = 0;

  // On a narrow screen a row of these becomes a list, in which each cell says what it is.
  for (const table of document.querySelectorAll("table.ledger, table.joint-display")) {
    const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    for (const row of table.tBodies[0].rows)
      [...row.cells].forEach((cell, column) => (cell.dataset.head = heads[column]));
  }

  const field = (cell) => {
    const text = cell.textContent.trim().replace(/\s+/g, " ");
    const harmless = /^[=+@-]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
    return `"${harmless.replaceAll('"', '""')}"`;
  };
  const csv = (table) =>
    [...table.rows].map((row) => `${[...row.cells].map(field).join(",")}\r\n`).join("");

  for (const table of document.querySelectorAll(".bd-article table.table")) {
    const name = table.id || "table";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "csv";
    button.textContent = "CSV";
    const number = table.querySelector(".caption-number")?.textContent.trim() ?? "this table";
    button.setAttribute("aria-label", `Keep ${number} as CSV`);
    button.addEventListener("click", () => {
      const link = document.createElement("a");
      // With a byte order mark spreadsheets read the text as UTF-8.
      link.href = URL.createObjectURL(new Blob(["\ufeff", csv(table)], { type: "text/csv" }));
      link.download = `${name}.csv`;
      link.click();
      URL.revokeObjectURL(link.href);
    });
    (table.caption ?? table.createCaption()).append(" ", button);
  }
});
