/** A table with a head to sort by, of which only the visible rows exist. */

import { fill, h } from "./dom";

/** A column. */
export interface Column<Row> {
  key: string;
  label: string;
  /** Shown on hover of the head. */
  title?: string;
  /** Class of head and cells; it sets the width. */
  class: string;
  /** What rows are sorted by; without it the column cannot be sorted by. Null comes last. */
  value?: (row: Row) => number | string | null;
  /** Whether the largest comes first. */
  isDescending?: boolean;
  cell: (row: Row) => Node | string;
}

/** How rows are told apart and what a click does. */
export interface GridOptions<Row> {
  label: string;
  columns: Column<Row>[];
  keyOf: (row: Row) => string;
  /** A click on a row, or Enter; `adds` with shift. Without it rows are not for clicking. */
  onPick?: (row: Row, adds: boolean) => void;
  onSort?: (sort: string | null) => void;
  /** Sorted by at first, such as `p95` or `-p95` for the other way around. */
  sort: string | null;
  /** Rows before there is scrolling. */
  visibleRows: number;
  /** Rows that came into view. */
  onVisible?: (rows: readonly Row[]) => void;
  class: string;
}

const ROW_HEIGHT = 28;
/** Rows beyond the edge that exist already. */
const SPARE = 6;

/** See the head of this file. */
export class Grid<Row> {
  readonly element: HTMLElement;
  private readonly head = h("div", { class: "grid-row grid-head", role: "row" });
  private readonly body = h("div", { class: "grid-body", role: "rowgroup" });
  private readonly scroller: HTMLElement;
  private readonly empty = h("p", { class: "empty", hidden: true });
  private columns: Column<Row>[];
  private rows: readonly Row[] = [];
  private sorted: Row[] = [];
  private selected: ReadonlySet<string> = new Set();
  private sort: string | null;
  private focused: string | null = null;

  constructor(private readonly options: GridOptions<Row>) {
    this.columns = options.columns;
    this.sort = options.sort;
    // Focusable, so that it can be scrolled with keys.
    this.scroller = h("div", {
      class: "grid-scroll",
      tabindex: 0,
      role: "region",
      "aria-label": `${options.label}, rows`,
    });
    const table = h("div", { class: `grid ${options.class}`, role: "table", "aria-label": options.label });
    table.append(h("div", { role: "rowgroup", class: "grid-headgroup" }, this.head), this.body);
    this.scroller.append(table);
    this.scroller.style.setProperty("--rows", String(options.visibleRows));
    this.element = h("div", { class: "grid-box" }, this.scroller, this.empty);
    this.scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    this.drawHead();
  }

  /** Shows other columns. */
  setColumns(columns: Column<Row>[]): void {
    this.columns = columns;
    this.drawHead();
  }

  /** Sorts by a column's key, `-` before it for the other way around. */
  setSort(sort: string | null): void {
    if (sort === this.sort) return;
    this.sort = sort;
    this.drawHead();
    this.arrange();
  }

  /** Shows rows; `empty` stands there if there are none. */
  show(rows: readonly Row[], selected: ReadonlySet<string>, empty: string): void {
    this.rows = rows;
    this.selected = selected;
    this.empty.hidden = rows.length > 0;
    this.empty.textContent = empty;
    this.scroller.hidden = rows.length === 0;
    this.arrange();
  }

