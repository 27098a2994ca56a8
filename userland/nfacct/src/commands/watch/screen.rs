// SPDX-License-Identifier: MIT OR Apache-2.0
//! The live screen.

use std::{ffi::OsString, io, time::Duration};

use nfacct_netlink::Transport;
use ratatui::{
    Frame, Terminal,
    backend::CrosstermBackend,
    crossterm::{
        event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers},
        execute,
        terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
    },
    layout::{Alignment, Constraint, Layout},
    style::{Color, Modifier, Style},
    text::Line,
    widgets::{Cell, Paragraph, Row as TableRow, Table, TableState},
};

use super::{RateKey, Row, Watch, text};
use crate::{
    Context, Second,
    error::Error,
    pattern::{Pattern, any_matches},
    signals::came,
};

/// What the user sees and can change.
struct View {
    rows: Vec<Row>,
    sort: RateKey,
    reverse: bool,
    paused: bool,
    position: TableState,
    /// Only rows whose names contain this, or match it as a pattern.
    filter: String,
    /// The filter is being typed.
    typing: bool,
}

/// What a key asks for.
#[derive(Debug, PartialEq, Eq)]
enum Action {
    Quit,
    Redraw,
}

/// Shows rates until the user or a signal ends it.
pub(super) fn run<T: Transport>(watch: &mut Watch<'_, T>, context: &mut Context<'_>) -> Result<(), Error> {
    let quit = context.signals.defer(Second::Ends).ok();
    let clock = &mut *context.clock;
    let (rows, _) = watch.look(clock.elapsed())?;
    let mut view = View {
        rows,
        sort: watch.args.sort,
        reverse: false,
        paused: false,
        position: TableState::default().with_selected(0),
        filter: String::new(),
        typing: false,
    };
    let mut screen = Screen::open(&mut *context.output).map_err(Error::Output)?;
    let interval = watch.args.interval;
    let mut next = clock.elapsed() + interval;
    loop {
        view.order();
        screen.draw(|frame| view.draw(frame, interval)).map_err(Error::Output)?;
        match wait(next.saturating_sub(clock.elapsed())).map_err(Error::Input)? {
            Some(key) if view.handle(key) == Action::Quit => return Ok(()),
            _ if came(quit.as_ref()).is_some() => return Ok(()),
            _ => {}
        }
        if clock.elapsed() >= next {
            next = clock.elapsed() + interval;
            let (rows, _) = watch.look(clock.elapsed())?;
            if !view.paused {
                view.rows = rows;
            }
        }
    }
}

/// Waits for a key, a new size of the window, or the end of the time.
fn wait(time: Duration) -> io::Result<Option<KeyEvent>> {
    match event::poll(time) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(None),
        other => {
            if !other? {
                return Ok(None);
            }
        }
    }
    match event::read()? {
        Event::Key(key) if key.kind == KeyEventKind::Press => Ok(Some(key)),
        _ => Ok(None),
    }
}

impl View {
    fn order(&mut self) {
        self.sort.sort(&mut self.rows);
        if self.reverse {
            self.rows.reverse();
        }
    }

