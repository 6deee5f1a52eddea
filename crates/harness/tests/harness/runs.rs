//! Runs: resume, failures, interruption, violations.

use crate::common::{Interrupter, Workshop, timeless};
use optgap_harness::{Conclusion, RunOptions};
use optgap_problem::StopReason;
use optgap_results::{CellRecord, RunFolder, Status, Verdict};
use std::fs::{self, OpenOptions};
use std::io::Write;

#[test]
fn a_run_scores_every_cell_by_itself() {
    let workshop = Workshop::new();
    let outcome = workshop.run(&workshop.plan(&["finder", "walker"]));
    assert_eq!((outcome.total, outcome.finished, outcome.conclusion()), (4, 4, Conclusion::Fine));
    let [exact, trained, ..] = outcome.records.as_slice() else { panic!("four records") };
    assert_eq!((exact.status, exact.verdict, exact.stop), (Status::Optimal, Verdict::Unchecked, Some(StopReason::BoundsClosed)));
    let result = exact.exact.expect("exact");
    assert!(result.bounds.lower == 0.0 && result.bounds.upper < 1e-28, "{result:?}");
    assert_eq!((trained.status, trained.verdict, trained.training_seed), (Status::Feasible, Verdict::NotApplicable, Some(1)));
    let ends = &trained.training.as_ref().expect("trained").ends;
    assert_eq!(ends.iter().map(|end| end.steps).collect::<Vec<_>>(), [10, 11, 12]);
    assert_eq!((ends[1].loss, ends[1].stop), (None, StopReason::Diverged));
    assert!(ends[2].loss.is_some_and(|[lo, _]| lo > 0.1));
    // The toy's polish refuses what is best already, is not asked about what diverged, and quarters the rest.
    assert_eq!((ends[0].polished, ends[1].polished), (None, None));
    assert!(ends[2].polished.zip(ends[2].loss).is_some_and(|(after, before)| (after[1] - before[1] / 4.0).abs() < 1e-12));
    assert!(trained.training.as_ref().is_some_and(|training| training.polish_s.is_some()));
    assert_eq!(trained.weights.as_ref().expect("weights").hidden[0][0], 1.0);
    assert!(outcome.records.iter().all(|record| record.wall_s > 0.0 && record.cpu_s >= 0.0 && !record.machine.is_empty()));
}

#[test]
fn the_folder_holds_the_plan_the_environment_and_the_records() {
    let workshop = Workshop::new();
    workshop.run(&workshop.plan(&["finder"]));
    let read = |name: &str| fs::read_to_string(workshop.path("run").join(name)).expect(name);
    assert!(read("run.toml").contains("revision") && read("run.toml").contains("[[families]]"));
    assert_eq!(read("plan.jsonl").lines().count(), 2);
    assert_eq!(read("cells/local.jsonl").lines().count(), 2);
    assert!(read("env/local.json").contains("\"cores\""));
    fs::write(workshop.path("run/env/local.json"), "{}").expect("written");
    workshop.run(&workshop.plan(&["finder"]));
    assert_eq!(read("env/local.json"), "{}", "a run with nothing to do says nothing of the machine");
}

#[test]
fn every_exact_cell_leaves_a_trace_that_ends_with_its_bounds() {
    let workshop = Workshop::new();
    let outcome = workshop.run(&workshop.plan(&["finder", "finder[mode=refuse]", "walker"]));
    let traces = fs::read_dir(workshop.path("run/trace")).expect("a folder").count();
    assert_eq!(traces, 2, "a refusal and a trainer leave none");
    let trace = fs::read_to_string(workshop.path(&format!("run/trace/{}.csv", outcome.records[0].cell))).expect("there");
    let lines: Vec<&str> = trace.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "t_s,nodes,lower,upper"));
    assert!(lines[1].ends_with(",0,0.0,1.0") && lines[2].contains(",1,0.0,"), "{trace}");
}