  /** Draws the visible rows again: something that they show has come. */
  draw(): void {
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / ROW_HEIGHT) - SPARE);
    const visible = Math.ceil((this.scroller.clientHeight || ROW_HEIGHT * this.options.visibleRows) / ROW_HEIGHT);
    const rows = this.sorted.slice(first, first + visible + 2 * SPARE);
    this.body.style.setProperty("--before", `${first * ROW_HEIGHT}px`);
    this.body.style.setProperty("--after", `${Math.max(0, this.sorted.length - first - rows.length) * ROW_HEIGHT}px`);
    const hadFocus = this.body.contains(document.activeElement);
    fill(this.body, ...rows.map((row, place) => this.row(row, first + place)));
    if (hadFocus && this.focused !== null) {
      for (const element of this.body.children)
        if (element instanceof HTMLElement && element.dataset.key === this.focused)
          element.focus({ preventScroll: true });
    }
    this.options.onVisible?.(rows);
  }

  private arrange(): void {
    const isOther = this.sort?.startsWith("-") ?? false;
    const key = isOther ? this.sort?.slice(1) : this.sort;
    const column = this.columns.find((candidate) => candidate.key === key);
    this.sorted = [...this.rows];
    if (column?.value !== undefined) {
      const value = column.value;
      const sign = (column.isDescending ? -1 : 1) * (isOther ? -1 : 1);
      const keyed = this.sorted.map((row) => ({ row, value: value(row) }));
      keyed.sort((a, b) => {
        if (a.value === null || b.value === null) return a.value === b.value ? 0 : a.value === null ? 1 : -1;
        if (typeof a.value === "string" || typeof b.value === "string")
          return sign * String(a.value).localeCompare(String(b.value), "en", { numeric: true });
        return sign * (a.value - b.value);
      });
      this.sorted = keyed.map(({ row }) => row);
    }
    this.draw();
  }

  private drawHead(): void {
    const isOther = this.sort?.startsWith("-") ?? false;
    const key = isOther ? this.sort?.slice(1) : this.sort;
    fill(
      this.head,
      ...this.columns.map((column) => {
        const isSorted = column.key === key;
        const isDown = (column.isDescending ?? false) !== isOther;
        const attributes = {
          class: `grid-cell ${column.class}`,
          role: "columnheader",
          "aria-sort": isSorted ? (isDown ? "descending" : "ascending") : undefined,
          title: column.title,
        };
        if (column.value === undefined) return h("div", attributes, column.label);
        const button = h(
          "button",
          { type: "button", class: "sorter" },
          column.label,
          isSorted && (isDown ? " ↓" : " ↑"),
        );
        button.addEventListener("click", () => {
          const sort = isSorted && !isOther ? `-${column.key}` : column.key;
          this.setSort(sort);
          this.options.onSort?.(sort);
          this.head.querySelectorAll<HTMLElement>(".sorter")[this.sorterPlace(column)]?.focus();
        });
        return h("div", attributes, button);
      }),
    );
  }

  private sorterPlace(column: Column<Row>): number {
    return this.columns.filter((candidate) => candidate.value !== undefined).indexOf(column);
  }

  private row(row: Row, place: number): HTMLElement {
    const key = this.options.keyOf(row);
    const { onPick } = this.options;
    const isSelected = this.selected.has(key);
    const element = h("div", {
      class: "grid-row",
      role: "row",
      "aria-rowindex": place + 2,
      "aria-selected": onPick && isSelected ? "true" : undefined,
      "data-key": key,
      tabindex: onPick ? 0 : undefined,
    });
    if (isSelected) element.classList.add("is-selected");
    for (const column of this.columns) {
      element.append(h("div", { class: `grid-cell ${column.class}`, role: "cell" }, column.cell(row)));
    }
    if (onPick === undefined) return element;
    element.addEventListener("focus", () => {
      this.focused = key;
    });
    element.addEventListener("click", (event) => {
      // A reader who marks text does not want to pick.
      if (String(getSelection()).length > 0 && !event.shiftKey) return;
      if (event.shiftKey) getSelection()?.removeAllRanges();
      this.focused = key;
      onPick(row, event.shiftKey);
    });
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        onPick(row, event.shiftKey);
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        event.stopPropagation();
        const next = event.key === "ArrowDown" ? element.nextElementSibling : element.previousElementSibling;
        if (next instanceof HTMLElement) next.focus();
      }
    });
    return element;
  }
}
