// A table of counts, one set of them per slider value, coloured by the share of each row's total.
class Matrix {
  constructor(data) {
    this.data = data;
    this.root = html(data.folded ? "details" : "div", "matrix");
    const table = html("table");
    const scroll = html("div", "scroll");
    scroll.tabIndex = 0; // on a phone it is wider than the page
    scroll.append(table);
    this.root.append(html(data.folded ? "summary" : "div", "heading", data.title), scroll);
    const head = html("tr");
    head.append(html("th", "corner", `${data.rowTitle} ↓  ${data.columnTitle} →`));
    if (data.shareTitle) head.append(html("th", "name", data.shareTitle));
    for (const column of data.columns) head.append(this.columnHead(column));
    table.append(head);
    this.rows = data.rows.map((row, i) => this.buildRow(table, row, i));
  }

  columnHead(name) {
    const cell = html("th", "name");
    cell.scope = "col";
    cell.append(html("span", "", name));
    return cell;
  }

  buildRow(table, name, i) {
    const row = paint(html("tr"), this.data.colours[i]);
    const head = html("th", "", name);
    head.scope = "row";
    const share = html("td", "share");
    row.append(head);
    if (this.data.shareTitle) row.append(share);
    const cells = this.data.columns.map((column) => {
      const cell = html("td", column === name ? "same" : "");
      row.append(cell);
      return cell;
    });
    table.append(row);
    return { share, cells };
  }

  show(index) {
    const counts = this.data.counts[index];
    const wide = this.data.columns.length;
    this.rows.forEach(({ share, cells }, i) => {
      const total = this.data.totals[i] || 1;
      const row = counts.slice(i * wide, (i + 1) * wide);
      const sum = row.reduce((a, b) => a + b, 0);
      share.textContent = `${((100 * sum) / total).toFixed(1)} %`;
      cells.forEach((cell, j) => {
        cell.textContent = row[j] || "";
        cell.style.setProperty("--share", `${Math.round((75 * row[j]) / total)}%`);
      });
    });
  }
}