#[test]
fn a_warm_start_begins_with_the_best_weights_of_the_training_cells_and_says_which() {
    let workshop = Workshop::new();
    let text = "name = \"p\"\nseeds = [1, 2]\nrestarts = 3\n[[families]]\nfamily = \"line\"\n\
                [[methods]]\nmethod = \"finder[mode=start]\"\nwarm-start = true\n\
                [[methods]]\nmethod = \"finder[mode=start]\"\n[[methods]]\nmethod = \"walker[rate=[0.1,0.2]]\"\n";
    let records = workshop.run(&workshop.try_plan(text).expect("valid")).records;
    let [warm, cold, first, ..] = records.as_slice() else { panic!("eight records") };
    assert_ne!(warm.cell, cold.cell, "another cell: it may take another time");
    assert_eq!(warm.method.label, format!("{}, warm start", cold.method.label), "reports keep them apart");
    assert_eq!((warm.start.as_ref(), &warm.weights), (Some(&first.cell), &first.weights));
    assert_eq!((cold.start.as_ref(), cold.exact.expect("exact").bounds.lower), (None, 0.0));
    assert_eq!((warm.status, cold.status), (Status::Optimal, Status::Bounded));
    // Resumed, without anything left to train.
    fs::remove_file(workshop.path("run/cells/local.jsonl")).expect("removed");
    let text_without = text.replace("[[methods]]\nmethod = \"walker[rate=[0.1,0.2]]\"\n", "");
    let records = workshop.run(&workshop.try_plan(&text_without).expect("valid")).records;
    assert_eq!((&records[0].start, records[0].status), (&None, Status::Bounded), "nothing to begin with");
}

#[test]
fn cells_with_a_record_are_not_run_again_and_a_changed_plan_adds_cells() {
    let workshop = Workshop::new();
    let first = workshop.run(&workshop.plan(&["finder", "walker"]));
    let again = workshop.run(&workshop.plan(&["finder", "walker"]));
    assert_eq!((again.finished, &again.records), (0, &first.records));
    let other = workshop.run(&workshop.plan(&["finder", "walker[rate=0.1]"]));
    assert_eq!((other.total, other.finished, other.records.len()), (4, 2, 4));
    assert_eq!(RunFolder::at(workshop.path("run")).records().expect("readable").len(), 6);
}

#[test]
fn a_run_continues_after_a_torn_line() {
    let workshop = Workshop::new();
    let plan = workshop.plan(&["finder", "walker"]);
    let first = workshop.run(&plan);
    let file = workshop.path("run/cells/local.jsonl");
    let bytes = fs::read(&file).expect("read");
    fs::write(&file, &bytes[..bytes.len() - 40]).expect("written");
    let second = workshop.run(&plan);
    assert_eq!(second.finished, 1);
    let compare = |records: &[CellRecord]| records.iter().map(timeless).collect::<Vec<_>>();
    assert_eq!(compare(&second.records), compare(&first.records));
}

#[test]
fn one_and_two_jobs_give_the_same_records_in_the_same_order() {
    let methods = ["finder[proof=[none,good,bad]]", "finder[mode=loose]", "walker", "walker[rate=[0.1,0.2],mode=diverge]"];
    let [one, two] = [1, 2].map(|jobs| {
        let workshop = Workshop::new();
        let outcome = workshop.run_with(&workshop.plan(&methods), jobs, &[], &());
        assert!(outcome.records.iter().all(|record| record.jobs == jobs));
        outcome.records.iter().map(timeless).collect::<Vec<_>>()
    });
    assert_eq!(one.len(), 14);
    assert_eq!(one, two);
}

#[test]
fn failures_and_refusals_become_records_with_their_reason() {
    let workshop = Workshop::new();
    let modes = "finder[mode=[panic,fail,not-finite,wrong-shape,refuse]]";
    let outcome = workshop.run(&workshop.plan(&[modes, "walker[mode=[miscount,diverge]]", "finder"]));
    let reasons: Vec<(Status, String)> =
        outcome.records.iter().take(8).map(|record| (record.status, record.reason.clone().unwrap_or_default())).collect();
    let expect = [
        (Status::Error, "panicked at "),
        (Status::Error, "the search failed: no way"),
        (Status::Error, "the returned weights have no finite loss"),
        (Status::Error, "weights: output has length 2"),
        (Status::Unsupported, "not supported: no lines today"),
        (Status::Error, "2 end points for 3 restarts"),
        (Status::Diverged, ""),
        (Status::Optimal, ""),
    ];
    for ((status, reason), (expected, start)) in reasons.iter().zip(expect) {
        assert!(*status == expected && reason.starts_with(start), "{status}: {reason}");
    }
    assert!(reasons[0].1.ends_with("the finder is lost"), "{}", reasons[0].1);
    assert_eq!((outcome.failed(), outcome.conclusion()), (10, Conclusion::SomeFailed));
}

#[test]
fn failures_are_run_again_only_when_asked() {
    let workshop = Workshop::new();
    let plan = workshop.plan(&["finder[mode=[panic,refuse,right]]"]);
    workshop.run(&plan);
    assert_eq!(workshop.run(&plan).finished, 0);
    assert_eq!(workshop.run_with(&plan, 1, &[Status::Killed], &()).finished, 0);
    let outcome = workshop.run_with(&plan, 1, &[Status::Error, Status::Unsupported], &());
    assert_eq!((outcome.finished, outcome.records.len(), outcome.failed()), (2, 6, 2));
}

