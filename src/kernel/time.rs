//! Simulated time: whole microseconds since the simulation began.
//!
//! Time is an argument everywhere; only the cluster's `run_until` moves it.

use std::fmt;
use std::ops::{Add, Sub};

/// An instant: microseconds since the simulation began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SimTime(pub u64);

/// A length of simulated time in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub u64);

impl Span {
    /// A span of whole seconds.
    pub const fn secs(n: u64) -> Self {
        Self(n * 1_000_000)
    }

    /// A span of milliseconds.
    pub const fn millis(n: u64) -> Self {
        Self(n * 1_000)
    }

    /// A span of microseconds.
    pub const fn micros(n: u64) -> Self {
        Self(n)
    }

    /// Whole seconds, rounded down.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Whole milliseconds, rounded down.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }
}

impl SimTime {
    /// The span since `earlier`, zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Span> for SimTime {
    type Output = Self;
    fn add(self, rhs: Span) -> Self {
        Self(self.0.saturating_add(rhs.0))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, rhs: Self) -> Self {
        Self(self.0.saturating_add(rhs.0))
    }
}

impl Sub<Span> for SimTime {
    type Output = Self;
    fn sub(self, rhs: Span) -> Self {
        Self(self.0.saturating_sub(rhs.0))
    }
}

impl fmt::Display for SimTime {
    /// Writes `MM:SS.mmm`, with hours in front from the first hour on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0 / 1_000;
        let (s, m, h) = (ms / 1_000 % 60, ms / 60_000 % 60, ms / 3_600_000);
        if h > 0 {
            write!(f, "{h:02}:")?;
        }
        write!(f, "{m:02}:{s:02}.{:03}", ms % 1_000)
    }
}

/// Splits seconds since 1970 into year, month, day, hour, minute, second (proleptic Gregorian, UTC).
pub fn civil(unix: i64) -> (i64, u32, u32, u32, u32, u32) {
    let days = unix.div_euclid(86_400);
    let secs = unix.rem_euclid(86_400);
    // The algorithm of Howard Hinnant's `civil_from_days`.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (
        year,
        month as u32,
        day as u32,
        (secs / 3_600) as u32,
        (secs / 60 % 60) as u32,
        (secs % 60) as u32,
    )
}

const DAYS: &str = "Thursday Friday Saturday Sunday Monday Tuesday Wednesday";
const MONTHS: &str =
    "January February March April May June July August September October November December";

/// The weekday of seconds since 1970; its first three letters are its short name.
pub fn weekday(unix: i64) -> &'static str {
    let place = unix.div_euclid(86_400).rem_euclid(7) as usize;
    DAYS.split(' ').nth(place).unwrap_or_default()
}

/// The name of a month from 1 to 12; its first three letters are its short name.
pub fn month_name(month: u32) -> &'static str {
    let place = month.saturating_sub(1) as usize;
    MONTHS.split(' ').nth(place).unwrap_or_default()
}

/// Seconds since 1970 of an API timestamp (`2026-11-22T23:02:34Z`, a fraction left out); none if it is no such time.
pub fn unix(time: &str) -> Option<i64> {
    let marks = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")];
    let marked = marks
        .iter()
        .all(|(at, mark)| time.get(*at..at + 1) == Some(mark));
    if !marked || !time.ends_with('Z') {
        return None;
    }
    let number = |from: usize, to: usize| time.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let seconds = number(11, 13)? * 3_600 + number(14, 16)? * 60 + number(17, 19)?;
    // The algorithm of Howard Hinnant's `days_from_civil`.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let yoe = year.rem_euclid(400);
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468;
    Some(days * 86_400 + seconds)
}

/// Seconds since 1970 as an API timestamp (`2026-11-22T23:02:34Z`).
pub fn timestamp(unix: i64) -> String {
    let (year, month, day, hour, minute, second) = civil(unix);
    let century = (year / 100).rem_euclid(100) as u32;
    let numbers = [
        (0, century),
        (2, year.rem_euclid(100) as u32),
        (5, month),
        (8, day),
        (11, hour),
        (14, minute),
        (17, second),
    ];
    let mut out = *b"0000-00-00T00:00:00Z";
    for (place, number) in numbers {
        let digits = [number / 10 % 10, number % 10];
        for (slot, digit) in out.iter_mut().skip(place).zip(digits) {
            *slot = b'0' + digit as u8;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_shows_minutes_seconds_and_milliseconds() {
        assert_eq!(SimTime(44_121_000).to_string(), "00:44.121");
        assert_eq!((SimTime(0) + Span::secs(3_661)).to_string(), "01:01:01.000");
    }

    #[test]
    fn timestamps_are_those_of_the_api() {
        assert_eq!(timestamp(1_795_388_675), "2026-11-22T23:04:35Z");
        assert_eq!(timestamp(0), "1970-01-01T00:00:00Z");
        assert_eq!(unix("2026-11-22T23:04:35Z"), Some(1_795_388_675));
        assert_eq!(unix("2026-11-22T23:04:35.123456Z"), Some(1_795_388_675));
        assert_eq!(unix("yesterday"), None);
    }

    #[test]
    fn civil_dates_know_leap_years() {
        assert_eq!(civil(951_782_400), (2000, 2, 29, 0, 0, 0));
        assert_eq!(civil(1_795_388_675), (2026, 11, 22, 23, 4, 35));
    }
}