    fn handle(&mut self, key: KeyEvent) -> Action {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if control => return Action::Quit,
            code if self.typing => self.edit(code),
            KeyCode::Char('q') | KeyCode::Esc => return Action::Quit,
            KeyCode::Char('/') => self.typing = true,
            KeyCode::Char('s') => self.sort = self.sort.next(),
            KeyCode::Char('r') => self.reverse = !self.reverse,
            KeyCode::Char('p' | ' ') => self.paused = !self.paused,
            KeyCode::Down | KeyCode::Char('j') => self.position.select_next(),
            KeyCode::Up | KeyCode::Char('k') => self.position.select_previous(),
            KeyCode::PageDown => self.position.scroll_down_by(10),
            KeyCode::PageUp => self.position.scroll_up_by(10),
            KeyCode::Home => self.position.select_first(),
            KeyCode::End => self.position.select_last(),
            _ => {}
        }
        Action::Redraw
    }

    /// A key while the filter is being typed.
    fn edit(&mut self, code: KeyCode) {
        match code {
            KeyCode::Char(character) => self.filter.push(character),
            KeyCode::Backspace => drop(self.filter.pop()),
            KeyCode::Enter => self.typing = false,
            KeyCode::Esc => {
                self.filter.clear();
                self.typing = false;
            }
            _ => {}
        }
    }

    /// The rows that pass the filter.
    fn shown(&self) -> Vec<&Row> {
        if self.filter.is_empty() {
            return self.rows.iter().collect();
        }
        let pattern = if self.filter.contains(['*', '?', '[']) {
            self.filter.clone()
        } else {
            format!("*{}*", self.filter)
        };
        let pattern = [Pattern::from(OsString::from(pattern))];
        self.rows
            .iter()
            .filter(|row| any_matches(&pattern, &row.name))
            .collect()
    }

    fn draw(&mut self, frame: &mut Frame<'_>, interval: Duration) {
        let [head, body, foot] =
            Layout::vertical([Constraint::Length(1), Constraint::Min(1), Constraint::Length(1)]).areas(frame.area());
        let rows = self.shown();
        let bits: f64 = rows.iter().map(|row| row.bit_rate).sum();
        let packets: f64 = rows.iter().map(|row| row.packet_rate).sum();
        let summary = format!(
            "nfacct watch: {} lines, {} bits/s, {} packets/s, every {}s{}",
            rows.len(),
            text::rate(bits),
            text::rate(packets),
            interval.as_secs_f64(),
            if self.paused { ", PAUSED" } else { "" }
        );
        frame.render_widget(
            Paragraph::new(summary).style(Style::new().add_modifier(Modifier::BOLD)),
            head,
        );
        let table = table(&rows);
        frame.render_stateful_widget(table, body, &mut self.position);
        let order = if self.reverse { ", reversed" } else { "" };
        let sort = format!("{:?}{order}", self.sort).to_lowercase();
        let foot_line = match (self.typing, self.filter.is_empty()) {
            (true, _) => format!("names with: {}_  (Enter keeps it, Esc shows all)", self.filter),
            (false, false) => format!(
                "q quit  s sort ({sort})  r reverse  p pause  / names with: {}",
                self.filter
            ),
            (false, true) => format!("q quit  s sort ({sort})  r reverse  p pause  / filter  arrows scroll"),
        };
        frame.render_widget(Paragraph::new(foot_line), foot);
    }
}

fn table(rows: &[&Row]) -> Table<'static> {
    let numbers = TITLE_WIDTHS.map(Constraint::Length);
    let widths = std::iter::once(Constraint::Min(12)).chain(numbers);
    let header = TableRow::new(aligned(text::TITLES.map(str::to_owned).to_vec()));
    Table::new(rows.iter().map(|row| line(row)), widths)
        .header(header.style(Style::new().add_modifier(Modifier::UNDERLINED)))
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED))
}

/// Widths of the columns after the name.
const TITLE_WIDTHS: [u16; 6] = [9, 9, 9, 9, 9, 9];

/// A line of the table; red from the quota on, yellow shortly before it.
fn line(row: &Row) -> TableRow<'static> {
    let colour = match row.used {
        Some(used) if used >= 1.0 => Style::new().fg(Color::Red),
        Some(used) if used >= 0.8 => Style::new().fg(Color::Yellow),
        _ => Style::new(),
    };
    TableRow::new(aligned(text::cells(row))).style(colour)
}

/// The name on the left, all else on the right.
fn aligned(cells: Vec<String>) -> impl Iterator<Item = Cell<'static>> {
    cells.into_iter().enumerate().map(|(column, cell)| {
        let alignment = if column == 0 { Alignment::Left } else { Alignment::Right };
        Cell::new(Line::from(cell).alignment(alignment))
    })
}

/// The terminal in its special state; the normal one comes back when this is dropped.
struct Screen<W: io::Write>(Terminal<CrosstermBackend<W>>);