#[test]
fn an_interruption_keeps_what_is_finished_and_begins_nothing_else() {
    let workshop = Workshop::new();
    let plan = workshop.plan(&["finder", "walker"]);
    let observer = Interrupter { interrupt: &workshop.interrupt, after: 1 };
    let outcome = workshop.run_with(&plan, 1, &[], &observer);
    assert_eq!((outcome.finished, outcome.records.len(), outcome.conclusion()), (1, 1, Conclusion::Interrupted));
    workshop.interrupt.store(false, std::sync::atomic::Ordering::Relaxed);
    let rest = workshop.run(&plan);
    assert_eq!((rest.finished, rest.conclusion()), (3, Conclusion::Fine));
}

#[test]
fn cells_that_are_broken_off_leave_no_record() {
    for method in ["finder[mode=wait]", "walker[mode=wait]"] {
        let workshop = Workshop::new();
        let observer = Interrupter { interrupt: &workshop.interrupt, after: 0 };
        let outcome = workshop.run_with(&workshop.plan(&[method]), 2, &[], &observer);
        assert_eq!((outcome.records.len(), outcome.conclusion()), (0, Conclusion::Interrupted), "{method}");
    }
}

#[test]
fn a_flag_that_is_raised_after_the_last_record_interrupts_nothing() {
    let workshop = Workshop::new();
    let observer = Interrupter { interrupt: &workshop.interrupt, after: 2 };
    assert_eq!(workshop.run_with(&workshop.plan(&["finder"]), 1, &[], &observer).conclusion(), Conclusion::Fine);
}

#[test]
fn a_time_limit_ends_a_cell_with_what_it_has() {
    let workshop = Workshop::new();
    let methods = "[[methods]]\nmethod = \"finder[mode=wait]\"\n[[methods]]\nmethod = \"walker[mode=wait]\"\n";
    let limits = "exact-time-limit = 0.05\ntraining-time-limit = 0.02\n";
    let plan = workshop.try_plan(&format!("name = \"p\"\n{limits}[[families]]\nfamily = \"line\"\n{methods}")).expect("valid");
    let records = workshop.run(&plan).records;
    assert_eq!((records[0].status, records[0].stop), (Status::Bounded, Some(StopReason::TimeLimit)));
    assert!(records[0].budget_s == 0.05 && records[0].wall_s >= 0.05);
    assert_eq!(records[1].status, Status::Feasible);
    assert_eq!(records[1].training.as_ref().expect("trained").ends[0].stop, StopReason::TimeLimit);
}

#[test]
fn a_loss_below_a_planted_bound_is_reported_with_both_cells() {
    let workshop = Workshop::new();
    let outcome = workshop.run(&workshop.plan(&["finder[mode=boast]", "walker"]));
    assert_eq!(outcome.records[0].status, Status::Optimal, "the boaster claims so");
    assert_eq!(outcome.conclusion(), Conclusion::Violation);
    let text = outcome.violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for record in &outcome.records[..2] {
        assert!(text.contains(&record.cell), "{text}");
    }
}

#[test]
fn a_degenerate_instance_is_run_and_its_level_is_zero() {
    let workshop = Workshop::new();
    let text = "name = \"p\"\nseeds = [0]\n[[families]]\nfamily = \"line\"\n[[methods]]\nmethod = \"finder\"\n";
    let outcome = workshop.run(&workshop.try_plan(text).expect("valid"));
    assert!(outcome.records[0].instance.is_degenerate());
}

#[test]
fn a_run_without_a_usable_folder_ends_before_any_work() {
    let workshop = Workshop::new();
    let plan = workshop.plan(&["finder[mode=panic]"]);
    fs::write(workshop.path("file"), "").expect("written");
    let folder = workshop.path("file/run");
    let options = RunOptions { folder: &folder, jobs: 1, retry: &[], worker: "local" };
    let error = optgap_harness::run(&plan, options, &workshop.interrupt, &()).expect_err("unwritable").to_string();
    assert!(error.contains("file/run: cannot be written"), "{error}");

    workshop.run(&plan);
    let file = workshop.path("run/cells/local.jsonl");
    let mut records = OpenOptions::new().append(true).open(file).expect("opened");
    records.write_all(b"not a record\n").expect("written");
    let folder = workshop.path("run");
    let options = RunOptions { folder: &folder, ..options };
    let error = optgap_harness::run(&plan, options, &workshop.interrupt, &()).expect_err("broken").to_string();
    assert!(error.contains("local.jsonl, line 3: cannot be understood"), "{error}");
}
