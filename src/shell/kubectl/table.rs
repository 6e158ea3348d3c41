//! Tables and indented lists in kubectl's layout.

/// The widths of a table's columns, which rows that come later keep or widen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout(Vec<usize>);

impl Layout {
    /// Rows of cells: each column is as wide as its longest cell and three blanks, the last is not padded.
    pub(super) fn rows(&mut self, rows: &mut dyn Iterator<Item = Vec<String>>) -> String {
        // All cells in one text: ten thousand rows of small strings would cost more than what they say.
        let mut text = String::new();
        let mut cells: Vec<(usize, usize, bool)> = Vec::new();
        for row in rows {
            self.0.resize(self.0.len().max(row.len()), 0);
            let last = row.len().saturating_sub(1);
            for (i, (width, cell)) in self.0.iter_mut().zip(&row).enumerate() {
                let long = cell.chars().count();
                *width = (long + 3).max(6).max(*width);
                text.push_str(cell);
                cells.push((text.len(), long, i == last));
            }
        }
        let line: usize = self.0.iter().sum();
        let mut out = String::with_capacity(line * cells.len() / self.0.len().max(1));
        let (mut from, mut column) = (0, 0);
        for (end, long, last) in cells {
            out.push_str(text.get(from..end).unwrap_or_default());
            from = end;
            if last {
                out.push('\n');
                column = 0;
            } else {
                let width = self.0.get(column).copied().unwrap_or(long);
                out.extend(std::iter::repeat_n(' ', width - long));
                column += 1;
            }
        }
        out
    }
}

/// A whole table.
pub(super) fn table(
    header: &[String],
    rows: &mut dyn Iterator<Item = Vec<String>>,
    with_header: bool,
) -> String {
    let header = with_header.then(|| header.to_vec());
    Layout::default().rows(&mut header.into_iter().chain(rows))
}

/// Text with tab-separated cells laid out as Go's `text/tabwriter` does with a padding of two: a column is a run of
/// adjacent lines that have a cell there which a tab ends.
pub(super) fn tabbed(text: &str) -> String {
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let mut widths: Vec<Vec<usize>> = lines.iter().map(|line| vec![0; line.len()]).collect();
    lay_out(&lines, &mut widths, 0, lines.len(), 0);
    let mut out = String::new();
    for (cells, widths) in lines.iter().zip(&widths) {
        for (i, cell) in cells.iter().enumerate() {
            if i + 1 == cells.len() {
                out.push_str(cell);
            } else {
                out.push_str(&format!("{cell:<0$}", widths.get(i).copied().unwrap_or(0)));
            }
        }
        out.push('\n');
    }
    out
}

/// Sets the widths of one column within a run of lines, then of the columns after it within its own runs.
fn lay_out(lines: &[Vec<&str>], widths: &mut [Vec<usize>], from: usize, to: usize, column: usize) {
    let ends = |line: usize| {
        lines
            .get(line)
            .is_some_and(|cells| cells.len() > column + 1)
    };
    let mut at = from;
    while at < to {
        if !ends(at) {
            at += 1;
            continue;
        }
        let end = (at..to).find(|line| !ends(*line)).unwrap_or(to);
        let cell = |line: usize| {
            lines
                .get(line)
                .and_then(|cells| cells.get(column))
                .map_or(0, |c| c.chars().count())
        };
        let width = (at..end).map(cell).max().unwrap_or(0);
        // An empty column takes no room.
        let padded = if width == 0 { 0 } else { width + 2 };
        for line in at..end {
            if let Some(slot) = widths.get_mut(line).and_then(|w| w.get_mut(column)) {
                *slot = padded;
            }
        }
        lay_out(lines, widths, at, end, column + 1);
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_three_apart_and_the_last_is_not_padded() {
        let cells = |row: &[&str]| row.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>();
        let text = table(
            &cells(&["NAME", "AGE"]),
            &mut [cells(&["redis", "5s"]), cells(&["a", ""])].into_iter(),
            true,
        );
        assert_eq!(text, "NAME    AGE\nredis   5s\na       \n");
    }

    #[test]
    fn tab_stops_hold_for_adjacent_lines_only() {
        assert_eq!(
            tabbed("a\tb\nlong key\tc\n\nx\ty\n"),
            "a         b\nlong key  c\n\nx  y\n"
        );
    }
}
