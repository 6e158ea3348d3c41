//! Times and ages as kubectl prints them.

use crate::kernel::{civil, month_name, unix, weekday};

/// The AGE cell of a timestamp: `<unknown>` if there is none.
pub(super) fn age(timestamp: &str, now: i64) -> String {
    match unix(timestamp) {
        None => "<unknown>".to_owned(),
        Some(then) => human(now - then),
    }
}

/// `duration.HumanDuration` of k8s.io/apimachinery.
pub(super) fn human(seconds: i64) -> String {
    if seconds < -1 {
        return "<invalid>".to_owned();
    }
    let s = seconds.max(0);
    let (minutes, hours, days) = (s / 60, s / 3_600, s / 86_400);
    let two = |big: i64, unit: &str, small: i64, small_unit: &str| {
        if small == 0 {
            format!("{big}{unit}")
        } else {
            format!("{big}{unit}{small}{small_unit}")
        }
    };
    match () {
        () if s < 120 => format!("{s}s"),
        () if minutes < 10 => two(minutes, "m", s % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 => two(days, "d", hours % 24, "h"),
        () if days < 730 => format!("{days}d"),
        () if days < 2_920 => two(days / 365, "y", days % 365, "d"),
        () => format!("{}y", days / 365),
    }
}

/// A timestamp as `kubectl describe` prints it: `Sun, 22 Nov 2026 23:04:35 +0000`.
pub(super) fn rfc1123(timestamp: &str) -> String {
    let Some(seconds) = unix(timestamp) else {
        return "<unset>".to_owned();
    };
    let (y, mo, d, h, mi, s) = civil(seconds);
    let (day, month) = (weekday(seconds), month_name(mo));
    format!("{day:.3}, {d:02} {month:.3} {y:04} {h:02}:{mi:02}:{s:02} +0000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_shorten_as_they_grow() {
        let rows = [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (599, "9m59s"),
            (600, "10m"),
            (179 * 60, "179m"),
            (3 * 3600, "3h"),
            (8 * 3600 - 60, "7h59m"),
            (47 * 3600, "47h"),
            (48 * 3600, "2d"),
            (8 * 86400 - 3600, "7d23h"),
            (729 * 86400, "729d"),
            (730 * 86400, "2y"),
            (-5, "<invalid>"),
            (-1, "0s"),
        ];
        for (seconds, text) in rows {
            assert_eq!(human(seconds), text);
        }
    }

    #[test]
    fn a_time_is_written_out() {
        assert_eq!(
            rfc1123("2026-11-22T23:04:35Z"),
            "Sun, 22 Nov 2026 23:04:35 +0000"
        );
    }
}