impl<W: io::Write> Screen<W> {
    fn open(mut output: W) -> io::Result<Self> {
        enable_raw_mode()?;
        let entered =
            execute!(output, EnterAlternateScreen).and_then(|()| Terminal::new(CrosstermBackend::new(output)));
        match entered {
            Ok(terminal) => Ok(Self(terminal)),
            Err(error) => {
                let _ = disable_raw_mode();
                Err(error)
            }
        }
    }

    fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.0.draw(render).map(|_| ())
    }
}

impl<W: io::Write> Drop for Screen<W> {
    fn drop(&mut self) {
        let _ = disable_raw_mode();
        let _ = self.0.show_cursor();
        let _ = execute!(self.0.backend_mut(), LeaveAlternateScreen);
    }
}

#[cfg(test)]
mod tests {
    use ratatui::backend::TestBackend;

    use super::*;

    fn row(name: &str, bit_rate: f64, used: Option<f64>) -> Row {
        Row {
            name: name.into(),
            group: None,
            packets: 1234,
            bytes: 2048,
            packet_rate: 5.0,
            bit_rate,
            used,
            to_quota: used.map(|_| 75.0),
        }
    }

    fn view() -> View {
        View {
            rows: vec![row("http", 1_500_000.0, None), row("guest\x1b", 3000.0, Some(0.85))],
            sort: RateKey::Bits,
            reverse: false,
            paused: false,
            position: TableState::default(),
            filter: String::new(),
            typing: false,
        }
    }

    fn shown(view: &mut View) -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(76, 6)).unwrap();
        view.order();
        terminal.draw(|frame| view.draw(frame, Duration::from_secs(1))).unwrap();
        let buffer = terminal.backend().buffer();
        let line = |y| (0..76).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..6).map(|y| line(y).trim_end().to_owned()).collect()
    }

    #[test]
    fn the_screen() {
        assert_eq!(
            shown(&mut view()),
            [
                "nfacct watch: 2 lines, 1.5M bits/s, 10.0 packets/s, every 1s",
                "NAME                BITS/S PACKETS/S     BYTES   PACKETS      USED  TO QUOTA",
                "http                  1.5M       5.0    2.0KiB      1.2k         -         -",
                "guest\\x1b             3.0k       5.0    2.0KiB      1.2k     85.0%     1m15s",
                "",
                "q quit  s sort (bits)  r reverse  p pause  / filter  arrows scroll",
            ]
        );
    }

    fn press(view: &mut View, code: KeyCode) -> Action {
        view.handle(KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn a_filter() {
        let mut view = view();
        for code in "/qtt".chars().map(KeyCode::Char) {
            assert_eq!(press(&mut view, code), Action::Redraw);
        }
        press(&mut view, KeyCode::Backspace);
        assert!(shown(&mut view)[5].starts_with("names with: qt_"));
        assert!(shown(&mut view)[0].starts_with("nfacct watch: 0 lines"));
        press(&mut view, KeyCode::Esc);
        for code in "/h*p".chars().map(KeyCode::Char) {
            press(&mut view, code);
        }
        press(&mut view, KeyCode::Enter);
        assert!(shown(&mut view)[0].starts_with("nfacct watch: 1 lines"));
        assert!(shown(&mut view)[2].starts_with("http"));
        assert!(shown(&mut view)[5].ends_with("/ names with: h*p"));
        assert_eq!(press(&mut view, KeyCode::Char('q')), Action::Quit);
    }

    #[test]
    fn keys() {
        let mut view = view();
        assert_eq!(press(&mut view, KeyCode::Char('r')), Action::Redraw);
        assert!(shown(&mut view)[2].starts_with("guest"));
        for _ in 0..3 {
            press(&mut view, KeyCode::Char('s'));
        }
        press(&mut view, KeyCode::Char('r'));
        assert!(shown(&mut view)[5].contains("sort (name)"));
        assert!(shown(&mut view)[2].starts_with("guest"));
        press(&mut view, KeyCode::Char(' '));
        assert!(shown(&mut view)[0].ends_with("PAUSED"));
        press(&mut view, KeyCode::Down);
        assert_eq!(view.position.selected(), Some(0));
        assert_eq!(press(&mut view, KeyCode::Char('q')), Action::Quit);
        let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(view.handle(interrupt), Action::Quit);
    }
}
