//! What the real kubectl v1.36 printed of the cluster in tests/cases/kubectl/cluster.yaml, which a server of its API handed
//! to it: tests/scenarios/kubectl.answers has its answers, ours must be the same. After `$` stands what was typed, then what
//! came on standard output, what came on standard error (`2> `), and the exit status unless it is 0 (`? `).

use crate::cases_kubectl::{masked, restored, typed};
use std::fmt::Write;
use std::fs;

#[test]
fn kubectl_answers_what_the_real_one_answers() {
    let dump = fs::read_to_string("tests/cases/kubectl/cluster.yaml").unwrap();
    let answers = fs::read_to_string("tests/scenarios/kubectl.answers").unwrap();
    let mut world = restored(&dump);
    let mut wrong = String::new();
    let mut count = 0;
    for block in answers.split("\n$ ").skip(1) {
        let (line, wanted) = block.split_once('\n').unwrap_or((block, ""));
        let (mut real_out, mut real_err, mut real_status) = (String::new(), String::new(), 0);
        for line in wanted.lines() {
            if let Some(code) = line.strip_prefix("? ") {
                real_status = code.parse().unwrap();
            } else if let Some(said) = line.strip_prefix("2> ") {
                writeln!(real_err, "{said}").unwrap();
            } else {
                writeln!(real_out, "{line}").unwrap();
            }
        }
        let (out, err, status) = typed(&mut world, line);
        count += 1;
        let real = [masked(&real_out), masked(&real_err)].map(|t| t.trim_end().to_owned());
        let ours = [masked(&out), masked(&err)].map(|t| t.trim_end().to_owned());
        if real != ours || real_status != status {
            write!(
                wrong,
                "$ {line}\n--- real {real_status}\n{}\n{}\n--- ours {status}\n{}\n{}\n",
                real[0], real[1], ours[0], ours[1]
            )
            .unwrap();
        }
    }
    assert!(count > 100, "{count} answers");
    assert!(wrong.is_empty(), "{wrong}");
}
